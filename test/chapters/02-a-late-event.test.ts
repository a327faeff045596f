import { afterAll, beforeAll, expect, test } from 'vitest'
import { startWebhookReceiver, type WebhookReceiver } from '../support/receiver.ts'
import { createProducer, type Producer } from '../support/producer.ts'
import {
  eventually,
  listAll,
  servicePlace,
  startTestService,
  type RunningService,
  type ServicePlace,
} from '../support/service.ts'

/*
 * Chapter 2: a late event.
 *
 * Events do not arrive in the order they happened, and some arrive after their window was closed,
 * counted and judged. This chapter shows what then happens to the window, to its metrics, to the alert
 * and to those who were called. It begins where chapter 1 ended: one event without a value, one window,
 * one alert, one webhook.
 */

let place: ServicePlace
let receiver: WebhookReceiver
let service: RunningService
let producer: Producer

const secret = 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD'

beforeAll(async () => {
  place = await servicePlace()
  receiver = await startWebhookReceiver({ secret })
  await place.write('models/usual.csv', 'width\n80\n85\n90\n')
  const secretFile = await place.write('secret', secret)
  await place.writeModel({
    model: 'door',
    kind: 'features',
    features: { width: 'numeric' },
    window: '1m',
    windows: ['1h'],
    lateness: '1s',
    min_samples: 1,
    baselines: { usual: { file: 'usual.csv' } },
    monitors: [{ name: 'silent', metric: 'missing_rate', critical: '> 0.6', actions: ['open'] }],
    actions: { open: { preset: 'webhook', url: receiver.url, secret: `file:${secretFile}` } },
  })
  service = await startTestService(place)
  producer = createProducer(() => service.url)
})

afterAll(async () => {
  await service.stop()
  await receiver.close()
  await place.remove()
})

/* All events of this chapter happened within one minute, half an hour ago. */
const minute = 60_000
const windowStart = Math.floor(Date.now() / minute - 30) * minute
const knock = (second: number, width: number | null) => ({
  model: 'door',
  id: `knock-${second}`,
  ts: new Date(windowStart + second * 1000).toISOString(),
  features: { width },
})

interface Window {
  readonly n: number
  readonly revision: number
  readonly computations: number
}

const windowOf = (width: string, holds: (window: Window) => boolean): Promise<Window> =>
  eventually(`window ${width}`, async () => {
    const [window] = await listAll<Window>(service, `/v1/models/door/windows?window=${width}`)
    return window !== undefined && holds(window) ? window : null
  })

const missingRates = (width: string) =>
  listAll<{ value: number; revision: number }>(
    service,
    `/v1/models/door/metrics?metric=missing_rate&feature=width&window=${width}`,
  )

interface Transition {
  readonly transition_id: string
  readonly to_state: string
  readonly valid: boolean
}

const transitionOnce = (holds: (transition: Transition) => boolean): Promise<Transition[]> =>
  eventually('the transition', async () => {
    const found = await listAll<Transition>(service, '/v1/alerts/transitions?model=door')
    return found.some(holds) ? found : null
  })

const calls = (count: number) =>
  eventually(`${count} webhooks`, async () =>
    receiver.received.length >= count ? receiver.received : null,
  )

let fired: readonly Transition[] = []

test('the window is closed and judged', async () => {
  await producer.send([knock(10, null)])
  expect(await windowOf('1m', ({ n }) => n === 1)).toMatchObject({ revision: 1 })
  fired = await transitionOnce(({ valid }) => valid)
  expect(fired).toMatchObject([{ to_state: 'critical', valid: true }])
  expect(await calls(1)).toMatchObject([{ message: { type: 'tidegauge.alert.firing' } }])
})

/*
 * Now an event arrives that happened in that minute and has a value. It is accepted like any other. Its
 * batch's ledger row says that the window was touched, and so the window is counted again, from all its
 * events. It holds something else than before, so it gets the next revision.
 */
test('a late event makes a new revision of its window', async () => {
  await producer.send([knock(20, 85)])
  expect(await windowOf('1m', ({ n }) => n === 2)).toMatchObject({ revision: 2 })
})

/* The metrics of a window are replaced by those of its new revision: there is one answer, not two. */
test('its metrics are revised', async () => {
  const rows = await eventually('the revised metric', async () => {
    const found = await missingRates('1m')
    return found[0]?.revision === 2 ? found : null
  })
  expect(rows).toMatchObject([{ value: 0.5, revision: 2 }])
})

/* Wider windows are sums of the narrow ones, so the hour is revised too. */
test('wider windows are revised with it', async () => {
  expect(await windowOf('1h', ({ n }) => n === 2)).toMatchObject({ revision: 2 })
  const rows = await eventually('the revised metric', async () => {
    const found = await missingRates('1h')
    return found[0]?.revision === 2 ? found : null
  })
  expect(rows).toMatchObject([{ value: 0.5 }])
})

/*
 * Half of the values is not more than 60 %: had the event come in time, there would have been no alert.
 * The transition is kept, because somebody was called for it, and marked as one that never happened.
 */
test('the alert is withdrawn', async () => {
  const transitions = await transitionOnce(({ valid }) => !valid)
  expect(transitions).toMatchObject([
    { transition_id: fired[0]?.transition_id, to_state: 'critical', valid: false },
  ])
})

/* What was sent cannot be unsent. Whoever believes that the alert fires is told that it does not. */
test('whoever was called is told', async () => {
  const [, second] = await calls(2)
  expect(second?.message).toMatchObject({
    type: 'tidegauge.alert.resolved',
    data: { series: [{ from: 'critical', to: 'ok', retracted: true }] },
  })
})

/*
 * A last event, again without a value: two of three are missing, and the alert holds after all. The
 * transition is the one that was withdrawn, under the same id, and it was told already. Nobody is called
 * for it a second time.
 */
test('nothing is told twice', async () => {
  await producer.send([knock(30, null)])
  expect(await windowOf('1m', ({ n }) => n === 3)).toMatchObject({ revision: 3 })
  const transitions = await transitionOnce(({ valid }) => valid)
  expect(transitions).toMatchObject([{ transition_id: fired[0]?.transition_id, valid: true }])

  // Calls are planned before transitions are stored: one that is to come would stand here by now.
  const deliveries = await listAll<{ delivery_id: string }>(service, '/v1/deliveries?model=door')
  const ids = new Set(deliveries.map(({ delivery_id }) => delivery_id))
  expect(ids).toEqual(new Set(receiver.received.map(({ id }) => id)))
  expect(receiver.received).toHaveLength(2)
})

/* An event that was counted already makes no revision, however late it is repeated. */
test('a repetition is looked at and leaves no trace', async () => {
  const before = await windowOf('1m', () => true)
  await producer.send([knock(20, 85)])
  const after = await windowOf('1m', ({ computations }) => computations > before.computations)
  expect(after).toMatchObject({ n: 3, revision: 3 })
  expect(receiver.received).toHaveLength(2)
})
