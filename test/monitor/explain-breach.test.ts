import { expect, test } from 'vitest'
import type { Breach } from '../../alerts/ports.ts'
import { modelSpec } from '../../core/model-spec.ts'
import { createExplainer } from '../../monitor/explain-breach.ts'
import type { ReferenceAsk } from '../../monitor/evaluate-windows.ts'
import { binningRows, type FeatureBins, type StoredProfile } from '../../store/binning.ts'
import type { Store } from '../../store/client.ts'
import type { MergedProfile } from '../../store/queries/merge-profiles.ts'
import type { Query } from '../../store/query.ts'
import { binningOf, numericBins } from '../store/queries/profile-fixture.ts'

const hour = 3_600_000
const spec = modelSpec({
  model: 'fraud',
  features: { amount: 'numeric', country: 'categorical' },
  window: '15m',
  windows: ['1h'],
  baselines: { training: { file: 'a.parquet' } },
})
const binning = binningOf(
  new Map<string, FeatureBins>([
    ['amount', numericBins([30, 45], 0, 60)],
    ['country', { kind: 'categorical', categories: ['DE', 'FR'], others: [], open: false }],
  ]),
)

const profile = (counts: number[], rest: Partial<StoredProfile> = {}): StoredProfile => ({
  n: counts.reduce((a, b) => a + b, rest.missing ?? 0),
  ...{ missing: 0, invalid: 0, typeMismatch: 0, unseen: 0, outOfRange: 0, counts },
  ...{ sum: null, sumSquares: null, min: null, max: null },
  ...rest,
})

const breach = (rest: Partial<Breach> = {}): Breach => ({
  ...{ version: '7', variant: 'live', slice: '', feature: 'country', windowStart: 0 },
  ...{ baseline: 'training', metric: 'psi' },
  ...rest,
})

/** Profiles of windows, and one reference a feature; remembers what it was asked. */
function world(current: readonly Partial<MergedProfile>[]) {
  const queries: Query<unknown>[] = []
  const references: ReferenceAsk[] = []
  const stored = current.map((row) => ({
    ...{ version: '7', variant: 'live', windowStart: 0, slice: '', feature: 'country' },
    ...row,
  }))
  const query = async (asked: Query<unknown>): Promise<unknown[]> => {
    queries.push(asked)
    if (asked.name !== 'merge-profiles') return binningRows(binning)
    const starts = asked.params['starts'] as number[]
    return stored.filter(({ windowStart }) => starts.includes(windowStart))
  }
  const reference = new Map([
    ['country', profile([97, 3, 0])],
    ['amount', profile([10, 80, 10])],
  ])
  const explainer = createExplainer({
    store: { query } as unknown as Store,
    references: {
      profiles: async (ask) => {
        references.push(ask)
        return ask.version === 'new' ? null : new Map([['', reference]])
      },
    },
  })
  return {
    explain: (...breaches: Breach[]) => explainer.explain(spec, hour, breaches),
    merges: () => queries.filter(({ name }) => name === 'merge-profiles'),
    queries,
    references,
  }
}

test('the bins of a breach are told with label, shares and part of the whole', async () => {
  const { explain } = world([{ profile: profile([47, 41, 0], { missing: 12 }) }])
  const [explained] = await explain(breach({ metric: 'linf' }))
  expect(explained).toEqual({
    by: 'linf',
    contributions: [
      {
        ...{ kind: 'category', label: 'DE', reference_share: 0.97, current_share: 0.47 },
        ...{ change: -0.5, share: 0.5 },
      },
      {
        ...{ kind: 'category', label: 'FR', reference_share: 0.03, current_share: 0.41 },
        ...{ change: 0.38, share: 0.38 },
      },
      {
        ...{ kind: 'missing', label: 'missing', reference_share: 0, current_share: 0.12 },
        ...{ change: 0.12, share: 0.12 },
      },
    ],
  })
})

test('a metric without bins of its own is told by PSI, and bins that did not move are not', async () => {
  const { explain } = world([{ feature: 'amount', profile: profile([10, 40, 50]) }])
  const [explained] = await explain(breach({ feature: 'amount', metric: 'ks' }))
  expect(explained?.by).toBe('psi')
  expect(explained?.contributions.map(({ label }) => label)).toEqual(['≥ 45', '30 … 45'])
})

test('what cannot be explained is null in its place, and asks nothing when that is all', async () => {
  const { explain, queries } = world([{ profile: profile([50, 50, 0]) }])
  expect(await explain(breach({ metric: 'missing_rate' }), breach({ feature: '' }))).toEqual([
    null,
    null,
  ])
  expect(queries).toEqual([])
  const answers = await explain(
    breach({ metric: 'accuracy' }),
    breach(),
    breach({ windowStart: hour }),
    breach({ feature: 'forgotten' }),
    breach({ slice: 'country=DE' }),
  )
  expect(answers.map((answer) => answer?.by ?? null)).toEqual([null, 'psi', null, null, null])
})

test('a version without a reference, and an empty side, explain nothing', async () => {
  const { explain } = world([
    { version: 'new', profile: profile([50, 50, 0]) },
    { profile: profile([0, 0, 0]) },
  ])
  expect(await explain(breach({ version: 'new' }), breach())).toEqual([null, null])
})

test('one read of profiles serves a day of windows, and only what is asked for is read', async () => {
  const starts = Array.from({ length: 30 }, (_, i) => i * hour)
  const { explain, merges } = world(
    starts.map((windowStart) => ({ windowStart, profile: profile([1, 1, 0]) })),
  )
  const answers = await explain(
    ...starts.flatMap((windowStart) => [
      breach({ windowStart }),
      breach({ windowStart, slice: 'x' }),
    ]),
  )
  expect(answers.filter((answer) => answer !== null)).toHaveLength(30)
  expect(merges().map(({ params }) => (params['starts'] as number[]).length)).toEqual([24, 6])
  expect(merges()[0]?.params).toMatchObject({
    ...{ features: ['country'], slices: ['', 'x'], baseWindow: '15m', width: hour },
  })
})
