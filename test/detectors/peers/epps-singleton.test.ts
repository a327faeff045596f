import fc from 'fast-check'
import { expect, test } from 'vitest'
import { eppsSingletonTest } from '../../../detectors/peers/epps-singleton.ts'
import { linearQuantile } from '../../../detectors/peers/numpy-histogram.ts'
import { seeded } from '../../support/seeded.ts'

const sample = fc.array(
  fc.oneof(fc.integer({ min: -4, max: 4 }), fc.double({ min: -50, max: 50, noNaN: true })),
  { minLength: 5, maxLength: 40 },
)

test('values of SciPy’s epps_singleton_2samp', () => {
  const small = eppsSingletonTest([1, 2, 3, 4, 5], [3, 4, 5, 6, 7])!
  expect(small.w).toBeCloseTo(1.9676928058219634, 9)
  expect(small.pValue).toBeCloseTo(0.7417011980740174, 9)
})

test('neither the order of the values, nor that of the sides, nor the unit matters', () => {
  fc.assert(
    fc.property(sample, sample, fc.integer({ min: -20, max: 20 }), (x, y, power) => {
      const found = eppsSingletonTest(x, y)
      if (found === null) return
      expect(found.pValue).toBeGreaterThanOrEqual(0)
      expect(found.pValue).toBeLessThanOrEqual(1)
      expect(found.w).toBeGreaterThanOrEqual(0)
      // Where the covariance is all but singular its rank hangs by rounding.
      const unit = 2 ** power
      const same = eppsSingletonTest(
        x.map((value) => value * unit),
        y.map((value) => value * unit),
      )
      expect(same!.w).toBeCloseTo(found.w, 9)
    }),
  )
})

test('a sample and itself are not apart', () => {
  fc.assert(
    fc.property(sample, (x) => {
      const found = eppsSingletonTest(x, x)
      if (found !== null) expect(found.w).toBeCloseTo(0, 9)
    }),
  )
})

test('without drift a twentieth of all p-values lies below 0.05', () => {
  const random = seeded(11)
  const normals = (count: number): number[] => Array.from({ length: count }, random.normal)
  let below = 0
  for (let run = 0; run < 400; run++)
    if (eppsSingletonTest(normals(60), normals(40))!.pValue < 0.05) below++
  // Binomial(400, 0.05): 20 ± 4.4; with so few values the test is a little liberal.
  expect(below).toBeGreaterThan(7)
  expect(below).toBeLessThan(40)
})

test.each([
  ['four values on a side', [1, 2, 3, 4], [1, 2, 3, 4, 5]],
  ['no value', [], [1, 2, 3, 4, 5]],
  ['a constant', [3, 3, 3, 3, 3], [3, 3, 3, 3, 3]],
  ['the same value in the middle half', [3, 3, 3, 3, 3, 9], [3, 3, 3, 3, 3, 1]],
  ['a range that overflows', new Array(5).fill(-1.7e308), new Array(5).fill(1.7e308)],
  ['a range too small to divide by', [0, 0, 1, 5e-324, 0], [0, 0, 1, 5e-324, 0]],
])('%s has no answer', (_, x, y) => {
  expect(eppsSingletonTest(x, y)).toBeNull()
})

test('two constants are apart for certain', () => {
  const pair = [new Array<number>(20).fill(3), new Array<number>(20).fill(4)] as const
  expect(eppsSingletonTest(...pair)).toEqual({ w: 0, pValue: 0 })
})

test('quantiles lie between neighbours', () => {
  expect(linearQuantile([1, 2, 3, 4], 0.5)).toBe(2.5)
  expect(linearQuantile([1, 2, 3, 4, 5], 0.25)).toBe(2)
  expect(linearQuantile([7], 0.9)).toBe(7)
})
