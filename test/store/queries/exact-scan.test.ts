import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ModelSpec } from '../../../core/model-spec.ts'
import { andersonDarlingTest } from '../../../detectors/exact/anderson-darling.ts'
import { rowScanMethods } from '../../../detectors/exact/row-methods.ts'
import { sampleMoments } from '../../../detectors/exact/sample-moments.ts'
import type { RowScan } from '../../../detectors/exact/row-scan.ts'
import type { Score } from '../../../detectors/score.ts'
import type { Store } from '../../../store/client.ts'
import { exactScan } from '../../../store/queries/exact-scan.ts'
import { eventsRelation } from '../../../store/queries/profile-source.ts'
import oracle from '../../fixtures/detectors/two-sample.json' with { type: 'json' }
import { scanOf } from '../../detectors/exact/scan-of.ts'
import { seeded } from '../../support/seeded.ts'
import { withStore, type TestStore } from '../../support/store.ts'
import { createModel, insertEvents, type TestEvent } from './profile-fixture.ts'

let store: Store
let opened: TestStore
beforeAll(async () => {
  opened = await withStore('embedded')
  store = opened.store
})
afterAll(() => opened.close())

const minute = 60_000
const start = Date.parse('2026-03-01T10:00:00Z')
let models = 0

/** A model whose first minute is the reference; each list after it is a minute of its own. */
async function modelOf(...minutes: readonly (readonly (number | null)[])[]): Promise<ModelSpec> {
  models += 1
  const spec = await createModel(store, {
    model: `scan-${models}`,
    kind: 'features',
    window: '1m',
    features: { x: 'numeric', c: 'categorical' },
  })
  const events = minutes.flatMap((values, at) =>
    values.map((x, i): TestEvent => ({
      id: `${at}-${i}`,
      ts: start + at * minute + i,
      features: { x },
    })),
  )
  await insertEvents(store, spec, events)
  return spec
}

const scanned = (spec: ModelSpec, minutes: number) =>
  store.query(
    exactScan({
      spec,
      features: ['x', 'c'],
      widthMs: minute,
      ranges: [{ from: start + minute, to: start + (1 + minutes) * minute }],
      reference: eventsRelation(spec, [{ from: start, to: start + minute }], 'reference_'),
    }),
  )

const scores = (scan: RowScan | undefined): Map<string, Score | null> =>
  new Map(rowScanMethods.map((m) => [m.method, scan === undefined ? null : m.score(scan)]))

describe.each(oracle.samples)('SciPy’s two-sample tests over rows: %#', (row) => {
  let found: Map<string, Score | null>
  beforeAll(async () => {
    const spec = await modelOf([...row.reference, null], [null, ...row.current])
    found = scores((await scanned(spec, 1))[0])
  })
  const { deviation } = sampleMoments(row.reference)
  const size = row.reference.length * row.current.length

  test('mannwhitneyu', () => {
    const score = found.get('mann-whitney/exact')
    expect(score?.value).toBeCloseTo(Math.abs((2 * row.u) / size - 1), 12)
    expect((score?.pValue ?? NaN) / row.u_two_sided).toBeCloseTo(1, 9)
  })

  test('ttest_ind without equal variances', () => {
    const score = found.get('t/exact-welch')
    expect(score?.value).toBeCloseTo(Math.abs(row.welch_t), 9)
    expect((score?.pValue ?? NaN) / row.welch_p).toBeCloseTo(1, 9)
  })

  test('cramervonmises_2samp, where no two values are the same', () => {
    const all = [...row.reference, ...row.current]
    if (new Set(all).size < all.length) return
    const score = found.get('cvm/exact')
    expect(score?.value).toBeCloseTo(row.cvm, 10)
    expect(score?.pValue).toBeCloseTo(row.cvm_p, 9)
  })

  test('anderson_ksamp, before it is standardised', () => {
    const { reference, current } = row
    if (reference.length + current.length < 5) return
    const oracle = andersonDarlingTest([reference, current])
    expect(oracle.statistic).toBeCloseTo(row.ad, 9)
    const score = found.get('ad/exact')
    expect((score?.value ?? NaN) / oracle.sum).toBeCloseTo(1, 12)
    const shown = row.ad_p > 0.001 && row.ad_p < 0.25
    if (shown) expect(Math.abs(Math.log((score?.pValue ?? NaN) / row.ad_p))).toBeLessThan(0.25)
  })

  test('wasserstein_distance and energy_distance, in reference deviations', () => {
    const unit = Math.max(deviation, 0.001)
    expect(found.get('wasserstein/exact-normed')?.value).toBeCloseTo(row.wasserstein / unit, 11)
    expect(found.get('energy/exact-normed')?.value).toBeCloseTo(row.energy / Math.sqrt(unit), 11)
  })
})

test('many windows, versions and features at once are each what they are alone', async () => {
  const random = seeded(4)
  const list = (n: number, f: () => number) => Array.from({ length: n }, f)
  const reference = list(70, () => Math.round(10 * random.normal()) / 10)
  const minutes = [2, 9, 31].map((n) => list(n, () => random.normal() ** 3))
  const spec = await modelOf(reference, ...minutes)
  const together = await scanned(spec, 3)
  expect(together.map(({ m }) => m)).toEqual([2, 9, 31])
  for (const [i, values] of minutes.entries()) {
    const alone = (await scanned(await modelOf(reference, values), 1))[0]
    expect({ ...together[i], windowStart: 0 }).toEqual({ ...alone, windowStart: 0 })
    expectSame(together[i], scanOf(reference, values))
  }
})

test.each([
  ['far from zero', [1e12 + 1, 1e12 + 2, 1e12 + 4], [1e12 + 2, 1e12 + 3]],
  ['beyond what can be added', [-1.5e308, 0, 1e308], [1.7e308, -1e308]],
  ['too small to square', [1e-300, 2e-300, 5e-300], [3e-300, 3e-300]],
  ['one far outlier among close values', [1, 1.5, 2, 2.5, 3], [1, 2, 1e9]],
  ['one far outlier below', [1, 1.5, 2, 2.5, 3], [1, 2, -1e9]],
  ['signs of zero', [-0, 0, 1], [0, -0, 2]],
])('numbers %s are told apart as they are', async (_, reference, current) => {
  const [scan] = await scanned(await modelOf(reference, current), 1)
  expectSame(scan, scanOf(reference, current))
  for (const score of scores(scan).values()) {
    if (score === null) continue
    for (const number of [score.value, score.pValue, score.effect, score.noiseFloor])
      expect(number).toSatisfy(Number.isFinite)
  }
})

test('one constant on both sides is no drift, another one is', async () => {
  const same = scores((await scanned(await modelOf([3, 3, 3], [3, 3]), 1))[0])
  for (const method of ['mann-whitney/exact', 'wasserstein/exact-normed', 'energy/exact-normed']) {
    expect(same.get(method)).toMatchObject({ value: 0, pValue: 1 })
  }
  const many = (x: number) => Array.from({ length: 40 }, () => x)
  const other = scores((await scanned(await modelOf(many(3), many(4)), 1))[0])
  for (const score of other.values()) expect(score?.pValue).toBeLessThan(1e-5)
})

test('a side without a value has no row', async () => {
  expect(await scanned(await modelOf([1, 2], [null, null]), 1)).toEqual([])
  expect(await scanned(await modelOf([null], [1, 2]), 1)).toEqual([])
})

/** Every number of a walk, to twelve digits. */
function expectSame(found: RowScan | undefined, wanted: RowScan): void {
  const numbers = (part: unknown): number[] =>
    typeof part === 'number' ? [part] : Object.values(part as object).flatMap(numbers)
  const { n, m, steps, halfRange, reference, current, stretches, ...sums } = wanted
  const all = { n, m, steps, halfRange, reference, current, sums, stretches }
  for (const [part, values] of Object.entries(all)) {
    const same = part === 'sums' ? pick(found, Object.keys(sums)) : pick(found, [part])[part]
    for (const [i, value] of numbers(values).entries()) {
      const got = numbers(same)[i] ?? NaN
      expect(Math.abs(got - value), part).toBeLessThanOrEqual(1e-12 * Math.abs(value) + 1e-290)
    }
  }
}

const pick = (scan: RowScan | undefined, keys: readonly string[]): Record<string, unknown> =>
  Object.fromEntries(keys.map((key) => [key, (scan as Record<string, unknown> | undefined)?.[key]]))
