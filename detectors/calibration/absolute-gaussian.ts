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
 * Hᵢ(1 − Hⱼ)/`size` for i ≤ j: correlations are ratios of √(H/(1−H)), one division a pair.
 * O(length²).
 *
 * @example absoluteBridgeMoments([1], [0.5], 1).mean // 0.3989
 */
export function absoluteBridgeMoments(
  weights: readonly number[],
  heights: readonly number[],
  size: number,
): { mean: number; variance: number; linear: number } {
  const count = weights.length
  const scaled = new Float64Array(count)
  const odds = new Float64Array(count)
  let mean = 0
  let variance = 0
  let linear = 0
  // Σ wᵢHᵢ over the bins so far.
  let below = 0
  for (let i = 0; i < count; i++) {
    const height = heights[i]!
    const deviation = Math.sqrt(Math.max(0, height * (1 - height)) / size)
    const own = weights[i]! * deviation
    scaled[i] = own
    odds[i] = deviation > 0 ? Math.sqrt(height / (1 - height)) : 0
    mean += own * Math.sqrt(2 / Math.PI)
    variance += own * own * (1 - 2 / Math.PI)
    linear += own * own + (2 * weights[i]! * (1 - height) * below) / size
    below += weights[i]! * height
    if (own === 0) continue
    const inverse = 1 / odds[i]!
    let folded = 0
    for (let j = 0; j < i; j++) {
      const rho = Math.min(1, odds[j]! * inverse)
      folded += scaled[j]! * (Math.sqrt(1 - rho * rho) + rho * Math.asin(rho) - 1)
    }
    variance += (4 / Math.PI) * own * folded
  }
  return { mean, variance, linear: Math.max(0, linear) }
}
