import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Evidence } from '../../alerts/evidence.ts'
import type { Message } from '../../alerts/message.ts'
import { monitorPolicy } from '../../alerts/policy.ts'
import { runMonitors } from '../../alerts/run-monitors.ts'
import { modelSpec, type ModelFile, type MonitorSpec } from '../../core/model-spec.ts'
import type { MetricRow } from '../../store/queries/metric-row.ts'
import { at, hour, MemoryHistory, MemoryOutbox, metricRow, retrain, silentEvents } from './rows.ts'

const learnt = { learnt: { over: '6h', min_windows: 3, side: 'above' } } as const

/** One monitor over hourly windows that arrive in any order. */
function world(monitor: Partial<MonitorSpec>, file: Partial<ModelFile> = {}) {
  const outbox = new MemoryOutbox()
  const history = new MemoryHistory(outbox)
  const spec = modelSpec({
    model: 'fraud',
    window: '1h',
    min_samples: 100,
    baselines: {
      training: { file: 'a.parquet' },
      good: { range: { from: '2026-11-01T00:00:00Z', to: '2026-11-01T04:00:00Z' } },
    },
    monitors: [{ name: 'x', metric: 'psi', actions: ['retrain'], ...monitor }],
    actions: { retrain },
    ...file,
  })
  const arrive = async (...rows: MetricRow[]) => {
    history.put(...rows)
    const from = Math.min(...rows.map((row) => row.windowStart))
    await runMonitors(
      { history, outbox, events: silentEvents, now: () => at(99), untested: ['mean'] },
      { spec, revision: 3, changedFrom: new Map([[hour, from]]) },
    )
  }
  const valid = () =>
    [...history.transitionRows.values()]
      .filter(({ valid }) => valid)
      .sort((a, b) => a.windowStart - b.windowStart || (a.transitionId < b.transitionId ? -1 : 1))
  return {
    arrive,
    outbox,
    states: () => valid().map((row) => `${(row.windowStart - at(0)) / hour} ${row.to}`),
    evidence: () => valid().map((row) => JSON.parse(row.evidence) as Evidence),
    // When rows were written is the one thing that may differ.
    everything: () => valid().map((row) => ({ ...row, createdAt: 0, changedAt: 0 })),
  }
}

const windows = (values: readonly number[], rest: Partial<MetricRow> = {}): MetricRow[] =>
  values.map((value, i) => metricRow(i, value, rest))

test('a learnt limit fires on what is unusual, and its evidence has every digit', async () => {
  const { arrive, states, evidence, outbox } = world({ critical: learnt })
  await arrive(...windows([0.06, 0.1, 0.06, 0.1, 0.3]))
  expect(states()).toEqual(['4 critical'])
  expect(evidence()).toMatchObject([
    {
      threshold: '> 0.14 (mean 0.08 + 3·0.02 of 4 windows)',
      alpha: 0.05,
      learnt: {
        windows: 4,
        from: '2026-10-31T22:00:00.000Z',
        to: '2026-11-01T04:00:00.000Z',
      },
    },
  ])
  expect(evidence()[0]!.learnt!.center).toBeCloseTo(0.08, 12)
  const { data } = JSON.parse([...outbox.rows.values()][0]!.body) as Message
  expect(data.series[0]).toMatchObject({
    value: 0.3,
    threshold: '> 0.14 (mean 0.08 + 3·0.02 of 4 windows)',
    alpha: 0.05,
    n_reference: 1000,
    n_current: 500,
    noise_floor: 0.01,
    effect: 0.3,
    p_value: null,
    p_adjusted: null,
  })
})

test('before there is enough to learn from there is no verdict, and a fixed limit holds all the same', async () => {
  const early = world({ critical: learnt })
  await early.arrive(...windows([0.01, 0.01, 9]))
  expect(early.states()).toEqual([])
  const fixed = world({ warn: learnt, critical: '> 5' })
  await fixed.arrive(...windows([0.01, 0.01, 9, 0.01]))
  expect(fixed.states()).toEqual(['2 critical', '3 ok'])
})

test('a window without a verdict resolves nothing', async () => {
  const { arrive, states } = world({ warn: learnt })
  // After the sixth window nothing is within reach, until three new ones are.
  const later = [0.01, 0.02, 0.01, 0.01].map((value, i) => metricRow(20 + i, value))
  await arrive(...windows([0.01, 0.02, 0.01, 9]), ...later)
  expect(states()).toEqual(['3 warn', '23 ok'])
})

test('windows with too few events teach nothing', async () => {
  const { arrive, states } = world({ critical: learnt })
  const few = windows([50, 60, 70], { nCurrent: 99 })
  await arrive(...few, ...[0.1, 0.2, 0.1, 5].map((value, i) => metricRow(3 + i, value)))
  expect(states()).toEqual(['6 critical'])
})

test('a limit of a baseline holds for versions that came after it', async () => {
  const rule = { learnt: { from: 'good', min_windows: 4, side: 'above' } } as const
  const { arrive, states, evidence } = world({ critical: rule })
  await arrive(...windows([0.06, 0.1, 0.06, 0.1]))
  await arrive(metricRow(4, 0.13, { version: '8' }), metricRow(5, 0.3, { version: '8' }))
  expect(states()).toEqual(['5 critical'])
  expect(evidence()[0]!.threshold).toBe('> 0.14 (mean 0.08 + 3·0.02 of 4 windows)')
})

test('each series learns from itself', async () => {
  const { arrive, states } = world({ critical: learnt })
  await arrive(
    ...windows([1, 2, 1, 2], { feature: 'loud' }),
    ...windows([0.1, 0.2, 0.1, 2], { feature: 'quiet' }),
  )
  expect(states()).toEqual(['3 critical'])
})

const budget = { false_alarms: { budget: 1, per: '7d' } } as const
const significant = (window: number, p: number, rest: Partial<MetricRow> = {}) =>
  metricRow(window, 0.3, { pValue: p, pAdjusted: p, ...rest })

test('the level that a budget leaves is shared by what a window tests, and told', async () => {
  const { arrive, states, evidence } = world({ critical: '> 0.2' }, budget)
  const two = { version: '8' }
  // One family: 1/168. Two: half of it each.
  await arrive(significant(0, 1 / 168), significant(1, 1 / 168), significant(1, 0.5, two))
  expect(states()).toEqual(['0 critical', '1 ok'])
  expect(evidence()[0]).toMatchObject({
    p_adjusted: 1 / 168,
    false_alarms: { budget: '1 per 7d', monitors: 1, families: 1, tests: 1 },
  })
  expect(evidence()[0]!.alpha).toBeCloseTo(1 / 168, 12)
  expect(evidence()[1]!.alpha).toBeCloseTo(1 / 336, 12)
})

test('monitors share a budget, except those with an alpha of their own or without p-values', () => {
  const monitors = [
    { name: 'x', metric: 'psi', warn: '> 0.1' },
    { name: 'daily', metric: 'ks', warn: '> 0.1', window: '1d' },
    { name: 'own', metric: 'ks', warn: '> 0.1', alpha: 0.01 },
    { name: 'mean', metric: 'mean', warn: 'learnt' },
  ]
  const spec = modelSpec({ model: 'm', window: '1h', ...budget, monitors })
  const shares = monitors.map((monitor) => monitorPolicy(spec, monitor, ['mean']).budget)
  expect(shares.map((share) => share?.monitors)).toEqual([2, 2, undefined, undefined])
  expect(shares[0]!.perWindow).toBeCloseTo(1 / 2 / 168, 12)
  expect(shares[1]!.perWindow).toBeCloseTo(1 / 2 / 7, 12)
  // Evaluated apart from the others it has no greater share.
  const alone = { ...spec, monitors: [monitors[0]!] }
  expect(monitorPolicy(alone, monitors[0]!, ['mean']).budget).toEqual(shares[0])
})

test('p-values that nobody adjusted each take their part of the budget', async () => {
  const { arrive, evidence } = world({ critical: '> 0.2' }, budget)
  const bare = { pAdjusted: null }
  await arrive(significant(0, 1e-9, bare), significant(0, 1e-9, { ...bare, feature: 'b' }))
  expect(evidence()[0]!.alpha).toBeCloseTo(1 / 168 / 2, 12)
})

const value = fc.constantFrom(0.1, 0.12, 0.15, 0.3, 0.9, null)
const arrivals = fc.array(value, { minLength: 4, maxLength: 14 }).chain((final) =>
  fc.record({
    final: fc.constant(final),
    rule: fc.constantFrom('1 of 1', '2 of 2', '2 of 3'),
    limit: fc.constantFrom<NonNullable<MonitorSpec['warn']>>(
      { learnt: { over: '5h', min_windows: 2, deviations: 1 } },
      { learnt: { over: '5h', min_windows: 2, deviations: 1, center: 'median' } },
      { learnt: { from: 'good', min_windows: 3, deviations: 1 } },
    ),
    guesses: fc.array(fc.tuple(fc.nat(final.length - 1), value), { maxLength: 6 }),
    order: fc.shuffledSubarray([...final.keys()], { minLength: final.length }),
  }),
)
/** How many features there are says how many are tested: it varies from window to window. */
const rowsOf = (window: number, value: number | null): MetricRow[] =>
  Array.from({ length: 1 + (window % 3) }, (_, i) =>
    metricRow(window, value === null ? null : value + i / 50, {
      version: String(7 + i),
      pValue: value === null ? null : 0.002,
      pAdjusted: value === null ? null : 0.002,
    }),
  )

test('whatever order windows come in, learnt limits and levels end as those of the in-order batch', async () => {
  await fc.assert(
    fc.asyncProperty(arrivals, async ({ final, rule, limit, guesses, order }) => {
      const monitor = { for: rule, warn: limit, critical: '> 0.8' }
      const late = world(monitor, budget)
      for (const [window, guess] of guesses) await late.arrive(...rowsOf(window, guess))
      for (const window of order) await late.arrive(...rowsOf(window, final[window]!))
      const batch = world(monitor, budget)
      await batch.arrive(...final.flatMap((value, window) => rowsOf(window, value)))
      expect(late.everything()).toEqual(batch.everything())
    }),
    { numRuns: 200, seed: 20_261_121 },
  )
})
