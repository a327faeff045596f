import { afterAll, beforeAll, expect, test } from 'vitest'
import { startReceiver, type Receiver } from '../alerts/receiver.ts'
import { sampleEvents, seeded } from '../support/seeded.ts'
import {
  eventually,
  servicePlace,
  startTestService,
  type RunningService,
  type ServicePlace,
} from '../support/service.ts'
import { collectTraces, headerOf, type Traces } from '../support/traces.ts'

/** A service under an SDK for traces, as `node --import` gives it one. */

const minute = 60_000
const from = Math.floor(Date.now() / (5 * minute) - 6) * 5 * minute
const clientTrace = { traceId: 'c'.repeat(32), spanId: 'd'.repeat(16), traceFlags: 1 }
const random = seeded(11)

let traces: Traces
let place: ServicePlace
let receiver: Receiver
let service: RunningService

beforeAll(async () => {
  traces = collectTraces()
  place = await servicePlace()
  receiver = await startReceiver()
  const usual = sampleEvents(random, { count: 1000 }).map(({ features }) => features['amount'])
  await place.write('models/usual.csv', ['amount', ...usual].join('\n'))
  await place.writeModel({
    model: 'fraud',
    features: { amount: 'numeric' },
    window: '5m',
    windows: [],
    lateness: '1s',
    baselines: { training: { file: 'usual.csv' } },
    monitors: [{ name: 'volume', metric: 'throughput', critical: '> 0', actions: ['retrain'] }],
    actions: { retrain: { preset: 'webhook', url: receiver.url } },
  })
  service = await startTestService(place)
})

afterAll(async () => {
  await service.stop()
  await receiver.close()
  await place.remove()
  traces.remove()
})

test('a trace leads from the client into its batch, and on into the webhook', async () => {
  const events = sampleEvents(random, { count: 300, from, stepMs: 1000 })
  const answer = await fetch(`${service.url}/v1/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson', traceparent: headerOf(clientTrace) },
    body: events.map((event) => JSON.stringify(event)).join('\n'),
  })
  expect(answer.status).toBe(200)
  const spans = await eventually('the delivery', async () => {
    const names = traces.ended.map(({ name }) => name)
    return names.includes('deliver webhook') && traces.ended
  })
  const named = (name: string) => spans.find((span) => span.name === name)

  const request = named('POST /v1/events')
  expect(request?.parent).toMatchObject({
    traceId: clientTrace.traceId,
    spanId: clientTrace.spanId,
  })
  const links = named('commit batch')?.links.map(({ context }) => context.spanId)
  expect(links).toContain(request?.at.spanId)
  expect(named('commit batch')?.attributes).toMatchObject({ messages: 300 })
  expect(named('evaluate windows')?.attributes).toMatchObject({ model: 'fraud', window: '5m' })
  expect(named('deliver webhook')?.attributes).toMatchObject({ model: 'fraud', action: 'retrain' })
  expect(receiver.received[0]?.headers).toMatchObject({
    traceparent: headerOf(named('deliver webhook')!.at),
  })
})
