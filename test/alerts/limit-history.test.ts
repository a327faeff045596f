import { beforeAll, beforeEach, expect, test } from 'vitest'
import { judgedRows } from '../../alerts/judged-rows.ts'
import { rowLimits } from '../../alerts/limit-history.ts'
import { monitorPolicy, type MonitorPolicy } from '../../alerts/policy.ts'
import { createStoreAlertHistory } from '../../alerts/store-outbox.ts'
import type { AlertHistory } from '../../alerts/ports.ts'
import { verdictOf } from '../../alerts/verdict.ts'
import { modelSpec, type MonitorSpec } from '../../core/model-spec.ts'
import type { Store } from '../../store/client.ts'
import { insertMetrics } from '../../store/insert-metrics.ts'
import { insertRows } from '../../store/insert-rows.ts'
import type { MetricRow } from '../../store/queries/metric-row.ts'
import { describeStore, truncateTable } from '../support/store.ts'
import { at, metricRow } from './rows.ts'

const spec = (monitor: Partial<MonitorSpec>) =>
  modelSpec({
    model: 'fraud',
    window: '1h',
    min_samples: 100,
    baselines: {
      training: { file: 'a.parquet' },
      opening: { first: { events: 10_000, period: '4h' } },
    },
    false_alarms: { budget: 1, per: '7d' },
    monitors: [{ name: 'x', metric: 'psi', slices: ['*'], ...monitor }],
  })
const policyFor = (monitor: Partial<MonitorSpec>): MonitorPolicy => {
  const one = spec(monitor)
  return monitorPolicy(one, one.monitors[0]!)
}

describeStore('what limits follow from', (getStore) => {
  let store: Store
  let history: AlertHistory
  beforeAll(() => {
    store = getStore().store
    history = createStoreAlertHistory(store)
  })
  beforeEach(async () => {
    for (const table of ['metrics', 'baselines']) await truncateTable(store, table)
  })
  const put = (...rows: readonly MetricRow[]) =>
    insertMetrics(store, rows, { at: at(500), retentionDays: 400 })

  const insertBaseline = (row: Readonly<Record<string, string | number | Date>>) =>
    insertRows(store, 'baselines', Object.keys(row), [Object.values(row)])

  test('the past of a series is its judged values in order, the newest revision of each', async () => {
    await put(
      ...[0.3, 0.1, 0.2, 0.4].map((value, i) => metricRow(3 - i, value)),
      metricRow(2, 0.7, { feature: 'other' }),
      metricRow(4, 0.9, { status: 'insufficient_data' }),
      metricRow(5, 0.9, { nCurrent: 99 }),
      metricRow(6, null),
      metricRow(7, Infinity),
      metricRow(8, 0.9, { baseline: 'another' }),
      metricRow(9, 0.9),
    )
    await put(metricRow(1, 0.1 + 0.2, { revision: 2 }))
    const ask = { from: at(0), to: at(9), part: 0, parts: 1 }
    const found = await history.past('fraud', policyFor({ warn: 'learnt' }), ask)
    expect(found).toEqual([
      expect.objectContaining({
        feature: 'amount',
        starts: [0, 1, 2, 3].map(at),
        // Every bit of a number comes back.
        values: [0.4, 0.1 + 0.2, 0.1, 0.3],
      }),
      expect.objectContaining({ feature: 'other', starts: [at(2)], values: [0.7] }),
    ])
  })

  test('parts hold every series once, all of a slice of a feature in one', async () => {
    const features = Array.from({ length: 40 }, (_, i) => `f${i}`)
    await put(
      ...features.flatMap((feature) =>
        ['7', '8'].map((version) => metricRow(0, 0.1, { feature, version })),
      ),
    )
    const policy = policyFor({ warn: 'learnt' })
    const parts: string[][] = []
    for (let part = 0; part < 3; part++) {
      const found = await history.past('fraud', policy, { from: 0, to: at(9), part, parts: 3 })
      parts.push(found.map(({ feature, version }) => `${feature} ${version}`))
    }
    expect(parts.every(({ length }) => length > 0)).toBe(true)
    const all = features.flatMap((feature) => [`${feature} 7`, `${feature} 8`])
    expect(parts.flat().sort()).toEqual(all.sort())
    for (const part of parts)
      for (const feature of features)
        expect([0, 2]).toContain(part.filter((one) => one.startsWith(`${feature} `)).length)
  })

  test('limits are the same whether memory holds all series or few', async () => {
    const rows = Array.from({ length: 12 }, (_, f) =>
      Array.from({ length: 8 }, (_, i) =>
        metricRow(i, ((f * 31 + i * 17) % 23) / 100, { feature: `f${f}` }),
      ),
    ).flat()
    await put(...rows)
    const monitor = { critical: { learnt: { over: '6h', min_windows: 3 } } } as const
    const judged = rows.filter(({ windowStart }) => windowStart >= at(5))
    const input = { spec: spec(monitor), policy: policyFor(monitor), rows: judged }
    const whole = await rowLimits(history, input)
    const parted = await rowLimits(history, { ...input, mostValues: 10 })
    expect(judged.map(parted)).toEqual(judged.map(whole))
    expect(whole(judged[0]!).critical?.learnt).toMatchObject({ windows: 5 })
  })

  test('what a window tests is counted by version, variant, baseline and method', async () => {
    const tested = { pValue: 0.5, pAdjusted: 0.6 }
    await put(
      metricRow(0, 0.1, tested),
      metricRow(1, 0.1, tested),
      metricRow(1, 0.1, { ...tested, feature: 'b', slice: 'country=DE' }),
      metricRow(1, 0.1, { ...tested, pAdjusted: null, version: '8' }),
      metricRow(1, 0.1, { ...tested, status: 'insufficient_data', feature: 'c' }),
      metricRow(1, 0.1, { ...tested, nCurrent: 99, feature: 'd' }),
      metricRow(1, 0.1, { feature: 'e' }),
    )
    const found = await history.families('fraud', policyFor({ warn: '> 1' }), at(1))
    expect(found).toEqual([
      { windowStart: at(1), tests: 2, unadjusted: 0 },
      { windowStart: at(1), tests: 1, unadjusted: 1 },
    ])
  })

  test('first events are learnt from once their interval is complete', async () => {
    expect(await history.firstEvents('fraud', 'opening')).toBeNull()
    const range = { from: at(0), to: at(4) }
    const row = {
      ...{ model: 'fraud', baseline: 'opening', revision: 1, kind: 'first', version: '' },
      definition: JSON.stringify({ source: {}, frozen: { kind: 'events', range } }),
      ...{ binning: 1, status: 'pending', detail: '', n: 1 },
      ...{ created_at: new Date(at(5)), changed_at: new Date(at(5)) },
    }
    await insertBaseline(row)
    expect(await history.firstEvents('fraud', 'opening')).toBeNull()
    await insertBaseline({ ...row, status: 'ready', changed_at: new Date(at(6)) })
    expect(await history.firstEvents('fraud', 'opening')).toEqual(range)

    await put(
      ...[0.1, 0.2, 0.1, 0.2].map((value, i) => metricRow(i, value, { version: String(i) })),
    )
    const monitor = { critical: { learnt: { from: 'opening', min_windows: 4 } } } as const
    const judged = metricRow(9, 0.5, { version: 'new' })
    const limits = await rowLimits(history, {
      ...{ spec: spec(monitor), policy: policyFor(monitor) },
      rows: [judged],
    })
    expect(limits(judged).critical?.learnt).toMatchObject({ windows: 4, ...range })
  })

  test('where windows before have no verdict yet, those before them are read too', async () => {
    // Of hours 6 and 7 of the day nothing can be learnt: they are missing in the weeks before.
    const gone = (i: number): boolean => i < 336 && [6, 7].includes(i % 24)
    await put(...Array.from({ length: 345 }, (_, i) => (gone(i) ? [] : [metricRow(i, 0.1)])).flat())
    const season = { seasonal: 'hour_of_week', over: '14d', min_windows: 2 } as const
    const monitor = { warn: { learnt: season }, for: '2 of 2' } as const
    const input = { spec: spec(monitor), policy: policyFor(monitor), from: at(344) }
    const { previous, limits } = await judgedRows(history, input)
    const judged = previous.filter((row) => verdictOf(limits(row), row) !== 'none')
    expect(judged.at(-1)!.windowStart).toBe(at(341))
  })

  test('of a monitor whose limits are known no more windows are read than it counts', async () => {
    await put(...Array.from({ length: 300 }, (_, i) => metricRow(i, 0.1)))
    for (const warn of ['> 1', 'learnt']) {
      const monitor = { warn, for: '2 of 2' }
      const input = { spec: spec(monitor), policy: policyFor(monitor), from: at(200) }
      const { previous } = await judgedRows(history, input)
      expect(previous.map(({ windowStart }) => windowStart)).toEqual([at(199)])
    }
  })
})
