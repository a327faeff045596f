import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  binningRows,
  chooseCategoricalBins,
  chooseNumericBins,
  coarseMap,
  nextUp,
  parseBinning,
  scaleExponent,
  type FeatureBins,
  type ModelBinning,
  type NumericReference,
} from '../../store/binning.ts'
import type { FeatureReference } from '../../store/feature-references.ts'
import { freezeSlice } from '../../store/slices.ts'

/** What the engine would answer for these values: exact cuts at the 64-quantiles, spikes split off. */
function reference(values: readonly number[]): NumericReference {
  const sorted = [...values].sort((a, b) => a - b)
  const n = sorted.length
  const min = sorted[0] ?? 0
  const quantiles = Array.from(
    { length: 63 },
    (_, k) => sorted[Math.floor(((k + 1) * n) / 64)] ?? 0,
  )
  const heavy = quantiles.concat(min).filter((q) => sorted.filter((x) => x === q).length * 64 >= n)
  const after = heavy.flatMap((q) => sorted.find((x) => x > q) ?? [])
  const cuts = [...new Set([...quantiles, ...after])].filter((x) => x > min).sort((a, b) => a - b)
  const bounds = [min, ...cuts, Infinity]
  const inBin = bounds.slice(1).map((to, i) => {
    const from = bounds[i] ?? 0
    return sorted.filter((x) => x >= from && x < to)
  })
  return {
    n,
    min,
    max: sorted.at(-1) ?? 0,
    cuts,
    counts: inBin.map((bin) => bin.length),
    leastCounts: inBin.map((bin) => bin.filter((x) => x === bin[0]).length),
  }
}

const binOf = (edges: readonly number[], x: number) => edges.filter((e) => e <= x).length

const samples = fc.array(
  fc.oneof(
    fc.integer({ min: -5, max: 5 }),
    fc.double({ min: -1e6, max: 1e6, noNaN: true }),
    fc.constant(0),
  ),
  { minLength: 2, maxLength: 400 },
)

test('bins are at most 64, ascending, and each holds a part of the reference', () => {
  fc.assert(
    fc.property(samples, (raw) => {
      const values = raw.map((x) => x + 0)
      const bins = chooseNumericBins(reference(values))
      fc.pre(bins.low !== bins.high)
      expect(bins.edges.length).toBeLessThan(64)
      expect(bins.edges.every((e, i) => i === 0 || e > (bins.edges[i - 1] ?? 0))).toBe(true)
      expect(bins.coarse).toHaveLength(bins.edges.length + 1)
      const held = new Set(values.map((x) => binOf(bins.edges, x)))
      expect(held.size).toBe(bins.edges.length + 1)
    }),
  )
})

test('a continuous feature gets 64 bins of equal mass and ten coarse ones', () => {
  const values = Array.from({ length: 6400 }, (_, i) => i / 7)
  const bins = chooseNumericBins(reference(values))
  expect(bins.edges).toHaveLength(63)
  const counts = Array.from({ length: 64 }, (_, b) => b).map(
    (b) => values.filter((x) => binOf(bins.edges, x) === b).length,
  )
  expect(new Set(counts)).toEqual(new Set([100]))
  expect(bins.coarse.at(0)).toBe(0)
  expect(bins.coarse.at(-1)).toBe(9)
})

test('a spike keeps a bin to itself', () => {
  const values = Array.from({ length: 1000 }, (_, i) => (i < 600 ? 0 : i - 500 + 0.5))
  const bins = chooseNumericBins(reference(values.concat(-3, -2, -1)))
  const own = binOf(bins.edges, 0)
  expect(binOf(bins.edges, -1)).toBe(own - 1)
  expect(binOf(bins.edges, 100.5)).toBe(own + 1)
  const group = bins.coarse[own]
  expect(bins.coarse.filter((g) => g === group)).toHaveLength(1)
})

test('a feature of few whole numbers gets a bin a number', () => {
  const values = Array.from({ length: 1000 }, (_, i) => i % 7)
  expect(chooseNumericBins(reference(values)).edges).toEqual([1, 2, 3, 4, 5, 6])
})

test('a constant is told from anything below and above', () => {
  const bins = chooseNumericBins(reference([5, 5, 5]))
  expect([4.999999, 5, 5.000001].map((x) => binOf(bins.edges, x))).toEqual([0, 1, 2])
  expect(bins.coarse).toEqual([0, 1, 2])
  expect(bins).toMatchObject({ low: 5, high: 5 })
})

test('coarse bins are consecutive, and a tenth of the mass stands alone', () => {
  expect(coarseMap([5, 50, 5, 40], 100)).toEqual([0, 1, 2, 3])
  expect(coarseMap([], 0)).toEqual([])
  fc.assert(
    fc.property(fc.array(fc.nat(50), { minLength: 1, maxLength: 64 }), (counts) => {
      const total = counts.reduce((a, b) => a + b, 0)
      const map = coarseMap(counts, total)
      expect(map[0]).toBe(0)
      expect(map.every((g, i) => i === 0 || g - (map[i - 1] ?? 0) <= 1)).toBe(true)
      expect(map.every((g, i) => i === 0 || g >= (map[i - 1] ?? 0))).toBe(true)
    }),
  )
})

test('the scale brings the greatest magnitude to about 2^52 and stays an ordinary double', () => {
  fc.assert(
    fc.property(fc.double({ min: 1e-250, max: 1e250, noNaN: true }), (x) => {
      const scaled = x * 2 ** scaleExponent(x)
      expect(scaled).toBeGreaterThanOrEqual(2 ** 50)
      expect(scaled).toBeLessThanOrEqual(2 ** 52 + 1)
    }),
  )
  for (const x of [0, 5e-324, Number.MAX_VALUE]) {
    expect(Number.isFinite(2 ** scaleExponent(x))).toBe(true)
    expect(2 ** -scaleExponent(x)).toBeGreaterThan(0)
  }
})

test('nextUp is the least double above', () => {
  expect(nextUp(1)).toBe(1 + Number.EPSILON)
  expect(nextUp(0)).toBe(5e-324)
  expect(nextUp(-5e-324)).toBe(-0)
  expect(nextUp(-1)).toBe(-1 + Number.EPSILON / 2)
})

test('categories: 200 bins, then known others, and beyond 1000 nothing is called unseen', () => {
  const names = Array.from({ length: 1001 }, (_, i) => `c${i}`)
  const some = chooseCategoricalBins(names.slice(0, 300))
  expect([some.categories.length, some.others.length, some.open]).toEqual([200, 100, false])
  const many = chooseCategoricalBins(names)
  expect([many.categories.length, many.others.length, many.open]).toEqual([200, 800, true])
})

test('a binning reads back from its rows to the bit', () => {
  const binning: ModelBinning = {
    id: 3,
    features: new Map<string, FeatureBins>([
      ['x', chooseNumericBins(reference([0.1, 1 / 3, 5e-324, 1e300, 0.1]))],
      ['c', chooseCategoricalBins(['ä', '"', "'"])],
    ]),
    slices: new Map([['c', freezeSlice([{ name: 'c', edges: null }], [['ä'], [null]])]]),
    references: new Map<string, FeatureReference>([
      ['comment', { kind: 'vocabulary', words: ['the', 'naïve'] }],
      ['vector', { kind: 'centroid', components: [0.25, -1e-9] }],
    ]),
  }
  expect(parseBinning(3, binningRows(binning))).toEqual(binning)
})
