import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createDeliverer, type DelivererDeps } from '../../alerts/deliver.ts'
import { createEgress } from '../../alerts/egress.ts'
import { redeliver } from '../../alerts/redeliver.ts'
import { targets } from '../../alerts/targets.ts'
import { AppError } from '../../core/errors.ts'
import type { ActionSpec } from '../../core/model-spec.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { startReceiver, type Receiver } from './receiver.ts'
import { deliveryRow, MemoryOutbox, silentEvents } from './rows.ts'

let receiver: Receiver
beforeAll(async () => {
  receiver = await startReceiver()
})
afterAll(() => receiver.close())

const secret = `whsec_${randomBytes(32).toString('base64')}`
let clock: ManualClock
let outbox: MemoryOutbox
beforeEach(() => {
  clock = new ManualClock(Math.floor(Date.now() / 1000) * 1000)
  outbox = new MemoryOutbox()
  receiver.answer(200)
})

function deliverer(action: Partial<ActionSpec> = {}, deps: Partial<DelivererDeps> = {}) {
  const spec: ActionSpec = { preset: 'webhook', url: receiver.url, secret: 'file:/s', ...action }
  return createDeliverer({
    outbox,
    action: () => spec,
    targets,
    egress: createEgress({ allow: ['127.0.0.1'] }),
    secrets: () => [secret],
    events: silentEvents,
    now: clock.now,
    random: () => 0.5,
    timeoutMs: 2000,
    pollMs: 5,
    ...deps,
  })
}

const planned = (id: string, rest: Parameters<typeof deliveryRow>[0] = {}) => {
  const createdAt = clock.now()
  return deliveryRow({
    ...{ deliveryId: id, createdAt, nextAttemptAt: createdAt, changedAtUs: createdAt * 1000 },
    ...rest,
  })
}
const state = (id = 'msg_1') => outbox.rows.get(id)
const signatures = () => receiver.received.map(({ headers }) => headers['webhook-signature'])

test('a delivery arrives signed under its id and is kept as delivered', async () => {
  await outbox.save([planned('msg_1')])
  await deliverer().tick()
  const [request] = receiver.received
  const verified = new Webhook(secret).verify(
    request!.body,
    request!.headers as Record<string, string>,
  )
  expect(verified).toEqual({ type: 'tidegauge.alert.firing' })
  expect(request!.headers).toMatchObject({
    'webhook-id': 'msg_1',
    'content-type': 'application/json',
  })
  expect(state()).toMatchObject({
    state: 'delivered',
    attempts: 1,
    lastStatus: 200,
    lastResponse: 'thanks',
    deliveredAt: clock.now(),
  })
})

test('500 three times, then 200: one id, a new time and signature each attempt, later ones wait', async () => {
  receiver.answer(500, 500, 500, 200)
  await outbox.save([planned('msg_1')])
  clock.advance(1)
  await outbox.save([planned('msg_2')])
  const { tick } = deliverer()
  for (const wait of [0, 5000, 30_000, 120_000]) {
    clock.advance(wait)
    await tick()
    await tick()
  }
  expect(receiver.received.map(({ headers }) => headers['webhook-id'])).toEqual([
    ...Array.from({ length: 4 }, () => 'msg_1'),
    'msg_2',
  ])
  expect(new Set(signatures()).size).toBe(5)
  expect(state()).toMatchObject({ state: 'delivered', attempts: 4, lastStatus: 200, lastError: '' })
  expect(JSON.parse(state()!.history)).toMatchObject([
    { attempt: 1, outcome: 'retry', status: 500 },
    { attempt: 2, outcome: 'retry', status: 500 },
    { attempt: 3, outcome: 'retry', status: 500 },
    { attempt: 4, outcome: 'delivered', status: 200 },
  ])
  expect(state('msg_2')?.state).toBe('delivered')
})

test('a receiver that is down for good costs nine attempts', async () => {
  receiver.answer(503)
  await outbox.save([planned('msg_1')])
  const { tick } = deliverer()
  for (let i = 0; i < 60; i++) {
    await tick()
    clock.advance(10 * 60_000)
  }
  expect(state()).toMatchObject({ state: 'dead', attempts: 9, lastStatus: 503 })
})

test('the queue of a dead receiver empties instead of growing', async () => {
  receiver.answer(503)
  await outbox.save(
    Array.from({ length: 5 }, (_, i) => planned(`msg_${i}`, { createdAt: clock.now() + i })),
  )
  const { tick } = deliverer()
  for (let i = 0; i < 60; i++) {
    await tick()
    clock.advance(10 * 60_000)
  }
  const rows = [...outbox.rows.values()]
  expect(rows.map((row) => row.state)).toEqual(['dead', 'dead', 'dead', 'dead', 'dead'])
  expect(rows.slice(1).map((row) => row.attempts)).toEqual([1, 1, 1, 1])
})

test.each([302, 400, 401, 404, 422])('a status %d is final', async (status) => {
  receiver.answer(status)
  await outbox.save([planned('msg_1')])
  await deliverer().tick()
  expect(state()).toMatchObject({ state: 'dead', attempts: 1, lastError: `status ${status}` })
})

test('429 is waited out for as long as the receiver asks', async () => {
  receiver.answer((response) => response.writeHead(429, { 'retry-after': '600' }).end(), 200)
  await outbox.save([planned('msg_1')])
  const { tick } = deliverer()
  await tick()
  expect(state()).toMatchObject({ state: 'failed_retry', nextAttemptAt: clock.now() + 600_000 })
  clock.advance(599_999)
  await tick()
  expect(receiver.received).toHaveLength(1)
  clock.advance(1)
  await tick()
  expect(state()?.state).toBe('delivered')
})

test('a receiver that is gone is not called again until its address changes or somebody asks', async () => {
  receiver.answer(410, 200)
  await outbox.save([planned('msg_1')])
  clock.advance(1)
  await outbox.save([planned('msg_2')])
  const { tick } = deliverer()
  await tick()
  await tick()
  expect(receiver.received).toHaveLength(1)
  expect(state('msg_1')).toMatchObject({ state: 'dead', lastStatus: 410 })
  expect(state('msg_2')).toMatchObject({ state: 'dead', lastError: 'receiver is gone (410)' })
  clock.advance(1000)
  await redeliver(outbox, 'msg_2', clock.now())
  await tick()
  expect(state('msg_2')?.state).toBe('delivered')
})

test('five failures in a row spare the receiver a while, then one probe goes', async () => {
  const { tick } = deliverer({ url: 'http://127.0.0.1:1/' })
  for (let i = 0; i < 5; i++) {
    await outbox.save([planned(`msg_${i}`, { attempts: 8, createdAt: clock.now() + i })])
    await tick()
  }
  await outbox.save([planned('msg_w', { createdAt: clock.now() + 9 })])
  await tick()
  expect(state('msg_w')).toMatchObject({
    state: 'pending',
    attempts: 0,
    nextAttemptAt: clock.now() + 60_000,
  })
  clock.advance(60_000)
  await tick()
  expect(state('msg_w')).toMatchObject({ state: 'failed_retry', attempts: 1 })
})

test('what is too old, or no longer configured, is cancelled and not sent', async () => {
  await outbox.save([planned('msg_old', { notAfter: clock.now() - 1 })])
  await deliverer().tick()
  expect(state('msg_old')).toMatchObject({ state: 'cancelled', lastError: 'not_after' })
  await outbox.save([planned('msg_1')])
  await deliverer({}, { action: () => undefined }).tick()
  expect(state()).toMatchObject({ state: 'cancelled', lastError: 'action removed' })
  expect(receiver.received).toEqual([])
})

test('a blocked address is final, a missing secret is waited for', async () => {
  await outbox.save([planned('msg_1')])
  await deliverer({ url: 'http://169.254.169.254/' }).tick()
  expect(state()).toMatchObject({ state: 'dead', attempts: 1 })
  await outbox.save([planned('msg_2', { createdAt: clock.now() + 1 })])
  const secrets = (): never => {
    throw new AppError('CONFIG_INVALID', 'environment variable HOOK is not set or empty')
  }
  await deliverer({}, { secrets }).tick()
  expect(state('msg_2')).toMatchObject({ state: 'failed_retry' })
  expect(receiver.received).toEqual([])
})

test('redelivering sends the same id again, however the first one ended', async () => {
  await outbox.save([planned('msg_1', { notAfter: clock.now() })])
  const { tick } = deliverer()
  await tick()
  clock.advance(3_600_000)
  await redeliver(outbox, 'msg_1', clock.now())
  await tick()
  expect(receiver.received.map(({ headers }) => headers['webhook-id'])).toEqual(['msg_1', 'msg_1'])
  expect(state()).toMatchObject({ state: 'delivered', attempts: 1 })
  await expect(redeliver(outbox, 'msg_none', 0)).rejects.toMatchObject({
    code: 'DELIVERY_NOT_FOUND',
  })
})

test('a restart sends again what was not recorded, under the same id', async () => {
  await outbox.save([planned('msg_1')])
  const down: Partial<DelivererDeps> = {
    outbox: {
      ...{ due: outbox.due, find: outbox.find },
      save: async () => {
        throw new AppError('STORE_UNAVAILABLE', 'down')
      },
    },
  }
  await deliverer({}, down).tick()
  expect(state()?.state).toBe('pending')
  await deliverer().tick()
  expect(receiver.received.map(({ headers }) => headers['webhook-id'])).toEqual(['msg_1', 'msg_1'])
})

test('an outcome that could not be recorded is recorded later, not sent again', async () => {
  await outbox.save([planned('msg_1')])
  let broken = true
  const save: MemoryOutbox['save'] = async (rows) => {
    if (broken) throw new AppError('STORE_UNAVAILABLE', 'down')
    await outbox.save(rows)
  }
  const { tick } = deliverer({}, { outbox: { due: outbox.due, find: outbox.find, save } })
  await tick()
  broken = false
  await tick()
  expect(state()?.state).toBe('delivered')
  expect(receiver.received).toHaveLength(1)
})

test('a slow receiver holds up nobody else, and stopping waits for what is on its way', async () => {
  const release: (() => void)[] = []
  receiver.answer((response) => {
    release.push(() => response.writeHead(200).end())
  })
  await outbox.save([planned('msg_slow', { model: 'slow' })])
  const stop = new AbortController()
  const running = deliverer().run(stop.signal)
  await until(() => receiver.received.length === 1)
  receiver.answer(200)
  await outbox.save([planned('msg_1'), planned('msg_slow2', { model: 'slow' })])
  await until(() => state()?.state === 'delivered')
  expect(state('msg_slow')?.state).toBe('pending')
  expect(receiver.received.map(({ headers }) => headers['webhook-id'])).toEqual(['msg_1'])
  stop.abort()
  release.forEach((go) => {
    go()
  })
  await running
  expect(state('msg_slow')?.state).toBe('delivered')
})

test('a bug ends the run instead of being retried for ever', async () => {
  await outbox.save([planned('msg_1')])
  const random = (): never => {
    throw new TypeError('a bug')
  }
  await expect(deliverer({}, { random }).run(new AbortController().signal)).rejects.toThrow('a bug')
})

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await sleep(2)
}
