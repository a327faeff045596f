import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { andersonDarlingTest } from '../../../detectors/exact/anderson-darling.ts'
import { cvmTest } from '../../../detectors/exact/cvm.ts'
import { ksTest } from '../../../detectors/exact/ks.ts'
import { mannWhitneyTest } from '../../../detectors/exact/mann-whitney.ts'
import { sampleMoments } from '../../../detectors/exact/sample-moments.ts'
import { energyExact, wassersteinExact } from '../../../detectors/exact/wasserstein.ts'
import { student, welch } from '../../../detectors/drift/t.ts'
import oracle from '../../fixtures/detectors/two-sample.json' with { type: 'json' }
import { draw, seeded } from '../sampling.ts'

describe.each(oracle.samples)('SciPy’s two-sample tests: %#', (row) => {
  const { reference, current } = row

  test('ks_2samp, exact and asymptotic', () => {
    const exact = ksTest(reference, current, 'exact')
    expect(exact.d).toBeCloseTo(row.ks, 12)
    expect(exact.pValue / row.ks_exact).toBeCloseTo(1, 9)
    expect(ksTest(reference, current, 'asymptotic').pValue).toBeCloseTo(row.ks_asymptotic, 4)
    expect(ksTest(reference, current)).toEqual(exact)
  })

  test('mannwhitneyu, each alternative', () => {
    expect(mannWhitneyTest(reference, current).u).toBeCloseTo(row.u, 9)
    expect(mannWhitneyTest(reference, current).pValue / row.u_two_sided).toBeCloseTo(1, 9)
    expect(mannWhitneyTest(reference, current, 'less').pValue / row.u_less).toBeCloseTo(1, 9)
    expect(mannWhitneyTest(reference, current, 'greater').pValue / row.u_greater).toBeCloseTo(1, 9)
  })

  test('cramervonmises_2samp and anderson_ksamp', () => {
    const cvm = cvmTest(reference, current)
    expect(cvm.t).toBeCloseTo(row.cvm, 10)
    expect(cvm.pValue).toBeCloseTo(row.cvm_p, 9)
    if (reference.length + current.length < 5) return
    const ad = andersonDarlingTest([reference, current])
    expect(ad.statistic).toBeCloseTo(row.ad, 9)
    expect(ad.pValue).toBeCloseTo(row.ad_p, 9)
  })

  test('wasserstein_distance and energy_distance', () => {
    expect(wassersteinExact(reference, current)).toBeCloseTo(row.wasserstein, 11)
    expect(energyExact(reference, current)).toBeCloseTo(row.energy, 11)
  })

  test('ttest_ind, Welch’s and Student’s', () => {
    const moments = [sampleMoments(reference), sampleMoments(current)] as const
    const unequal = welch(...moments)
    expect(unequal.t).toBeCloseTo(row.welch_t, 9)
    expect(unequal.dof).toBeCloseTo(row.welch_dof, 6)
    expect(unequal.pValue / row.welch_p).toBeCloseTo(1, 9)
    const equal = student(...moments)
    expect(equal.t).toBeCloseTo(row.student_t, 9)
    expect(equal.pValue / row.student_p).toBeCloseTo(1, 9)
  })
})

const values = fc.array(
  fc.oneof(fc.integer({ min: -5, max: 5 }), fc.double({ min: -9, max: 9, noNaN: true })),
  {
    minLength: 2,
    maxLength: 25,
  },
)

test('the order of a sample means nothing, exchanging the samples little, and p is a chance', () => {
  fc.assert(
    fc.property(values, values, (a, b) => {
      const turned = [...a].reverse()
      for (const run of [ksTest, mannWhitneyTest, cvmTest]) {
        const { pValue } = run(a, b)
        expect(pValue).toBeGreaterThanOrEqual(0)
        expect(pValue).toBeLessThanOrEqual(1)
        expect(run(turned, b).pValue).toBeCloseTo(pValue, 12)
        expect(run(b, a).pValue).toBeCloseTo(pValue, 9)
      }
    }),
  )
})

test('distances scale with the values and vanish for one sample', () => {
  fc.assert(
    fc.property(values, values, (a, b) => {
      const triple = (list: readonly number[]) => list.map((x) => 4 * x)
      expect(wassersteinExact(triple(a), triple(b))).toBeCloseTo(4 * wassersteinExact(a, b), 9)
      expect(energyExact(triple(a), triple(b))).toBeCloseTo(2 * energyExact(a, b), 9)
      expect(wassersteinExact(b, a)).toBeCloseTo(wassersteinExact(a, b), 9)
      expect(energyExact(a, a)).toBe(0)
    }),
  )
})

test('beyond ten thousand values a side the p-value is asymptotic', () => {
  const random = seeded(4)
  const many = draw(10_001, random.normal)
  expect(ksTest(many, many.slice(0, 50)).null).toBe('asymptotic')
  expect(ksTest(many.slice(0, 10_000), many.slice(0, 50)).null).toBe('exact')
})

test.each([
  ['an empty sample', [], [1, 2]],
  ['NaN', [1, Number.NaN], [1, 2]],
  ['an infinity', [1, 2], [Infinity, 2]],
])('%s is the caller’s mistake', (_, a, b) => {
  for (const run of [ksTest, mannWhitneyTest, cvmTest, wassersteinExact, energyExact]) {
    expect(() => run(a, b)).toThrow(RangeError)
  }
  expect(() => andersonDarlingTest([a, b])).toThrow(RangeError)
})

test('samples of one value differ in nothing', () => {
  expect(mannWhitneyTest([3, 3, 3], [3, 3]).pValue).toBe(1)
  expect(ksTest([3, 3, 3], [3, 3])).toMatchObject({ d: 0, pValue: 1 })
  expect(() =>
    andersonDarlingTest([
      [3, 3, 3],
      [3, 3],
    ]),
  ).toThrow(RangeError)
  expect(() => sampleMoments([])).toThrow(RangeError)
})
