import { describe, expect, test } from 'vitest'
import { fisherTwoSided } from '../../../detectors/special-functions/hypergeometric.ts'
import {
  deviance,
  gammaQ,
  logGamma,
  stirlingError,
  upperGammaQuantile,
} from '../../../detectors/special-functions/incomplete-gamma.ts'
import { kolmogorovSurvival } from '../../../detectors/special-functions/kolmogorov.ts'
import { normalDeviate, normalTwoSided } from '../../../detectors/special-functions/normal.ts'

const geometric = (from: number, to: number, ratio: number): number[] => {
  const grid = []
  for (let x = from; x < to; x *= ratio) grid.push(x)
  return grid
}

describe('rational functions against the formulas they stand for', () => {
  test('the normal tail is an incomplete gamma function', () => {
    for (const z of geometric(1e-3, 37, 1.02)) {
      expect(normalTwoSided(z) / gammaQ(0.5, (z * z) / 2)).toBeCloseTo(1, 12)
      expect(normalTwoSided(-z)).toBe(normalTwoSided(z))
    }
    expect([normalTwoSided(40), normalTwoSided(Infinity)]).toEqual([0, 0])
  })

  test('the normal deviate inverts the tail', () => {
    for (const level of [...geometric(1e-290, 0.9, 1.7), 0.15, 0.9999]) {
      const z = normalDeviate(level)
      // A step of z moves the tail by about z² times as much.
      expect(Math.abs(normalTwoSided(z) / level - 1)).toBeLessThan(1e-13 * (1 + z * z))
    }
  })

  test('what Stirling leaves out is the same by either way', () => {
    for (const a of geometric(0.05, 1e5, 1.3)) {
      const left = a * Math.log(a) - a + 0.5 * Math.log(2 * Math.PI * a)
      const tolerance = 4e-15 * (1 + Math.abs(left))
      expect(Math.abs(logGamma(a + 1) - left - stirlingError(a))).toBeLessThan(tolerance)
    }
    expect(stirlingError(9.999999) / stirlingError(10.000001)).toBeCloseTo(1, 6)
  })

  test('a deviance is nothing at the mean, the mean at nothing, and half a square near by', () => {
    expect(deviance(7, 7)).toBe(0)
    expect(deviance(0, 3)).toBe(3)
    expect(deviance(1e6, 1e6 + 1) / 5e-7).toBeCloseTo(1, 5)
    expect(deviance(3, 9)).toBeCloseTo(3 * Math.log(1 / 3) + 6, 14)
  })
})

test('gamma quantiles invert the tail for every shape and level', () => {
  for (const shape of geometric(0.05, 5e4, 1.4)) {
    for (const level of [0.9, 0.5, 0.1, 0.05, 0.04, 1e-3, 1e-8]) {
      expect(gammaQ(shape, upperGammaQuantile(shape, level)) / level).toBeCloseTo(1, 8)
    }
  }
})

test('the fraction and the series of the gamma tail meet', () => {
  for (const shape of geometric(0.1, 3e4, 1.5)) {
    const x = shape + 1
    const gap = 1e-9 * x
    expect(gammaQ(shape, x - gap) / gammaQ(shape, x + gap)).toBeCloseTo(1, 6)
  }
})

test('chances of all tables of a margin sum to one', () => {
  const [n, m, pooled] = [40, 13, 9]
  const tail = (y: number) => fisherTwoSided({ x: pooled - y, n, y, m })
  // Beyond the middle the two-sided chance is twice the upper tail, so differences are chances.
  for (let y = 5; y < 9; y++) {
    const log = (a: number, k: number) => logGamma(a + 1) - logGamma(k + 1) - logGamma(a - k + 1)
    const chance = Math.exp(log(n, pooled - y) + log(m, y) - log(n + m, pooled))
    expect((tail(y) - tail(y + 1)) / 2 / chance).toBeCloseTo(1, 9)
  }
})

test('Kolmogorov’s limit holds for many values', () => {
  for (const z of [0.5, 0.8, 1, 1.3581, 1.6, 2]) {
    let limit = 0
    for (let k = 1; k < 40; k++) limit += 2 * (-1) ** (k - 1) * Math.exp(-2 * k * k * z * z)
    expect(kolmogorovSurvival(1e8, z / 1e4)).toBeCloseTo(limit, 4)
  }
})
