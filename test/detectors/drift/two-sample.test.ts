import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { andersonDarling } from '../../../detectors/drift/ad.ts'
import { chi2Goodness } from '../../../detectors/drift/chi2-goodness.ts'
import { cramersV } from '../../../detectors/drift/cramers-v.ts'
import { cramerVonMises } from '../../../detectors/drift/cvm.ts'
import { energyDistance } from '../../../detectors/drift/energy.ts'
import { gDetector, gStatistic } from '../../../detectors/drift/g.ts'
import { hellinger } from '../../../detectors/drift/hellinger.ts'
import { kullbackLeibler } from '../../../detectors/drift/kl.ts'
import { rankShift } from '../../../detectors/drift/mann-whitney.ts'
import { psi } from '../../../detectors/drift/psi.ts'
import { totalVariation } from '../../../detectors/drift/tvd.ts'
import { largestShareMove, zDetector } from '../../../detectors/drift/z.ts'
import { normalTwoSided } from '../../../detectors/special-functions/normal.ts'
import oracle from '../../fixtures/detectors/two-sample.json' with { type: 'json' }
import { categories, emptyProfile } from '../sampling.ts'

const pair = (reference: readonly number[], current: readonly number[]) => ({
  reference,
  current,
  n: reference.reduce((a, b) => a + b),
  m: current.reduce((a, b) => a + b),
})

describe.each(oracle.histograms)('statistics of histograms are SciPy’s: %#', (row) => {
  const { reference, current } = row

  test('divergences and distances', () => {
    expect(kullbackLeibler(reference, current)).toBeCloseTo(row.kl, 12)
    expect(hellinger(reference, current)).toBeCloseTo(row.hellinger, 12)
    expect(totalVariation(reference, current)).toBeCloseTo(row.tvd, 12)
    expect(energyDistance(reference, current, row.positions)).toBeCloseTo(row.energy, 10)
  })

  test('tables', () => {
    expect(gStatistic(reference, current)).toBeCloseTo(row.g, 9)
    expect(cramersV(reference, current)).toBeCloseTo(row.cramers_v, 12)
    expect(chi2Goodness(reference, current, 0) / row.goodness).toBeCloseTo(1, 11)
  })

  test('ranks', () => {
    const { delta, deviation } = rankShift(pair(reference, current))
    expect(delta).toBeCloseTo(row.rank_delta, 12)
    expect(normalTwoSided(delta / deviation) / row.rank_p).toBeCloseTo(1, 9)
  })

  test('the weighted gaps of the distribution functions', () => {
    expect(andersonDarling(pair(reference, current)) / row.anderson_darling).toBeCloseTo(1, 9)
  })
})

test('G’s p-value is SciPy’s when no bin is rare', () => {
  const row = oracle.histograms[1]!
  const score = gDetector.compute({
    reference: { ...emptyProfile, n: 1500, counts: [...row.reference, 0] },
    current: { ...emptyProfile, n: 1000, counts: [...row.current, 0] },
    binning: categories(4),
  })
  expect(score!.pValue! / row.g_p).toBeCloseTo(1, 9)
})

test('one value a bin makes the binned Cramér–von Mises SciPy’s', () => {
  const row = oracle.samples[2]!
  const all = [...new Set([...row.reference, ...row.current])].sort((a, b) => a - b)
  expect(all).toHaveLength(row.reference.length + row.current.length)
  const counts = (list: readonly number[]) => all.map((x) => list.filter((y) => y === x).length)
  expect(cramerVonMises(pair(counts(row.reference), counts(row.current)))).toBeCloseTo(row.cvm, 10)
})

const counts = fc.integer({ min: 1, max: 15 }).chain((bins) => {
  const side = fc
    .array(fc.nat(500), { minLength: bins, maxLength: bins })
    .filter((list) => list.some((count) => count > 0))
  return fc.tuple(side, side)
})

test('PSI with the same pseudo-counts is the divergence both ways', () => {
  fc.assert(
    fc.property(counts, ([a, b]) => {
      expect(kullbackLeibler(a, b) + kullbackLeibler(b, a)).toBeCloseTo(psi(a, b), 9)
    }),
  )
})

test('Hellinger and total variation bound each other', () => {
  fc.assert(
    fc.property(counts, ([a, b]) => {
      const h = hellinger(a, b)
      const tvd = totalVariation(a, b)
      expect(tvd).toBeGreaterThanOrEqual(h * h - 1e-12)
      expect(tvd).toBeLessThanOrEqual(Math.SQRT2 * h + 1e-12)
    }),
  )
})

test('distances of shares do not see the size of a sample', () => {
  fc.assert(
    fc.property(counts, fc.integer({ min: 2, max: 9 }), ([a, b], times) => {
      const more = b.map((count) => count * times)
      expect(hellinger(a, more)).toBeCloseTo(hellinger(a, b), 10)
      expect(totalVariation(a, more)).toBeCloseTo(totalVariation(a, b), 10)
      expect(rankShift(pair(a, more)).delta).toBeCloseTo(rankShift(pair(a, b)).delta, 10)
    }),
  )
})

test('exchanging the samples turns the sign of the rank shift', () => {
  fc.assert(
    fc.property(counts, ([a, b]) => {
      expect(rankShift(pair(a, b)).delta).toBeCloseTo(-rankShift(pair(b, a)).delta, 12)
    }),
  )
})

test('two bins make the textbook’s z, many ask as many questions', () => {
  const both = pair([552, 248], [365, 235])
  expect(normalTwoSided(largestShareMove(both).z)).toBeCloseTo(0.0014673956449200443, 12)
  const many = {
    reference: { ...emptyProfile, n: 1000, counts: [250, 250, 250, 250, 0] },
    current: { ...emptyProfile, n: 1000, counts: [300, 230, 235, 235, 0] },
    binning: categories(4),
  }
  const score = zDetector.compute(many)!
  expect(score.effect).toBeCloseTo(0.05, 12)
  expect(score.pValue).toBeCloseTo(4 * normalTwoSided(score.value), 12)
})

test('an empty sample leaves nothing to compare', () => {
  const empty = { reference: [0, 0], current: [3, 4], n: 0, m: 7 }
  expect(largestShareMove(empty)).toEqual({ z: 0, gap: 0 })
  expect(gStatistic([0, 0], [3, 4])).toBe(0)
  expect(cramersV([0, 0], [3, 4])).toBe(0)
  expect(hellinger([0, 0], [3, 4])).toBe(1)
  expect(hellinger([0], [0])).toBe(0)
  expect(totalVariation([0, 0], [3, 4])).toBe(1)
  expect(totalVariation([0], [0])).toBe(0)
  expect(() => energyDistance([1], [1], [0, 1])).toThrow(RangeError)
})
