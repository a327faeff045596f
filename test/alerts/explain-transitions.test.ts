import { expect, test } from 'vitest'
import { withExplanation, withoutExplanation, type Evidence } from '../../alerts/evidence.ts'
import type { Breach, Explainer } from '../../alerts/ports.ts'
import { runMonitors } from '../../alerts/run-monitors.ts'
import type { MonitorSpec } from '../../core/model-spec.ts'
import { rankFindings } from '../../detectors/contribution.ts'
import type { MetricRow } from '../../store/queries/metric-row.ts'
import {
  at,
  driftMonitor,
  fraudSpec,
  hour,
  MemoryHistory,
  MemoryOutbox,
  metricRow,
  silentEvents,
} from './rows.ts'

/** Says of each breach that one bin made it, whose label a test may change. */
function world(monitor: Partial<MonitorSpec> = {}) {
  const outbox = new MemoryOutbox()
  const history = new MemoryHistory(outbox)
  const asked: Breach[] = []
  let label: string | null = 'DE'
  const explainer: Explainer = {
    rank: rankFindings,
    explain: async (_spec, _windowMs, breaches) => {
      asked.push(...breaches)
      return breaches.map(({ feature }) => {
        if (label === null) return null
        const shares = { reference_share: 0.1, current_share: 0.4, change: 0.3, share: 1 }
        return {
          by: 'psi',
          contributions: [{ kind: 'category', label: feature + label, ...shares }],
        }
      })
    },
  }
  let now = at(1000)
  const spec = fraudSpec({ ...driftMonitor, ...monitor })
  const evaluate = (from: number) => {
    now += 1000
    return runMonitors(
      { history, outbox, events: silentEvents, now: () => now, explainer },
      { spec, revision: 3, changedFrom: new Map([[hour, from]]) },
    )
  }
  return {
    evaluate,
    arrive: (...rows: MetricRow[]) => {
      history.put(...rows)
      return evaluate(Math.min(...rows.map((row) => row.windowStart)))
    },
    history,
    outbox,
    /** Breaches asked about since the last call. */
    asked: () => asked.splice(0).map(({ windowStart, feature }) => `${windowStart} ${feature}`),
    say: (next: string | null) => {
      label = next
    },
    labels: () =>
      [...history.transitionRows.values()].map(
        ({ evidence }) => (JSON.parse(evidence) as Evidence).contributions?.[0]?.label ?? null,
      ),
  }
}

test('a breach is stored and told with the bins that made it, its end without', async () => {
  const { arrive, labels, asked, outbox } = world()
  await arrive(metricRow(0, 0.3), metricRow(1, 0.05))
  expect(asked()).toEqual([`${at(0)} amount`])
  expect(labels()).toEqual(['amountDE', null])
  expect([...outbox.rows.values()].map(({ body }) => body.includes('amountDE'))).toEqual([
    true,
    false,
  ])
})

test('evaluating the same windows again asks nothing and stores nothing', async () => {
  const { arrive, asked, evaluate } = world()
  await arrive(metricRow(0, 0.3))
  asked()
  expect(await evaluate(at(0))).toEqual({ transitions: [], deliveries: [] })
  expect(asked()).toEqual([])
})

test('after a crash before the transitions were stored the evidence is the same', async () => {
  const { arrive, history, evaluate } = world()
  await arrive(metricRow(0, 0.3))
  const [before] = [...history.transitionRows.values()]
  history.transitionRows.clear()
  await evaluate(at(0))
  expect([...history.transitionRows.values()].map(({ evidence }) => evidence)).toEqual([
    before?.evidence,
  ])
})

test('a transition that lacks its explanation gets one, as a later row of the table', async () => {
  const { arrive, say, labels, evaluate, history, outbox } = world()
  say(null)
  await arrive(metricRow(0, 0.3))
  const [before] = [...history.transitionRows.values()]
  say('DE')
  const { transitions, deliveries } = await evaluate(at(0))
  expect(labels()).toEqual(['amountDE'])
  expect(transitions[0]?.changedAt).toBeGreaterThan(before?.changedAt ?? Infinity)
  expect(transitions[0]?.createdAt).toBe(before?.createdAt)
  expect(deliveries).toEqual([])
  expect(outbox.rows.size).toBe(1)
})

test('what is compared with a moving baseline is explained again, and rewritten if it changed', async () => {
  const { arrive, say, labels, asked, evaluate } = world({ baseline: 'last_week' })
  await arrive(metricRow(0, 0.3, { baseline: 'last_week' }))
  asked()
  expect(await evaluate(at(0))).toEqual({ transitions: [], deliveries: [] })
  expect(asked()).toEqual([`${at(0)} amount`])
  say('FR')
  await evaluate(at(0))
  expect(labels()).toEqual(['amountFR'])
})

test('the fifty greatest effects of a window are explained, whichever came first', async () => {
  const row = (i: number, value = 0.3 + i / 100) => metricRow(0, value, { feature: `f${i}` })
  const late = world()
  await late.arrive(...Array.from({ length: 50 }, (_, i) => row(i)))
  await late.arrive(...Array.from({ length: 10 }, (_, i) => row(50 + i)))
  const batch = world()
  await batch.arrive(...Array.from({ length: 60 }, (_, i) => row(i)))
  expect(batch.asked()).toHaveLength(50)
  expect(batch.labels().filter((label) => label !== null)).toHaveLength(50)
  expect(batch.labels().slice(0, 10)).toEqual(Array(10).fill(null))
  expect(late.labels()).toEqual(batch.labels())
})

test('an explanation is no part of what a verdict was made of', () => {
  const plain = JSON.stringify({ metric: 'psi', value: 1 })
  const explained = withExplanation(plain, { by: 'psi', contributions: [] })
  expect(explained).not.toBe(plain)
  expect(withoutExplanation(explained)).toBe(plain)
  expect(withExplanation(explained, null)).toBe(plain)
})
