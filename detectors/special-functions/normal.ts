import { gammaQ } from './incomplete-gamma.ts'

/**
 * Chance that a standard normal value is at least z: 1 − Φ(z). Falls from 1 to
 * 0; the tails keep their relative precision, about 1e-13. O(1).
 *
 * Ref: Abramowitz & Stegun 26.2.3; SciPy's `stats.norm.sf`.
 *
 * @example normalSurvival(1.6449) // 0.0500
 */
export function normalSurvival(z: number): number {
  const tail = gammaQ(0.5, (z * z) / 2) / 2
  return z >= 0 ? tail : 1 - tail
}

/**
 * The |z| that a standard normal value exceeds, either way, with chance `level`:
 * what a two-sided p-value is worth in standard deviations. Levels below 1e-300
 * count as 1e-300, levels of 1 and more give 0. O(1).
 *
 * @example normalDeviate(0.05) // 1.9600
 */
export function normalDeviate(level: number): number {
  if (level >= 1) return 0
  const target = Math.log(Math.max(1e-300, level))
  // On a logarithmic scale the tail is nearly a parabola: Newton's steps hold far out too.
  let z = Math.sqrt(-2 * target)
  for (let step = 0; step < 50; step++) {
    const tail = gammaQ(0.5, (z * z) / 2)
    const density = Math.sqrt(2 / Math.PI) * Math.exp((-z * z) / 2)
    const next = Math.max(z / 4, z + ((Math.log(tail) - target) * tail) / density)
    if (Math.abs(next - z) <= 1e-13 * z) return next
    z = next
  }
  return z
}
