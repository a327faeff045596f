import { afterAll, beforeAll, expect, test } from 'vitest'
import { startWebhookReceiver, type WebhookReceiver } from '../support/receiver.ts'
import {
  eventually,
  getJson,
  listAll,
  servicePlace,
  startTestService,
  type RunningService,
  type ServicePlace,
} from '../support/service.ts'

/*
 * Chapter 1: one event.
 *
 * This chapter follows a single event from the request that brings it to the webhook that it causes.
 * Every sentence is followed by the code that shows it; read it from top to bottom.
 */

let place: ServicePlace
let receiver: WebhookReceiver
let service: RunningService

/*
 * A model file says what a model is, what it is compared with and when somebody must know. This one
 * says that `door` has one numeric feature, that a file shows how it used to look, and that `open` is
 * to be called when more than half of a window's values are missing.
 */
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
    windows: [],
    lateness: '1s',
    min_samples: 1,
    baselines: { usual: { file: 'usual.csv' } },
    monitors: [{ name: 'silent', metric: 'missing_rate', critical: '> 0.5', actions: ['open'] }],
    actions: { open: { preset: 'webhook', url: receiver.url, secret: `file:${secretFile}` } },
  })
  service = await startTestService(place)
})

afterAll(async () => {
  await service.stop()
  await receiver.close()
  await place.remove()
})

/*
 * The event happened five minutes ago, in a window of one minute. Its only feature has no value:
 * `null` is missing, and what is missing is counted like any other value.
 */
const minute = 60_000
const at = Date.now() - 5 * minute
const windowStart = Math.floor(at / minute) * minute
const event = {
  model: 'door',
  version: '3',
  id: 'knock-1',
  ts: new Date(at).toISOString(),
  features: { width: null },
}

test('the answer to a request means: stored', async () => {
  const answer = await fetch(`${service.url}/v1/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(event),
  })
  expect(answer.status).toBe(200)
  expect(await answer.json()).toEqual({ accepted: 1, rejected: [] })

  /*
   * Nothing has to be waited for: whoever was answered finds the event, with all its values and where
   * it came from. Requests over HTTP are a stream of their own for each life of the service, counted
   * from offset 0.
   */
  expect(await getJson(service, '/v1/events/door/knock-1')).toMatchObject({
    id: 'knock-1',
    ts: event.ts,
    version: '3',
    variant: 'live',
    features: { width: null },
    provenance: { source: 'http', partition: 0, offset: 0 },
  })
})

/*
 * After its events a batch writes one row into the ledger: which offsets it held, and which windows
 * they touched. Offsets without a hole prove that nothing is missing.
 */
test('the ledger says which offsets are stored', async () => {
  expect(await getJson(service, '/v1/ledger/audit')).toMatchObject({
    complete: true,
    partitions: [
      {
        source: 'http',
        intervals: [{ from: 0, to: 0 }],
        holes: [],
        counts: { messages: 1, taken: 1, rows: 1 },
      },
    ],
  })
})

/*
 * The ledger is also all that the monitor knows. It reads there that a window was touched, and waits
 * until the window is closed: until events of a later time have come, or, as here, nothing any more.
 */
test('its window is counted once it is closed', async () => {
  const window = await eventually('the window', async () => {
    const [first] = await listAll<{ window_start: string }>(service, '/v1/models/door/windows')
    return first
  })
  expect(window).toMatchObject({ window: '1m', n: 1, revision: 1 })
  expect(Date.parse(window.window_start)).toBe(windowStart)
})

/*
 * What was counted becomes metrics, one row a number. A number comes with what it takes to judge it:
 * how it was computed, of how many events, and whether it may be used at all (`status`).
 */
test('the window has metrics', async () => {
  const path = '/v1/models/door/metrics?metric=missing_rate&feature=width'
  const rows = await eventually('metrics', async () => {
    const found = await listAll(service, path)
    return found.length > 0 ? found : null
  })
  expect(rows).toHaveLength(1)
  expect(rows[0]).toMatchObject({ version: '3', value: 1, n_current: 1, status: 'ok', revision: 1 })
})

/*
 * A monitor is a rule over metrics. It holds one state a series; the change from `ok` to `critical` is
 * a transition, kept with the numbers that decided it.
 */
test('the monitor changes its state', async () => {
  const rows = await eventually('a transition', async () => {
    const found = await listAll(service, '/v1/alerts/transitions?model=door')
    return found.length > 0 ? found : null
  })
  expect(rows).toHaveLength(1)
  expect(rows[0]).toMatchObject({
    monitor: 'silent',
    version: '3',
    feature: 'width',
    from_state: 'ok',
    to_state: 'critical',
    valid: true,
    evidence: { metric: 'missing_rate', value: 1, threshold: '> 0.5', n_current: 1 },
  })
})

/*
 * The transition triggers an action. Its call stood in the outbox before it was tried for the first
 * time. It is signed; a receiver verifies the signature with any library of Standard Webhooks, and
 * tells a repetition by the id.
 */
test('a signed webhook arrives', async () => {
  const [call] = await eventually('the webhook', async () =>
    receiver.received.length > 0 ? receiver.received : null,
  )
  expect(receiver.refused).toEqual([])
  expect(call?.message).toMatchObject({
    type: 'tidegauge.alert.firing',
    data: {
      model: 'door',
      monitor: 'silent',
      state: 'critical',
      window: { start: new Date(windowStart).toISOString(), width: '1m' },
      series: [{ version: '3', feature: 'width', from: 'ok', to: 'critical', value: 1 }],
    },
  })
  const delivery = await eventually('its record', async () => {
    const found = await getJson<{ state: string }>(service, `/v1/deliveries/${call?.id ?? ''}`)
    return found.state === 'delivered' ? found : null
  })
  const transitions = await listAll<{ transition_id: string }>(service, '/v1/alerts/transitions')
  expect(delivery).toMatchObject({
    attempts: 1,
    last_status: 202,
    transition_ids: transitions.map(({ transition_id }) => transition_id),
  })
  expect(receiver.received).toHaveLength(1)
})

/*
 * And if the event comes again, because somebody could not know that it had arrived? It has the same
 * id, so it replaces itself: the window is looked at once more and found to be as it was.
 */
test('the same event again changes nothing', async () => {
  const answer = await fetch(`${service.url}/v1/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(event),
  })
  expect(await answer.json()).toEqual({ accepted: 1, rejected: [] })
  const window = await eventually('a second look', async () => {
    const [first] = await listAll<{ computations: number }>(service, '/v1/models/door/windows')
    return first !== undefined && first.computations > 1 ? first : null
  })
  expect(window).toMatchObject({ n: 1, revision: 1 })
  expect(receiver.received).toHaveLength(1)
})
