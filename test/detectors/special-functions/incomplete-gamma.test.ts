import { describe, expect, test } from 'vitest'
import {
  chi2Survival,
  gammaQ,
  logGamma,
  upperGammaQuantile,
} from '../../../detectors/special-functions/incomplete-gamma.ts'
import { normalTwoSided } from '../../../detectors/special-functions/normal.ts'
import oracle from '../../fixtures/detectors/special-functions.json' with { type: 'json' }

function relativeError(value: number, expected: number): number {
  return Math.abs(value - expected) / Math.abs(expected)
}

describe('incomplete gamma against SciPy', () => {
  test.each(oracle.chi2)('χ² survival at %d with %d degrees of freedom', (statistic, dof, p) => {
    expect(relativeError(chi2Survival(statistic, dof), p)).toBeLessThan(1e-12)
  })

  test.each(oracle.chi2_quantile)('quantile of shape %d at level %d', (shape, level, x) => {
    expect(relativeError(upperGammaQuantile(shape, level), x)).toBeLessThan(1e-10)
  })

  test.each(oracle.log_gamma)('logarithm of gamma at %d', (a, value) => {
    expect(relativeError(logGamma(a), value)).toBeLessThan(1e-14)
  })
})

test('the two-sided normal tail is the textbook one', () => {
  expect(normalTwoSided(1.959963984540054)).toBeCloseTo(0.05, 14)
  expect(normalTwoSided(0)).toBe(1)
  expect(normalTwoSided(Infinity)).toBe(0)
})

test('no degrees of freedom leave nothing to chance', () => {
  expect(chi2Survival(0, 0)).toBe(1)
})

test('shapes and arguments outside the domain are the caller’s mistake', () => {
  expect(() => gammaQ(0, 1)).toThrow(RangeError)
  expect(() => logGamma(-1)).toThrow(RangeError)
})
