import { type GammaNull, gammaOf } from './permutation-null.ts'

/**
 * Null distribution of Σ wⱼ·B(Hⱼ)² for a Brownian bridge B: what weighted
 * squared gaps of two distribution functions, times nm/(n+m), are without drift.
 * `heights` are the ascending pooled shares Hⱼ, `weights` not negative.
 *
 * It is a sum of scaled χ² values. Its first three cumulants follow from the
 * covariance Hᵢ(1 − Hⱼ), i ≤ j, which factors, so that prefix sums give them; a
 * shifted gamma distribution takes all three. Its quantiles of Cramér–von Mises
 * are within 1.5 % of the exact 0.4614 at 5 % and 1.168 at 0.1 %.
 *
 * Shape 0 where nothing can vary. O(bins).
 *
 * Ref: T. W. Anderson, D. A. Darling, Ann. Math. Stat. 23 (1952), 193–212;
 * P. Hall, Aust. J. Stat. 25 (1983), 359–366; M. J. Buckley, G. K. Eagleson,
 * Aust. J. Stat. 30A (1988), 150–159.
 */
export function bridgeNull(heights: readonly number[], weights: readonly number[]): GammaNull {
  // Weights may span hundreds of decades: cubes of them must neither overflow nor vanish.
  let unit = 0
  for (const weight of weights) unit = Math.max(unit, weight)
  if (!(unit > 0)) return { shape: 0, scale: 0 }
  const { mean, square, cube } = cumulantSums(heights, weights, unit)
  if (!(square > 0) || !(cube > 0)) return { shape: 0, scale: 0 }
  // Cumulants are κ₁ = mean, κ₂ = 2·square, κ₃ = 8·cube.
  const { start = 0, shape, scale } = gammaOf({ mean, variance: 2 * square, third: 8 * cube })
  return { start: unit * start, shape, scale: unit * scale }
}

/** Traces of the weighted covariance, of its square and of its cube; weights in the given unit. */
function cumulantSums(
  heights: readonly number[],
  weights: readonly number[],
  unit: number,
): { mean: number; square: number; cube: number } {
  let mean = 0
  let square = 0
  let cube = 0
  // Over i < j: Σ wᵢHᵢ², Σ wᵢ²Hᵢ³(1−Hᵢ), and over i < j < k of the pairs below k.
  let below = 0
  let twice = 0
  let pairs = 0
  for (let j = 0; j < heights.length; j++) {
    const height = heights[j]!
    const weight = weights[j]! / unit
    const above = 1 - height
    const own = weight * height * above
    mean += own
    square += own * own + 2 * weight * above * above * below
    cube +=
      own * own * own +
      3 * own * weight * above * above * below +
      weight * above * above * (3 * twice + 6 * pairs)
    pairs += own * below
    below += weight * height * height
    twice += own * weight * height * height
  }
  return { mean, square, cube }
}
