import { pino } from 'pino'
import { Registry } from 'prom-client'
import { beforeEach, expect, test } from 'vitest'
import { createAlertEvents } from '../../alerts/events.ts'
import { reconcile } from '../../alerts/reconcile.ts'
import { AppError } from '../../core/errors.ts'
import { deliveryRow } from './rows.ts'

let lines: Record<string, unknown>[]
let registry: Registry
let events: ReturnType<typeof createAlertEvents>
beforeEach(() => {
  lines = []
  registry = new Registry()
  const write = (line: string): void => {
    lines.push(JSON.parse(line) as Record<string, unknown>)
  }
  events = createAlertEvents(pino({ base: null, timestamp: false }, { write }), registry)
})

const series = {
  ...{ model: 'fraud', monitor: 'm', version: '7', variant: 'live', slice: '', feature: 'a' },
  ...{ windowStart: 0, windowEnd: 1, transitionId: 't', evidence: '{}', revision: 1 },
}

test('a transition and its withdrawal are a line and a count each', async () => {
  const { writes } = reconcile([], [{ ...series, from: 'ok', to: 'warn' }], 0)
  events.transitioned(writes[0]!)
  events.transitioned({ ...writes[0]!, valid: false })
  const text = await registry.metrics()
  expect(text).toContain('tidegauge_alerts_transitions_total{state="warn"} 1')
  expect(text).toContain('tidegauge_alerts_transitions_total{state="withdrawn"} 1')
  expect(lines[0]).toMatchObject({ msg: 'alert changed', model: 'fraud', from: 'ok', to: 'warn' })
})

test('an attempt that failed is a warning, a delivery given up an error, and no body is logged', async () => {
  const dead = deliveryRow({ state: 'dead', lastError: 'status 500' })
  const result = { status: 500, error: 'status 500', response: 'x', retryAfter: null }
  events.planned(deliveryRow())
  events.attempted(dead, { ...result, outcome: 'retry', startedAt: 5, endedAt: 12 })
  events.settled(dead)
  const text = await registry.metrics()
  expect(text).toContain('tidegauge_alerts_attempts_total{outcome="retry"} 1')
  expect(text).toContain('tidegauge_alerts_deliveries_total{state="dead"} 1')
  expect(lines.map(({ level, msg }) => [level, msg])).toEqual([
    [30, 'delivery planned'],
    [40, 'webhook failed'],
    [50, 'delivery given up'],
  ])
  expect(lines[1]).toMatchObject({ deliveryId: 'msg_1', ms: 7, status: 500 })
  expect(JSON.stringify(lines)).not.toContain('alert.firing')
})

test('an outbox that is away is counted and waited for', async () => {
  events.outboxFailed(new AppError('STORE_UNAVAILABLE', 'down'))
  expect(await registry.metrics()).toContain('tidegauge_alerts_outbox_failures_total 1')
  expect(lines[0]).toMatchObject({ level: 40, code: 'STORE_UNAVAILABLE' })
})
