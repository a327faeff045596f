import fc from 'fast-check'
import { expect, test } from 'vitest'
import { inputMetrics, type InputMetricsInput } from '../../../detectors/quality/input-metrics.ts'
import { type NumericBinning } from '../../../detectors/profile.ts'
import {
  categories,
  draw,
  emptyProfile,
  equalMassBinning,
  numericProfile,
  seeded,
} from '../sampling.ts'

function values(input: InputMetricsInput): Record<string, number> {
  return Object.fromEntries(inputMetrics(input).map(({ metric, value }) => [metric, value]))
}

const binning: NumericBinning = {
  kind: 'numeric',
  edges: [1, 2, 3],
  coarse: [0, 1, 2, 3],
  low: 0,
  high: 4,
}

test('rates are shares of all events, moments are of the values', () => {
  const profile = {
    ...numericProfile([0.5, 1.5, 2.5, 3.5, Number.NaN], binning),
    n: 8,
    invalid: 2,
    typeMismatch: 1,
    outOfRange: 2,
  }
  expect(values({ profile, binning, distinct: 4 })).toMatchObject({
    n: 8,
    missing_rate: 0.125,
    invalid_rate: 0.25,
    type_mismatch_rate: 0.125,
    out_of_range_rate: 0.25,
    distinct: 4,
    constant: 0,
    mean: 2,
    std: Math.sqrt(1.25),
    min: 0.5,
    max: 3.5,
    q50: 2,
  })
})

test('an empty window has a count and nothing else', () => {
  const profile = { ...emptyProfile, counts: [0, 0, 0, 0] }
  expect(values({ profile, binning })).toEqual({ n: 0 })
})

test('an all-missing window says so, and no more', () => {
  const profile = { ...emptyProfile, n: 3, missing: 3, counts: [0, 0, 0, 0] }
  const found = values({ profile, binning })
  expect(found['missing_rate']).toBe(1)
  expect(found).not.toHaveProperty('mean')
  expect(found).not.toHaveProperty('constant')
})

test('quantiles of bins are within a bin of the exact ones', () => {
  const { normal } = seeded(2)
  const sample = draw(20_000, normal)
  const fine = equalMassBinning(sample)
  const found = values({ profile: numericProfile(sample, fine), binning: fine })
  expect(found['q05']).toBeCloseTo(-1.645, 1)
  expect(found['q50']).toBeCloseTo(0, 1)
  expect(found['q95']).toBeCloseTo(1.645, 1)
})

test('quantiles ascend and stay between minimum and maximum', () => {
  const sample = fc.array(fc.double({ min: -10, max: 10, noNaN: true }), { minLength: 1 })
  fc.assert(
    fc.property(sample, (xs) => {
      const found = values({ profile: numericProfile(xs, binning), binning })
      const order = ['min', 'q01', 'q05', 'q25', 'q50', 'q75', 'q95', 'q99', 'max']
      const path = order.map((name) => found[name]!)
      expect(path).toEqual([...path].sort((a, b) => a - b))
    }),
  )
})

test.each([
  { name: 'equal numbers', counts: [0, 5, 0, 0], min: 1.5, max: 1.5, constant: 1 },
  { name: 'numbers of one bin', counts: [0, 5, 0, 0], min: 1.2, max: 1.5, constant: 0 },
])('constant: $name', ({ counts, min, max, constant }) => {
  const profile = { ...emptyProfile, n: 5, counts, min, max }
  expect(values({ profile, binning })['constant']).toBe(constant)
})

test.each([
  { name: 'one category', counts: [5, 0, 0], unseen: 0, constant: 1 },
  { name: 'two categories', counts: [4, 1, 0], unseen: 0, constant: 0 },
  { name: 'a category and an unseen value', counts: [4, 0, 0], unseen: 1, constant: 0 },
  { name: 'several unseen values', counts: [0, 0, 0], unseen: 3, constant: 0 },
  { name: 'a single unseen value', counts: [0, 0, 0], unseen: 1, constant: 1 },
])('constant: $name', ({ counts, unseen, constant }) => {
  const profile = { ...emptyProfile, n: 5, counts, unseen }
  const found = values({ profile, binning: categories(2) })
  expect(found['constant']).toBe(constant)
  expect(found['unseen_rate']).toBe(unseen / 5)
})

test('an exact count of distinct values decides what is constant', () => {
  const profile = { ...emptyProfile, n: 5, counts: [0, 0, 0], unseen: 5 }
  expect(values({ profile, binning: categories(2), distinct: 1 })['constant']).toBe(1)
})

test.each([
  { inReference: true, inCurrent: true, change: 0 },
  { inReference: false, inCurrent: true, change: 1 },
  { inReference: true, inCurrent: false, change: 1 },
])('schema change: in reference $inReference, in current $inCurrent', ({ change, ...presence }) => {
  const profile = { ...emptyProfile, counts: [0, 0, 0, 0] }
  expect(values({ profile, binning, presence })['schema_change']).toBe(change)
})
