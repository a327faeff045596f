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
