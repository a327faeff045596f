import { isDeepStrictEqual } from 'node:util'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import type { PartitionMessage } from '../../alerts/partition-alerts.ts'
import { partitionsCommand } from '../../bin/partitions.ts'
import { openStore, type Store } from '../../store/client.ts'
import { changedHalt, insertPartitionHalt } from '../../store/insert-partition-halt.ts'
import { partitionHaltOf } from '../../store/queries/partition-halt-of.ts'
import type { PartitionHalt } from '../../store/queries/partition-halts-row.ts'
import { runCommand } from '../bin/command-output.ts'
import { startWebhookReceiver, type WebhookReceiver } from '../support/receiver.ts'
import {
  eventually,
  getJson,
  quickSettings,
  servicePlace,
  startTestService,
  type RunningService,
  type ServicePlace,
} from '../support/service.ts'

const secret = `whsec_${Buffer.from('a secret of thirty-two bytes ok!').toString('base64')}`
let place: ServicePlace
let receiver: WebhookReceiver
let store: Store
let service: RunningService | null = null

beforeAll(async () => {
  place = await servicePlace()
  receiver = await startWebhookReceiver({ secret })
})
afterEach(async () => {
  await service?.stop()
})
afterAll(async () => {
  await receiver.close()
  await place.remove()
})

async function start(): Promise<RunningService> {
  const file = await place.write('secret', secret)
  const operations = JSON.stringify({ url: receiver.url, secret: `file:${file}` })
  service = await startTestService(place, {
    ...quickSettings,
    TIDEGAUGE__ALERTS__OPERATIONS: operations,
  })
  // The engine is one for the whole process: what ingestion would write is written beside it.
  store = await openStore({ path: place.data, database: 'tidegauge' })
  return service
}

const halt = (partition: number): PartitionHalt => ({
  ...{ source: 'kafka:main', topic: 'payments', partition, state: 'halted', offset: 184 },
  ...{ exceeded: 'run', reason: 'invalid_json', detail: 'position 1', refused: 1000, seen: 1000 },
  ...{ releasedBy: '', haltedAt: Date.now(), changedAt: Date.now() },
})

interface Delivery {
  readonly action: string
  readonly model: string
  readonly state: string
}

const told = (): { id: string; message: PartitionMessage }[] =>
  receiver.received.map(({ id, message }) => ({
    id,
    message: message as unknown as PartitionMessage,
  }))
const kinds = () => told().map(({ message: { type, data } }) => [type, data.partition])

test('operations are called when a partition is halted and when it is released, each once and signed', async () => {
  const { url } = await start()
  await insertPartitionHalt(store, halt(3))
  await eventually('the alert', async () => told().length === 1)
  expect(told()[0]?.message).toMatchObject({
    type: 'tidegauge.partition.halted',
    data: { source: 'kafka:main', topic: 'payments', partition: 3, offset: 184, refused: 1000 },
  })
  const release = ['release', 'kafka:main', 'payments', '3', '--url', url]
  await runCommand(partitionsCommand(), release)
  await eventually('the all-clear', async () => told().length === 2)
  expect(told()[1]?.message).toMatchObject({
    type: 'tidegauge.partition.released',
    data: { partition: 3, state: 'released', released_by: 'anonymous' },
  })
  // The receiver has a message before the outbox has its answer.
  const states = async (): Promise<unknown[]> => {
    const { rows } = await getJson<{ rows: Delivery[] }>({ url }, '/v1/deliveries')
    return rows.map(({ action, model, state }) => [action, model, state])
  }
  const delivered = ['operations', '', 'delivered']
  await eventually('both to be delivered', async () =>
    isDeepStrictEqual(await states(), [delivered, delivered]),
  )
  // It goes on: of a halt that is over there is nothing more to tell.
  const [released] = await store.query(
    partitionHaltOf({ source: 'kafka:main', topic: 'payments', partition: 3 }),
  )
  await insertPartitionHalt(store, changedHalt(released!, { state: 'resumed' }, Date.now()))
  await insertPartitionHalt(store, halt(4))
  await eventually('the alert of another', async () => told().length === 3)
  await store.close()
})

test('a restart tells nothing twice, and what happened meanwhile', async () => {
  await start()
  await insertPartitionHalt(store, { ...halt(5), state: 'resumed' })
  await eventually('what happened meanwhile', async () => told().length === 5)
  expect(kinds().slice(2)).toEqual([
    ['tidegauge.partition.halted', 4],
    ['tidegauge.partition.halted', 5],
    ['tidegauge.partition.released', 5],
  ])
  expect(new Set(told().map(({ id }) => id)).size).toBe(5)
  expect(receiver.refused).toEqual([])
  await store.close()
})
