import { effectiveSize } from '../bins.ts'
import { kolmogorovSurvival } from '../special-functions/kolmogorov.ts'
import { pooledSteps } from './pooled-steps.ts'

export interface KsTest {
  /** Largest gap of the two distribution functions, 0 to 1. */
  readonly d: number
  readonly pValue: number
  readonly null: 'exact' | 'asymptotic'
}

/** SciPy's switch: with more values on either side the asymptotic p-value. */
const exactUpTo = 10_000

/**
 * Two-sample Kolmogorov–Smirnov test of two lists of finite values, two-sided.
 * `exact` counts the paths that stray as far as the samples do; `asymptotic` is
 * `kstwo.sf(D, round(nm/(n+m)))`; `auto` is exact up to 10,000 values a side.
 * Both take values for continuous: ties make p too great, so the test quiet.
 *
 * O(n log n), exact besides O(n·m·D).
 *
 * Ref: J. L. Hodges, Ark. Mat. 3 (1958), 469–486; SciPy's `ks_2samp`.
 *
 * @example ksTest([1, 2, 3, 4], [3, 4, 5, 6]).pValue // 0.7714
 */
export function ksTest(
  reference: readonly number[],
  current: readonly number[],
  mode: 'auto' | KsTest['null'] = 'auto',
): KsTest {
  const n = reference.length
  const m = current.length
  // In whole numbers the gap is |i·m − j·n|: no rounding decides a comparison.
  let most = 0
  for (const { upToReference, upToCurrent } of pooledSteps(reference, current)) {
    most = Math.max(most, Math.abs(upToReference * m - upToCurrent * n))
  }
  const d = most / (n * m)
  const chosen = mode === 'auto' ? (Math.max(n, m) <= exactUpTo ? 'exact' : 'asymptotic') : mode
  const pValue =
    chosen === 'exact'
      ? strayingPaths(most, n, m)
      : kolmogorovSurvival(Math.max(1, Math.round(effectiveSize(n, m))), d)
  return { d, pValue, null: chosen }
}

/**
 * Chance that a random path from (0, 0) to (n, m) comes somewhere to
 * |i·m − j·n| ≥ `most`. One column at a time, only between the two lines:
 * beyond them the chance is 1.
 */
function strayingPaths(most: number, n: number, m: number): number {
  if (most === 0) return 1
  const strayed = new Float64Array(m + 1).fill(1)
  for (let i = 0; i <= n; i++) {
    const first = Math.max(0, Math.floor((i * m - most) / n) + 1)
    const last = Math.min(m, Math.ceil((i * m + most) / n) - 1)
    for (let j = first; j <= last; j++) {
      if (i + j === 0) {
        strayed[0] = 0
        continue
      }
      // strayed[j] still is column i − 1, and 1 where that lay outside the lines.
      const fromLeft = i > 0 ? strayed[j]! * i : 0
      const fromBelow = j > 0 ? (j > first ? strayed[j - 1]! : 1) * j : 0
      strayed[j] = (fromLeft + fromBelow) / (i + j)
    }
  }
  return strayed[m]!
}
