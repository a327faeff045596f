import { cramerVonMisesSurvival } from '../special-functions/cramer-von-mises.ts'
import { pooledSteps } from './pooled-steps.ts'

export interface CvmTest {
  readonly t: number
  readonly pValue: number
  readonly null: 'exact' | 'asymptotic'
}

/** SciPy's switch: exact up to this many values on each side. */
const exactUpTo = 20

/**
 * Two-sample Cramér–von Mises test of two lists of at least two finite values,
 * with mid-ranks:
 *
 *     T = U/(nm·(n+m)) − (4nm − 1)/(6·(n+m)),
 *     U = n·Σ(rᵢ − i)² + m·Σ(sⱼ − j)²
 *
 * with rᵢ and sⱼ the ranks of the sorted samples among all values. The exact
 * p-value counts all orders of values without ties; otherwise T is centred and
 * scaled to the limiting distribution. O(n log n), exact O(nm·lcm(n, m)).
 *
 * Ref: T. W. Anderson, Ann. Math. Stat. 33 (1962), 1148–1159; Y. Xiao, A. Gordon,
 * A. Yakovlev, J. Stat. Soft. 17 (2006) 8; SciPy's `cramervonmises_2samp`.
 *
 * @example cvmTest([1, 2, 3, 4], [3.5, 5, 6, 7]).pValue // 0.0571
 */
export function cvmTest(reference: readonly number[], current: readonly number[]): CvmTest {
  const n = reference.length
  const m = current.length
  if (n < 2 || m < 2) throw new RangeError('cvmTest requires two values on each side')
  return cvmOfRanks(rankSum(reference, current), n, m)
}

/** The test from U of its header alone, over n and m values, two or more each. O(1), exact O(nm·lcm(n, m)). */
export function cvmOfRanks(u: number, n: number, m: number): CvmTest {
  const events = n + m
  const pairs = n * m
  const t = u / (pairs * events) - (4 * pairs - 1) / (6 * events)
  if (Math.max(n, m) <= exactUpTo) return { t, pValue: exactTail(u, n, m), null: 'exact' }
  const mean = (1 + 1 / events) / 6
  const variance =
    ((events + 1) * (4 * pairs * events - 3 * (n * n + m * m) - 2 * pairs)) /
    (180 * events * events * pairs)
  const limiting = 1 / 6 + (t - mean) / Math.sqrt(45 * variance)
  return { t, pValue: cramerVonMisesSurvival(limiting), null: 'asymptotic' }
}

function rankSum(reference: readonly number[], current: readonly number[]): number {
  let ofReference = 0
  let ofCurrent = 0
  let before = 0
  for (const step of pooledSteps(reference, current)) {
    const tied = step.inReference + step.inCurrent
    const rank = before + (tied + 1) / 2
    for (let k = 0; k < step.inReference; k++) ofReference += (rank - (step.upToReference - k)) ** 2
    for (let k = 0; k < step.inCurrent; k++) ofCurrent += (rank - (step.upToCurrent - k)) ** 2
    before += tied
  }
  return reference.length * ofReference + current.length * ofCurrent
}

/**
 * Share of the orders of n and m values whose sum of squared gaps, in whole
 * numbers, is at least that of U: how often each sum occurs is counted along
 * all paths, column by column.
 */
function exactTail(u: number, n: number, m: number): number {
  const multiple = (n / divisor(n, m)) * m
  const pairs = n * m
  const least = Math.floor(
    (multiple ** 2 * (n + m) * (6 * u - pairs * (4 * pairs - 1))) / (6 * pairs ** 2),
  )
  let column: Map<number, number>[] = []
  for (let i = 0; i <= n; i++) {
    const next: Map<number, number>[] = []
    for (let j = 0; j <= m; j++) {
      const gap = ((multiple / n) * i - (multiple / m) * j) ** 2
      const sums = new Map<number, number>(i + j === 0 ? [[0, 1]] : [])
      for (const from of [column[j], next[j - 1]]) {
        for (const [sum, ways] of from ?? []) sums.set(sum + gap, (sums.get(sum + gap) ?? 0) + ways)
      }
      next.push(sums)
    }
    column = next
  }
  let all = 0
  let tail = 0
  for (const [sum, ways] of column[m]!) {
    all += ways
    if (sum >= least) tail += ways
  }
  return tail / all
}

function divisor(a: number, b: number): number {
  return b === 0 ? a : divisor(b, a % b)
}
