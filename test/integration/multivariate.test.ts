import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ModelFile } from '../../core/model-spec.ts'
import { multivariateNames } from '../../detectors/multivariate/metric-names.ts'
import type { MetricRow } from '../../store/queries/metric-row.ts'
import { seeded } from '../support/seeded.ts'
import { watchedModels, type WatchedEvent, type WatchedModels } from './watched-models.ts'

const hour = 3_600_000
const start = Date.parse('2026-03-01T10:00:00Z')
const iso = (ms: number): string => new Date(ms).toISOString()

const modelOf = (model: string): ModelFile => ({
  model,
  kind: 'features',
  features: {
    a: 'numeric',
    b: 'numeric',
    c: 'numeric',
    group: 'categorical',
    e: { embedding: [4] },
  },
  window: '1h',
  windows: ['2h'],
  lateness: '1m',
  min_samples: 50,
  retention: { events: '30000d', profiles: '30000d', metrics: '30000d' },
  baselines: {
    opening: { range: { from: iso(start), to: iso(start + 2 * hour) } },
    lately: { trailing: '2h' },
  },
  multivariate: [
    { method: 'pca-reconstruction', features: ['a', 'b', 'c', 'group'] },
    { method: 'domain-classifier', window: '1h' },
    { method: 'mmd', sample: 200 },
    { method: 'mmd-linear', baseline: 'opening' },
    { method: 'mmd/alibi-detect-0.12', features: ['a', 'b'], sample: 100 },
  ],
  monitors: [
    {
      name: 'together',
      metric: 'pca_reconstruction_error',
      baseline: 'opening',
      warn: '> 0.1',
      window: '1h',
    },
    {
      name: 'as-nannyml-says',
      metric: 'drifted/pca-reconstruction/nannyml-0.13',
      baseline: 'opening',
      critical: '>= 1',
    },
  ],
})

/** From the fifth hour on `b` and `group` go with `a` the other way; neither is any different in itself. */
const random = seeded(23)
const events: WatchedEvent[] = Array.from({ length: 2400 }, (_, i) => {
  const ts = start + Math.floor((i * 6 * hour) / 2400)
  const sign = ts >= start + 4 * hour ? -1 : 1
  const a = random.normal()
  const b = sign * 0.8 * a + 0.6 * random.normal()
  const high = sign * a > 0 === random.next() < 0.9
  const e = random.next() < 0.05 ? null : [a, b, random.normal(), 1]
  const features = { a, b, c: random.normal(), group: high ? 'high' : 'low', e }
  return { id: `e-${i}`, ts, features }
})

let watched: WatchedModels
let rows: readonly MetricRow[]

beforeAll(async () => {
  const models = [modelOf('in-order'), modelOf('out-of-order')]
  watched = await watchedModels(models, {}, start + 7 * hour)
  await watched.send('in-order', events)
  const late = events.filter(({ ts }, i) => ts >= start + 2 * hour && i % 3 === 0)
  await watched.send('out-of-order', random.shuffled(events.filter((e) => !late.includes(e))))
  await watched.settle()
  await watched.send('out-of-order', random.shuffled([...late, ...late.slice(0, 20)]))
  await watched.settle()
  rows = await watched.metrics()
}, 240_000)

afterAll(async () => {
  await watched.close()
})

const named = (metric: string, start_: number, baseline = 'opening'): MetricRow[] =>
  rows.filter(
    (row) =>
      row.model === 'in-order' &&
      row.metric === metric &&
      row.windowStart === start_ &&
      row.baseline === baseline,
  )
const before = start + 2 * hour
const after = start + 4 * hour

describe('features that go together the other way, each of them unchanged', () => {
  test('no single feature says so', () => {
    const single = ['psi', 'ks', 'js', 'wasserstein'].flatMap((metric) => named(metric, after))
    const tested = single.filter(({ feature }) => ['a', 'b', 'c', 'group'].includes(feature))
    expect(tested.length).toBeGreaterThan(8)
    for (const row of tested)
      expect(row.pAdjusted, `${row.metric} of ${row.feature}`).toBeGreaterThan(0.05)
  })

  test.each([
    ['pca_reconstruction_error', 'pca-reconstruction/nannyml-0.13', '1h'],
    ['pca_reconstruction_error', 'pca-reconstruction/nannyml-0.13', '2h'],
    ['domain_classifier_auc', 'domain-classifier/boosted-trees-5-fold', '1h'],
    ['mmd', 'mmd/rbf-median', '2h'],
    ['mmd', 'mmd/rbf-median-linear', '2h'],
  ])('%s (%s) of %s does, and not before', (metric, method, window) => {
    const all = (at: number): MetricRow[] =>
      named(metric, at).filter((row) => row.method === method && row.window === window)
    const [changed] = all(after).filter(({ feature }) => feature === '')
    expect(changed).toMatchObject({ status: 'ok', slice: '' })
    expect(changed?.pAdjusted).toBeLessThan(0.01)
    expect(changed?.value).toBeGreaterThan(changed?.noiseFloor ?? Infinity)
    const [calm] = all(before).filter(({ feature }) => feature === '')
    expect(calm?.pAdjusted).toBeGreaterThan(0.01)
  })

  test('the classifier names the features that it saw it by, and none while all is calm', () => {
    const names = named('domain_classifier_importance', after).map(({ feature }) => feature)
    expect(names).toEqual(expect.arrayContaining(['a', 'b', 'group']))
    expect(named('domain_classifier_importance', before)).toEqual([])
  })

  test('an embedding is compared by itself, in the windows that were asked for', () => {
    const own = named('mmd', after).filter(({ feature }) => feature === 'e')
    expect(own.map(({ window }) => window)).toEqual(['2h', '2h'])
    expect(own.find(({ method }) => method === 'mmd/rbf-median')?.pValue).toBeLessThan(0.01)
    const [auc] = named('domain_classifier_auc', after).filter(({ feature }) => feature === 'e')
    expect(auc).toMatchObject({ window: '1h', status: 'ok' })
    // Events without a value have no part in it.
    expect(auc?.nCurrent).toBeLessThan(400)
    expect(named('pca_reconstruction_error', after).map(({ feature }) => feature)).toEqual(['', ''])
  })
})

describe('NannyML’s verdicts', () => {
  const verdict = (method: string, at: number, baseline?: string): MetricRow | undefined =>
    named('drifted', at, baseline).find(
      (row) => row.method === `drifted/${method}` && row.window === '1h' && row.feature === '',
    )

  test.each([
    ['pca-reconstruction/nannyml-0.13', 'pca_reconstruction_error'],
    ['domain-classifier/boosted-trees-5-fold', 'domain_classifier_auc'],
  ])('%s is drift when features go together the other way', (method, metric) => {
    const [number] = named(metric, after).filter(
      ({ window, feature }) => window === '1h' && feature === '',
    )
    const changed = verdict(method, after)
    expect(changed).toMatchObject({ value: 1, status: 'ok', slice: '', pValue: null })
    expect(changed).toMatchObject({ effect: number?.value, nCurrent: number?.nCurrent })
    expect(changed?.effect).toBeGreaterThan(changed?.noiseFloor ?? Infinity)
  })

  test('are calm while the classifier has nothing to tell', () => {
    expect(verdict('domain-classifier/boosted-trees-5-fold', before)).toMatchObject({
      value: 0,
      noiseFloor: 0.65,
    })
  })

  test('limits are learnt from the windows of the reference', () => {
    // Two windows of an hour: their mean and three times half their distance.
    const errors = [start, start + hour].flatMap((at) =>
      named('pca_reconstruction_error', at)
        .filter(({ window }) => window === '1h')
        .map(({ value }) => value ?? NaN),
    )
    const [a = NaN, b = NaN] = errors
    expect(errors).toHaveLength(2)
    const [mean, spread] = [(a + b) / 2, (3 * Math.abs(a - b)) / 2]
    const changed = verdict('pca-reconstruction/nannyml-0.13', after)
    expect(changed?.noiseFloor).toBeCloseTo(mean + spread, 9)
    const calm = verdict('pca-reconstruction/nannyml-0.13', before)
    const { effect = null, noiseFloor: limit = null, value: drifted } = calm ?? {}
    expect(Math.abs((effect ?? NaN) - mean) >= spread).toBe(drifted === 1)
    const side = drifted === 1 && (effect ?? NaN) < mean ? -spread : spread
    expect(limit).toBeCloseTo(mean + side, 9)
  })

  test('of a moving reference too, of an embedding by the classifier, and never of MMD', () => {
    expect(verdict('pca-reconstruction/nannyml-0.13', after, 'lately')?.value).toBe(1)
    const own = named('drifted', after).filter(({ feature }) => feature === 'e')
    expect(own.map(({ method }) => method)).toEqual([
      'drifted/domain-classifier/boosted-trees-5-fold',
    ])
    expect(named('drifted', after).filter(({ method }) => method.includes('mmd'))).toEqual([])
  })

  test('a monitor fires by it', async () => {
    const found = await watched.opened.store.query({
      name: 'test-transitions',
      sql: `SELECT DISTINCT to_state FROM transitions FINAL WHERE monitor = 'as-nannyml-says' AND model = 'in-order'`,
      params: {},
      toRow: (raw) => Object.values(raw).join(' '),
    })
    expect(found).toEqual(['critical'])
  })
})

test('a moving baseline is compared with too, and one that an entry leaves out is not', () => {
  const [moving] = named('domain_classifier_auc', after, 'lately')
  expect(moving?.pValue).toBeLessThan(0.01)
  const methods = named('mmd', after, 'lately').map(({ method }) => method)
  expect(new Set(methods)).toEqual(new Set(['mmd/rbf-median', 'mmd/alibi-detect-0.12']))
})

test('events that come late and out of order lead to the same numbers, bit for bit', () => {
  const metrics = new Set(multivariateNames)
  const told = (model: string): string[] =>
    rows
      .filter((row) => row.model === model && metrics.has(row.metric))
      .map((row) => JSON.stringify({ ...row, model: '', revision: 0 }))
      .sort()
  expect(rows.some(({ model, revision }) => model === 'out-of-order' && revision > 1)).toBe(true)
  expect(told('in-order').length).toBeGreaterThan(40)
  expect(told('out-of-order')).toEqual(told('in-order'))
})
