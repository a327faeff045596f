import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  kernelSpace,
  placed,
  squaredDistance,
} from '../../../detectors/multivariate/kernel-space.ts'
import type { MixedSample } from '../../../detectors/multivariate/mixed-sample.ts'
import { alibiMmd } from '../../../detectors/multivariate/mmd-alibi-detect.ts'
import { linearMmd } from '../../../detectors/multivariate/mmd-linear.ts'
import { kernelWidths, mmd, squaredDistances } from '../../../detectors/multivariate/mmd.ts'
import { finished } from '../../../detectors/multivariate/work.ts'
import { pythonRandom } from '../../../detectors/streams/random-source.ts'
import oracle from '../../fixtures/detectors/multivariate.json' with { type: 'json' }
import { seeded } from '../../support/seeded.ts'
import { beside, categoricalSample, numericSample } from './samples.ts'

const scored = (reference: MixedSample, current: MixedSample) =>
  finished(mmd(reference, current, pythonRandom(1)))

/** A number and a category that depends on it, or on its opposite. */
function mixed(count: number, seed: number, opposite = false): MixedSample {
  const random = seeded(seed)
  const rows = Array.from({ length: count }, () => random.normal())
  const high = (x: number): boolean => x > 0 !== opposite
  const label = (x: number): string => (high(x) === random.next() < 0.9 ? 'high' : 'low')
  return beside(numericSample(rows.map((x) => [x])), categoricalSample(rows.map((x) => [label(x)])))
}

describe.each(oracle.mmd)('alibi-detect’s definition in NumPy: %#', ({ x, y, sigma, value }) => {
  test('the value is the same', () => {
    const score = finished(alibiMmd(numericSample(x), numericSample(y), pythonRandom(3)))!
    expect(score.value).toBeCloseTo(value, 13)
    expect(score.method).toBe('mmd/alibi-detect-0.12')
  })

  test('so is the width of the kernel', () => {
    const points = {
      count: x.length,
      numbers: Float64Array.from(x.flat()),
      dimensions: x[0]!.length,
      codes: new Int32Array(),
      categories: 0,
    }
    const squares = finished(squaredDistances(points))
    expect(finished(kernelWidths(squares, x.length, x.length)).width).toBeCloseTo(
      2 * sigma ** 2,
      12,
    )
  })
})

test('a category that goes with the opposite number is seen, though neither changed', () => {
  const score = scored(mixed(200, 1), mixed(150, 2, true))!
  expect(score.pValue).toBe(1 / 501)
  expect(score.value).toBeGreaterThan(score.noiseFloor!)
  expect(score.effect).toBeCloseTo(Math.sqrt(score.value), 12)
})

test('without drift p-values are spread evenly', () => {
  const p = Array.from(
    { length: 200 },
    (_, run) => scored(mixed(40, 2 * run), mixed(30, 2 * run + 1))!.pValue!,
  )
  // Binomial(200, 0.05) and (200, 0.5), three standard deviations.
  expect(p.filter((x) => x < 0.05).length).toBeLessThan(20)
  const half = p.filter((x) => x < 0.5).length
  expect(Math.abs(half - 100)).toBeLessThan(22)
})

test('the linear form agrees on what it measures, and its p-values are even too', () => {
  const reference = mixed(4000, 1)
  const linear = finished(linearMmd(reference, mixed(4000, 2, true)))!
  const square = scored(mixed(500, 1), mixed(500, 2, true))!
  expect(linear.value / square.value).toBeGreaterThan(0.7)
  expect(linear.value / square.value).toBeLessThan(1.4)
  expect(linear.pValue).toBeLessThan(1e-4)
  const low = Array.from(
    { length: 300 },
    (_, run) => finished(linearMmd(mixed(60, 2 * run), mixed(60, 2 * run + 1)))!.pValue!,
  ).filter((p) => p < 0.05)
  expect(low.length).toBeLessThan(28)
  expect(low.length).toBeGreaterThan(3)
})

const row = fc.tuple(
  fc.option(fc.integer({ min: -3, max: 3 })),
  fc.option(fc.constantFrom('a', 'b', 'c')),
)
const sample = fc
  .array(row, { minLength: 2, maxLength: 12 })
  .map((rows) =>
    beside(numericSample(rows.map(([x]) => [x])), categoricalSample(rows.map(([, c]) => [c]))),
  )

test('any rows have finite answers in their bounds, whatever is missing', () => {
  fc.assert(
    fc.property(sample, sample, (reference, current) => {
      const { value, pValue, noiseFloor, effect } = scored(reference, current)!
      expect(Math.abs(value)).toBeLessThanOrEqual(2 + 1e-12)
      expect(pValue).toBeGreaterThan(0)
      expect(pValue).toBeLessThanOrEqual(1)
      expect(noiseFloor).toBeGreaterThanOrEqual(0)
      expect(effect).toBeLessThanOrEqual(Math.SQRT2 + 1e-12)
      const linear = finished(linearMmd(reference, current))
      if (linear !== null) expect(Number.isFinite(linear.value + linear.pValue!)).toBe(true)
    }),
    { numRuns: 60 },
  )
})

test('no unit and no order of rows or columns matters to the value', () => {
  const [reference, current] = [mixed(30, 1), mixed(20, 2, true)]
  const turned = ({ count, columns }: MixedSample): MixedSample => ({
    count,
    columns: [...columns]
      .reverse()
      .map((column) =>
        column.kind === 'numeric'
          ? { ...column, values: column.values.map((x) => -1000 * x + 5).reverse() }
          : { ...column, values: [...column.values].reverse() },
      ),
  })
  expect(scored(turned(reference), turned(current))!.value).toBeCloseTo(
    scored(reference, current)!.value,
    12,
  )
})

test('every column weighs alike: reference rows are √2 apart in each', () => {
  const random = seeded(8)
  const far = numericSample(Array.from({ length: 400 }, () => [1e9 * random.normal()]))
  const points = finished(placed(finished(kernelSpace(far)), far, far))
  let sum = 0
  for (let i = 1; i < 400; i++) sum += squaredDistance(points, i, i - 1)
  expect(sum / 399).toBeGreaterThan(1.6)
  expect(sum / 399).toBeLessThan(2.4)
  const two = categoricalSample([['a'], ['b'], [null]])
  const labels = finished(placed(finished(kernelSpace(two)), two, two))
  expect([squaredDistance(labels, 0, 1), squaredDistance(labels, 0, 2)]).toEqual([2, 2])
  expect(squaredDistance(labels, 2, 5)).toBe(0)
})

const alike = (x: number | null, rows = 12): MixedSample =>
  numericSample(Array.from({ length: rows }, () => [x]))

test.each([
  ['a constant', alike(7), alike(7)],
  ['all missing', alike(null), alike(null)],
  [
    'one category',
    categoricalSample(Array.from({ length: 9 }, () => ['a'])),
    categoricalSample(Array.from({ length: 9 }, () => ['a'])),
  ],
])('%s on both sides is no drift', (_, reference, current) => {
  const score = scored(reference, current)!
  expect(Math.abs(score.value)).toBeLessThan(1e-12)
  expect(score.pValue).toBe(1)
})

test.each([
  ['another constant', alike(7), alike(8)],
  ['a constant that goes missing', alike(7), alike(null)],
  ['numbers where all was missing', alike(null), alike(8)],
  [
    'an unseen category',
    categoricalSample(Array.from({ length: 12 }, () => ['a'])),
    categoricalSample(Array.from({ length: 12 }, () => ['b'])),
  ],
])('%s is drift', (_, reference, current) => {
  const score = scored(reference, current)!
  expect(score.value).toBeGreaterThan(0.5)
  expect(score.pValue).toBe(1 / 501)
  expect(finished(linearMmd(reference, current))).toMatchObject({ pValue: 2 ** -6 })
})

test('fewer than two rows a side, or no columns, have no answer', () => {
  expect(scored(alike(1, 1), alike(1))).toBeNull()
  expect(scored(alike(1), alike(1, 0))).toBeNull()
  expect(scored({ count: 5, columns: [] }, { count: 5, columns: [] })).toBeNull()
  expect(finished(linearMmd(alike(1, 3), alike(1)))).toBeNull()
  expect(finished(alibiMmd(alike(1), alike(2), pythonRandom(1)))).toBeNull()
})
