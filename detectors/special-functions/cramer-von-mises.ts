import { logGamma } from './incomplete-gamma.ts'

/**
 * Chance that the limiting Cramér–von Mises statistic exceeds x. Falls from 1
 * at 0. Like SciPy, it stops at a term below 1e-7 and never falls below 0:
 * values under about 1e-7 are not exact. O(1).
 *
 * Ref: S. Csörgő, J. J. Faraway, J. R. Stat. Soc. B 58 (1996), 221–234;
 * SciPy's `cramervonmises`.
 *
 * @example cramerVonMisesSurvival(0.46136) // 0.0500
 */
export function cramerVonMisesSurvival(x: number): number {
  if (x < 0.003) return 1
  let below = 0
  for (let k = 0; k < 1000; k++) {
    const y = 4 * k + 1
    const scale = Math.exp(logGamma(k + 0.5) - logGamma(k + 1)) / (Math.PI ** 1.5 * Math.sqrt(x))
    const term = scale * Math.sqrt(y) * fadedBessel((y * y) / (16 * x))
    below += term
    if (Math.abs(term) < 1e-7) break
  }
  return Math.min(1, Math.max(0, 1 - below))
}

/**
 * e^(−q)·K₁⸝₄(q), K the modified Bessel function of the second kind, by the
 * trapezoid rule on ∫ exp(−q·(1 + cosh t))·cosh(t/4) dt over t ≥ 0: the integrand
 * falls double-exponentially, so equal steps of 0.05 give full precision.
 */
function fadedBessel(q: number): number {
  const step = 0.05
  let sum = Math.exp(-2 * q) / 2
  for (let t = step; t < 40; t += step) {
    const value = Math.exp(-q * (1 + Math.cosh(t))) * Math.cosh(t / 4)
    sum += value
    if (value < 1e-18 * sum || value === 0) break
  }
  return sum * step
}
