import { expect, test } from 'vitest'
import {
  kolmogorovQuantile,
  kolmogorovSurvival,
} from '../../../detectors/special-functions/kolmogorov.ts'
import oracle from '../../fixtures/detectors/special-functions.json' with { type: 'json' }

test.each(oracle.kolmogorov)('survival for %d values at %d is SciPy’s kstwo.sf', (n, d, p) => {
  const value = kolmogorovSurvival(n, d)
  expect(Math.abs(value - p)).toBeLessThan(3e-5)
  expect(Math.abs(value - p) / p).toBeLessThan(n > 40 ? 5e-3 : 1e-7)
})

test.each([1, 2, 3, 10, 40, 41, 500, 1001, 1e6])('the quantile of %d values inverts it', (n) => {
  expect(kolmogorovSurvival(n, kolmogorovQuantile(n, 0.05))).toBeCloseTo(0.05, 4)
})

test('survival falls from one to zero without a step where the method changes', () => {
  for (const n of [7, 40, 41, 1000, 1001, 20_000]) {
    let last = 1
    for (let i = 0; i <= 400; i++) {
      const p = kolmogorovSurvival(n, Math.min(1, (i * 4) / 400 / Math.sqrt(n)))
      expect(p).toBeLessThanOrEqual(last + 1e-6)
      last = p
    }
    expect(kolmogorovSurvival(n, 1)).toBe(0)
  }
})

test('a number of values must be whole', () => {
  expect(() => kolmogorovSurvival(2.5, 0.1)).toThrow(RangeError)
})
