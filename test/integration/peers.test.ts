import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ModelFile } from '../../core/model-spec.ts'
import { presets, type Preset } from '../../core/row-methods-schema.ts'
import { peerMethodNamed, peerNamed } from '../../detectors/peers/catalogue.ts'
import { chunkThreshold, equalParts } from '../../detectors/peers/chunk-threshold.ts'
import { peerScore, type PeerSample } from '../../detectors/peers/peer.ts'
import type { MetricRow } from '../../store/queries/metric-row.ts'
import golden from '../fixtures/detectors/golden-drift.json' with { type: 'json' }
import { watchedModels, type WatchedModels } from './watched-models.ts'

const hour = 3_600_000
const start = Date.parse('2026-03-01T10:00:00Z')

const spread = (counts: Readonly<Record<string, number>>): string[] =>
  Object.entries(counts).flatMap(([key, count]) => new Array<string>(count).fill(key))

const numbers = golden.numeric['num_mean_0.25']
const categories = golden.categorical.cat_shift
const reference = {
  x: golden.numeric.num_no_drift.reference,
  c: spread(categories.reference_counts),
}
const current = { x: numbers.current, c: spread(categories.current_counts) }

/** Each published number, by the method id that reproduces it. */
const published: readonly (readonly [id: string, feature: 'x' | 'c', value: number])[] = [
  ['psi/evidently-0.7', 'x', numbers.expected.evidently.psi],
  ['js/evidently-0.7', 'x', numbers.expected.evidently.jensenshannon_base_e],
  ['ks/evidently-0.7', 'x', numbers.expected.evidently.ks_pvalue],
  ['wasserstein/evidently-0.7', 'x', numbers.expected.evidently.wasserstein_norm],
  ['js/nannyml-0.13', 'x', numbers.expected.nannyml.jensen_shannon_base2],
  ['wasserstein/nannyml-0.13', 'x', numbers.expected.nannyml.wasserstein],
  ['ks/alibi-detect-0.12', 'x', numbers.expected.alibi_detect.ks_D],
  ['linf/sagemaker-robust', 'x', numbers.expected.sagemaker_deequ['linf_robust_1.8']],
  ['ks/deepchecks-0.19', 'x', numbers.expected.deepchecks.ks],
  ['psi/evidently-0.7', 'c', categories.expected.evidently.psi],
  ['js/nannyml-0.13', 'c', categories.expected.nannyml.jensen_shannon_base2],
  ['chi2/nannyml-0.13', 'c', categories.expected.alibi_nannyml_chi2_contingency.stat],
  ['linf/vertex', 'c', categories.expected.nannyml.l_infinity],
  ['cramers-v/deepchecks-0.19', 'c', categories.expected.deepchecks_cramers_v],
]

const modelOf = (model: string, more: Partial<ModelFile>): ModelFile => ({
  model,
  kind: 'features',
  features: { x: 'numeric', c: 'categorical' },
  window: '1h',
  windows: [],
  lateness: '1m',
  min_samples: 10,
  // The engine's clock is the machine's.
  retention: { events: '30000d', profiles: '30000d', metrics: '30000d' },
  baselines: { training: { file: 'golden.csv' } },
  ...more,
})

const permuted = ['tvd/evidently-0.7', 'mmd/evidently-0.7']
const ids = [...new Set(published.map(([id]) => id))]
const models: readonly ModelFile[] = [
  modelOf('named', {
    detectors: [
      ...ids,
      ...permuted,
      'epps-singleton/evidently-0.7',
      'chi2/sagemaker',
      'mann-whitney/exact',
    ],
    row_methods: { sample: 2000 },
    monitors: [{ name: 'evidently', metric: 'drifted/psi/evidently-0.7', critical: '>= 1' }],
  }),
  modelOf('sampled', { detectors: ['psi/evidently-0.7'], row_methods: { sample: 400 } }),
  ...presets.map((preset) => modelOf(preset, { preset })),
  modelOf('limits', {
    baselines: { training: { file: 'limits.csv' } },
    detectors: ['ks/deepchecks-0.19', 'linf/sagemaker-simple', 'ks/evidently-0.7'],
  }),
  modelOf('degenerate', {
    features: { x: 'numeric', c: 'categorical', none: 'numeric', same: 'numeric' },
    baselines: { training: { file: 'degenerate.csv' } },
    preset: 'evidently',
    detectors: ['psi/evidently-0.7', 'wasserstein/exact-normed'],
  }),
]

const ten = Array.from({ length: 10 }, (_, i) => i)
const files = {
  'golden.csv': ['x,c', ...reference.x.map((x, i) => `${x},${reference.c[i] ?? ''}`)],
  'limits.csv': ['x,c', ...ten.map((x) => `${x},a`)],
  'degenerate.csv': ['x,c,none,same', ...ten.map((x) => `${x},a,,7`)],
}

let watched: WatchedModels
const found = new Map<string, MetricRow>()
let transitions: unknown[] = []

beforeAll(async () => {
  watched = await watchedModels(models, files, start + 2 * hour)
  const send = (model: string, rows: readonly object[]): Promise<void> =>
    watched.send(
      model,
      rows.map((features, i) => ({ id: `${model}-${i}`, ts: start + i, features })),
    )
  const rows = current.x.map((x, i) => ({ x, c: current.c[i] }))
  for (const { model } of models.slice(0, -2)) await send(model, rows)
  // Two numbers of ten and one category of ten are new: gaps of 0.2 and of 0.1.
  await send(
    'limits',
    [...ten.slice(0, 8), 90, 91].map((x) => ({ x, c: x === 90 ? 'b' : 'a' })),
  )
  await send(
    'degenerate',
    ten.map((x) => ({ x, c: 'a', none: null, same: 7 })),
  )
  await watched.settle()
  for (const row of await watched.metrics())
    found.set([row.model, row.metric, row.method, row.feature].join(' '), row)
  transitions = await watched.opened.store.query({
    name: 'test-transitions',
    sql: 'SELECT model, monitor, feature, to_state FROM transitions FINAL ORDER BY model, feature',
    params: {},
    toRow: (raw) => Object.values(raw).join(' '),
  })
}, 120_000)
afterAll(() => watched.close())

/** The rows of one method and feature: its number and its verdict. */
const rowsOf = (model: string, method: string, feature: string): (MetricRow | undefined)[] => {
  const all = [...found.values()].filter((row) => row.model === model && row.feature === feature)
  return [method, `drifted/${method}`].map((id) => all.find((row) => row.method === id))
}

test.each(published)('%s of %s is the published number', (id, feature, value) => {
  const [number, verdict] = rowsOf('named', id, feature)
  expect(number?.value).toBeCloseTo(value, 9)
  expect(number).toMatchObject({ status: 'ok', nReference: 1500, nCurrent: 1000 })
  expect([0, 1]).toContain(verdict?.value)
})

test('a p-value goes by a name of its own, so that no limit of a distance meets it', () => {
  expect(rowsOf('named', 'ks/evidently-0.7', 'x')[0]?.metric).toBe('ks_p_value')
  expect(rowsOf('named', 'ks/alibi-detect-0.12', 'x')[0]?.metric).toBe('ks')
})

test('what Epps–Singleton and Deequ’s χ² say of the same rows is stored', () => {
  const score = (id: string, sample: PeerSample) => peerScore(peerMethodNamed(id)!, sample)!
  const [es, esVerdict] = rowsOf('named', 'epps-singleton/evidently-0.7', 'x')
  const expected = score('epps-singleton/evidently-0.7', samples.x)
  expect(es).toMatchObject({ metric: 'epps-singleton_p_value', pValue: null })
  expect(es?.value).toBeCloseTo(expected.value, 12)
  expect(esVerdict?.value).toBe(Number(expected.drifted))
  const [chi2, chi2Verdict] = rowsOf('named', 'chi2/sagemaker', 'c')
  const table = score('chi2/sagemaker', samples.c)
  expect(chi2?.value).toBeCloseTo(table.value, 9)
  expect(chi2?.pValue).toBeCloseTo(table.judged, 12)
  expect(chi2Verdict).toMatchObject({ value: Number(table.drifted), noiseFloor: 0.1 })
})

test('a permutation test is stored as a p-value with its verdict, of its own kind of feature only', () => {
  for (const [id, feature, other] of [
    ['tvd/evidently-0.7', 'c', 'x'],
    ['mmd/evidently-0.7', 'x', 'c'],
  ] as const) {
    const [number, verdict] = rowsOf('named', id, feature)
    expect(number).toMatchObject({ metric: `${id.split('/')[0]!}_p_value`, status: 'ok' })
    // Both features have drifted: hardly a deal is as far apart, whatever the order of the rows.
    expect(number?.value).toBeLessThan(0.02)
    expect(verdict).toMatchObject({ value: 1, effect: number?.value, noiseFloor: 0.1 })
    expect(rowsOf('named', id, other)).toEqual([undefined, undefined])
  }
})

test('a model with methods of its own has no others, and exact ones besides', () => {
  const methods = new Set([...found.values()].flatMap((r) => (r.model === 'named' ? r.method : [])))
  expect(methods).toContain('mann-whitney/exact')
  expect([...methods].filter((id) => id.startsWith('psi/'))).toEqual(['psi/evidently-0.7'])
})

test('a monitor fires by the verdict', () => {
  const drifted = (['x', 'c'] as const).filter(
    (f) => rowsOf('named', 'psi/evidently-0.7', f)[1]?.value === 1,
  )
  expect(transitions).toEqual(drifted.map((f) => `named evidently ${f} critical`))
})

test('with more rows than asked for it is a sample, and says so by its size', () => {
  const [number] = rowsOf('sampled', 'psi/evidently-0.7', 'x')
  expect(number).toMatchObject({ nReference: 400, nCurrent: 400, status: 'ok' })
})

const chosen: Readonly<Record<Preset, readonly [x: string, c: string]>> = {
  evidently: ['wasserstein/evidently-0.7', 'js/evidently-0.7'],
  nannyml: ['js/nannyml-0.13', 'js/nannyml-0.13'],
  'alibi-detect': ['ks/alibi-detect-0.12', 'chi2/alibi-detect-0.12'],
  sagemaker: ['linf/sagemaker-robust', 'linf/sagemaker-robust'],
  whylogs: ['ks/whylogs-1.6', 'chi2/whylogs-1.6'],
  deepchecks: ['ks/deepchecks-0.19', 'cramers-v/deepchecks-0.19'],
  vertex: ['js/vertex', 'linf/vertex'],
}

const samples: Readonly<Record<'x' | 'c', PeerSample>> = {
  x: { kind: 'numeric', reference: reference.x, current: current.x },
  c: { kind: 'categorical', reference: reference.c, current: current.c },
}

describe.each(presets)('preset %s', (preset) => {
  const rows = () => [...found.values()].filter(({ model }) => model === preset)

  test('computes the test that the product chooses for each feature, and no other', () => {
    const methods = rows().filter(({ baseline, feature }) => baseline !== '' && feature !== '')
    const numbered = methods.filter(({ metric }) => metric !== 'drifted')
    expect(Object.fromEntries(numbered.map((r) => [r.feature, r.method]))).toEqual({
      x: chosen[preset][0],
      c: chosen[preset][1],
    })
    expect(methods).toHaveLength(4)
  })

  test.each(['x', 'c'] as const)(
    'says what the product says of %s, by its threshold',
    (feature) => {
      const sample = samples[feature]
      const method = peerNamed(preset)!.chooseTest(sample)
      const parts = equalParts<string | number | null | undefined>(sample.reference)
      const chunks = parts as PeerSample['current'][]
      const threshold = method.threshold ?? chunkThreshold(method, sample, chunks)!
      const score = peerScore(method, sample, threshold)!
      const [number, verdict] = rowsOf(preset, method.method, feature)
      // The order of rows shows in the last digit of a sum.
      expect(number?.value).toBeCloseTo(score.value, 12)
      expect(verdict?.value).toBe(Number(score.drifted))
      expect(verdict?.effect).toBeCloseTo(score.judged, 12)
      expect(verdict?.noiseFloor).toBeCloseTo(threshold, 12)
    },
  )
})

test('Evidently’s data set has drifted from half of its columns on', () => {
  const verdicts = ['x', 'c'].map(
    (f) =>
      found.get(`evidently drifted drifted/${chosen.evidently[f === 'x' ? 0 : 1]} ${f}`)?.value,
  )
  const share = verdicts.reduce<number>((sum, value) => sum + (value ?? NaN) / 2, 0)
  const row = found.get('evidently drifted_share drifted_share/evidently-0.7 ')
  expect(row).toMatchObject({ value: share, nReference: 1500, nCurrent: 1000 })
  const verdict = found.get('evidently drifted drifted/evidently-0.7 ')
  expect(verdict).toMatchObject({ value: share >= 0.5 ? 1 : 0, effect: share, noiseFloor: 0.5 })
})

test('alibi-detect judges all features by Bonferroni, and by false discoveries under another name', () => {
  const bonferroni = found.get('alibi-detect drifted drifted/alibi-detect-0.12-bonferroni ')
  expect(bonferroni).toMatchObject({ value: 1, noiseFloor: 0.025 })
  const least = Math.min(
    rowsOf('alibi-detect', chosen['alibi-detect'][0], 'x')[0]?.pValue ?? NaN,
    rowsOf('alibi-detect', chosen['alibi-detect'][1], 'c')[0]?.pValue ?? NaN,
  )
  expect(bonferroni?.effect).toBe(least)
  expect(found.get('alibi-detect drifted_fdr drifted/alibi-detect-0.12-fdr ')?.value).toBe(1)
})

test('at its threshold ≥ drifts and > does not', () => {
  const [ks, ksVerdict] = rowsOf('limits', 'ks/deepchecks-0.19', 'x')
  expect([ks?.value, ksVerdict?.value]).toEqual([0.2, 1])
  const [linf, linfVerdict] = rowsOf('limits', 'linf/sagemaker-simple', 'c')
  expect([linf?.value, linfVerdict?.value]).toEqual([0.1, 0])
})

test('values that are all missing are no answer; constants and a single category are no drift', () => {
  const [missing, noVerdict] = rowsOf('degenerate', 'psi/evidently-0.7', 'none')
  expect(missing).toMatchObject({ value: null, status: 'insufficient_data', nCurrent: 0 })
  expect(noVerdict).toMatchObject({ value: null, status: 'insufficient_data' })
  expect(rowsOf('degenerate', 'wasserstein/exact-normed', 'none')[0]).toBeUndefined()
  for (const feature of ['same', 'c', 'x']) {
    const [same, verdict] = rowsOf('degenerate', 'psi/evidently-0.7', feature)
    expect([same?.value, verdict?.value]).toEqual([0, 0])
  }
  expect(rowsOf('degenerate', 'wasserstein/exact-normed', 'same')[0]?.value).toBe(0)
})
