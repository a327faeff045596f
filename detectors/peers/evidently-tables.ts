import { normalTwoSided } from '../special-functions/normal.ts'
import { type TwoShares } from '../special-functions/hypergeometric.ts'
import { total } from '../bins.ts'
import { type ValueCounts } from './present-values.ts'

/**
 * χ² of current counts against the reference's shares, without smoothing:
 * infinite when the reference lacks a value.
 */
export function goodnessOfFit({ reference, current }: ValueCounts): {
  statistic: number
  dof: number
} {
  const scale = total(current) / total(reference)
  let statistic = 0
  for (const [i, count] of reference.entries()) {
    const expected = count * scale
    statistic += (current[i]! - expected) ** 2 / expected
  }
  return { statistic, dof: reference.length - 1 }
}

/** Two-sided p-value of the pooled z of everything but the first value; 1 when only one value occurs. */
export function shareZ({ reference, current }: ValueCounts): number {
  const n = total(reference)
  const m = total(current)
  if (reference.length < 2) return 1
  const p = 1 - reference[0]! / n
  const q = 1 - current[0]! / m
  const pooled = (p * n + q * m) / (n + m)
  return normalTwoSided((p - q) / Math.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m)))
}

/** Rounding that SciPy forgives when it looks for tables no likelier than the one at hand. */
const forgiven = 1 + 1e-14

/**
 * Two-sided p-value of Fisher's exact test: the chance of all tables that are no
 * likelier than the one at hand. O(min(x + y, n, m)).
 *
 * Ref: SciPy's `fisher_exact([[y, m - y], [x, n - x]]).pvalue`.
 *
 * @example fisherExact({ x: 3, n: 10, y: 8, m: 10 }) // 0.0698
 */
export function fisherExact({ x, n, y, m }: TwoShares): number {
  const pooled = x + y
  const least = Math.max(0, pooled - n)
  const most = Math.min(pooled, m)
  // Relative to the first table, as logarithms: the weights span hundreds of decades.
  const logs = [0]
  for (let k = least; k < most; k++) {
    logs.push(logs.at(-1)! + Math.log(((pooled - k) * (m - k)) / ((k + 1) * (n - pooled + k + 1))))
  }
  const peak = logs.reduce((greatest, log) => Math.max(greatest, log), 0)
  const weights = logs.map((log) => Math.exp(log - peak))
  const own = weights[y - least]!
  let tail = 0
  for (const weight of weights) if (weight <= own * forgiven) tail += weight
  return Math.min(1, tail / total(weights))
}
