/**
 * Mean and variance of Σ wᵢ·|Zᵢ| for normal Zᵢ with mean zero and the given
 * covariances. Exact: E|Zᵢ| = σᵢ·√(2/π), and for correlation ρ
 * cov(|Zᵢ|, |Zⱼ|) = (2/π)·σᵢσⱼ·(√(1−ρ²) + ρ·asin ρ − 1).
 * `linear` is the variance of Σ wᵢ·Zᵢ. O(length²).
 *
 * Ref: S. Nabeya, Ann. Inst. Stat. Math. 3 (1951), 2–6.
 *
 * @example absoluteGaussianMoments([1], () => 1).mean // 0.7979
 */
export function absoluteGaussianMoments(
  weights: readonly number[],
  covariance: (i: number, j: number) => number,
): { mean: number; variance: number; linear: number } {
  const deviations = weights.map((_, i) => Math.sqrt(Math.max(0, covariance(i, i))))
  let mean = 0
  let variance = 0
  let linear = 0
  for (const [i, weight] of weights.entries()) {
    const si = deviations[i]!
    mean += weight * si * Math.sqrt(2 / Math.PI)
    variance += weight * weight * si * si * (1 - 2 / Math.PI)
    linear += weight * weight * si * si
    for (let j = 0; j < i; j++) {
      const sj = deviations[j]!
      if (si === 0 || sj === 0) continue
      const both = covariance(i, j)
      const rho = Math.max(-1, Math.min(1, both / (si * sj)))
      const folded = Math.sqrt(1 - rho * rho) + rho * Math.asin(rho) - 1
      variance += (4 / Math.PI) * weight * weights[j]! * si * sj * folded
      linear += 2 * weight * weights[j]! * both
    }
  }
  return { mean, variance, linear: Math.max(0, linear) }
}

/**
 * The same for Zᵢ a Brownian bridge at the ascending `heights` Hᵢ, whose covariances are
 * Hᵢ(1 − Hⱼ)/`size` for i ≤ j. Correlations are ratios of √(H/(1−H)), so that a sum of their
 * powers over all earlier bins follows from the one before; and √(1−ρ²) + ρ·asin ρ − 1 is a sum
 * of powers to 3e-8 of 1. No pair is looked at. O(length).
 *
 * @example absoluteBridgeMoments([1], [0.5], 1).mean // 0.3989
 */
export function absoluteBridgeMoments(
  weights: readonly number[],
  heights: readonly number[],
  size: number,
): { mean: number; variance: number; linear: number } {
  const sums = foldedWeights.map(() => 0)
  let mean = 0
  let variance = 0
  let linear = 0
  // Σ wᵢHᵢ over the bins so far.
  let below = 0
  let odds = 0
  let last = 0
  for (let i = 0; i < weights.length; i++) {
    const weight = weights[i]!
    const height = heights[i]!
    const deviation = Math.sqrt(Math.max(0, height * (1 - height)) / size)
    const own = weight * deviation
    mean += own * Math.sqrt(2 / Math.PI)
    variance += own * own * (1 - 2 / Math.PI)
    linear += own * own + (2 * weight * (1 - height) * below) / size
    below += weight * height
    if (own === 0) continue
    const oddsNow = height / (1 - height)
    variance += (4 / Math.PI) * own * carried(sums, last, Math.min(1, odds / oddsNow))
    odds = oddsNow
    last = own
  }
  return { mean, variance, linear: Math.max(0, linear) }
}

/**
 * Takes the sums of powers to the next bin, which correlates with the `last` one by the root of
 * `square`, and returns what they make of the folded covariance.
 */
function carried(sums: number[], last: number, square: number): number {
  let power = square
  let between = square * square * square
  let folded = 0
  for (let k = 0; k < sums.length; k += 2) {
    const even = power * (sums[k]! + last)
    sums[k] = even
    folded += foldedWeights[k]! * even
    power *= power
    if (k === 0) continue
    const odd = between * (sums[k - 1]! + last)
    sums[k - 1] = odd
    folded += foldedWeights[k - 1]! * odd
    between *= between
  }
  return folded
}

/**
 * √(1−ρ²) + ρ·asin ρ − 1 as a sum of the powers ρ^2e for e = 1, 3, 2, 6, 4, 12, 8 …, to 2.7e-8
 * for ρ from 0 to 1: least squares, reweighted towards the greatest error
 * (bench/oracles/folded_weights.py).
 *
 * Ref: C. L. Lawson, Contributions to the theory of linear least maximum approximation (1961).
 */
const foldedWeights = [
  0.5000015065682307, 0.012554965603302338, 0.041642883221604775, 0.0068833727339762925,
  0.006121533859097455, 0.005978808715391684, -0.0013429023170666446, 0.0063306264108128505,
  -0.004476954700355473, 0.006474590152288013, -0.0058991055018677045, 0.0059343638523910456,
  -0.006153272093253137, 0.004560281566530052, -0.005397664137587411, 0.0025480630303118066,
  -0.0037462481162119448, 0.0007495435872779231, -0.0016989275696836484, 4.392287866283518e-5,
  -0.00031308675063386346,
]
