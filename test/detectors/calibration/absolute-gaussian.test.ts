import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  absoluteBridgeMoments,
  absoluteGaussianMoments,
} from '../../../detectors/calibration/absolute-gaussian.ts'

const cuts = fc
  .array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(100)), {
    minLength: 1,
    maxLength: 40,
  })
  .map((rows) => ({
    heights: rows.map(([height]) => height).sort((a, b) => a - b),
    weights: rows.map(([, weight]) => weight / 10),
  }))

test('a bridge’s moments are those of its covariances, pair by pair', () => {
  fc.assert(
    fc.property(cuts, ({ heights, weights }) => {
      const covariance = (i: number, j: number) =>
        (heights[Math.min(i, j)]! * (1 - heights[Math.max(i, j)]!)) / 50
      const pairwise = absoluteGaussianMoments(weights, covariance)
      const once = absoluteBridgeMoments(weights, heights, 50)
      expect(once.mean).toBeCloseTo(pairwise.mean, 10)
      expect(once.linear).toBeCloseTo(pairwise.linear, 10)
      const gap = Math.abs(once.variance - pairwise.variance)
      expect(gap).toBeLessThanOrEqual(1e-7 * pairwise.variance + 1e-14)
    }),
  )
})

test('two cuts in one place are one cut of both weights', () => {
  const two = absoluteBridgeMoments([1, 2, 0.5], [0.3, 0.3, 0.8], 10)
  const one = absoluteBridgeMoments([3, 0.5], [0.3, 0.8], 10)
  expect(two.mean).toBeCloseTo(one.mean, 12)
  expect(two.variance / one.variance).toBeCloseTo(1, 6)
  expect(two.linear).toBeCloseTo(one.linear, 12)
})

test('nothing varies below the first value and beyond the last', () => {
  const ends = absoluteBridgeMoments([7, 1, 7], [0, 0.4, 1], 10)
  const inner = absoluteBridgeMoments([1], [0.4], 10)
  expect(ends).toEqual(inner)
})
