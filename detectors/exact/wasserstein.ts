import { pooledSteps } from './pooled-steps.ts'

/**
 * Wasserstein-1 distance of two lists of finite values, in their unit: the area
 * between the two distribution functions. From 0 without bound; symmetric.
 * O(n log n).
 *
 * Ref: SciPy's `stats.wasserstein_distance`.
 *
 * @example wassersteinExact([0, 1, 3], [5, 6, 8]) // 5
 */
export function wassersteinExact(reference: readonly number[], current: readonly number[]): number {
  return area(reference, current, Math.abs)
}

/**
 * Energy distance of two lists of finite values, in the square root of their
 * unit: √(2·∫(F − G)²). From 0 without bound; symmetric. O(n log n).
 *
 * Ref: G. J. Székely, M. L. Rizzo, J. Stat. Plan. Inference 143 (2013),
 * 1249–1272; SciPy's `stats.energy_distance`.
 *
 * @example energyExact([0], [2]) // 2
 */
export function energyExact(reference: readonly number[], current: readonly number[]): number {
  return Math.sqrt(2 * area(reference, current, (gap) => gap * gap))
}

function area(
  reference: readonly number[],
  current: readonly number[],
  weight: (gap: number) => number,
): number {
  const steps = pooledSteps(reference, current)
  let sum = 0
  for (let i = 0; i + 1 < steps.length; i++) {
    const { value, upToReference, upToCurrent } = steps[i]!
    const gap = upToReference / reference.length - upToCurrent / current.length
    sum += weight(gap) * (steps[i + 1]!.value - value)
  }
  return sum
}
