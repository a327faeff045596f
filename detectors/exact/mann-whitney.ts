import { normalSurvival } from '../special-functions/normal.ts'
import { pooledSteps } from './pooled-steps.ts'

export interface MannWhitneyTest {
  /** Pairs in which the first sample's value is the greater, ties as half. */
  readonly u: number
  readonly pValue: number
  readonly null: 'exact' | 'asymptotic'
}

/** What the first sample is suspected to be, compared with the second. */
export type Alternative = 'two-sided' | 'less' | 'greater'

/** SciPy's switch: exact when either sample is this small and nothing is tied. */
const exactUpTo = 8

/**
 * Mann–Whitney's U-test of two lists of finite values. Exact when either list
 * has at most eight values and no two values tie, else normal with mid-ranks and
 * a continuity correction of half a pair. p is 1 when all values are the same.
 *
 * O(n log n); exact besides O(n·m).
 *
 * Ref: H. B. Mann, D. R. Whitney, Ann. Math. Stat. 18 (1947), 50–60; SciPy's
 * `mannwhitneyu(first, second, alternative)`.
 *
 * @example mannWhitneyTest([1, 2, 3], [4, 5, 6]).pValue // 0.1
 */
export function mannWhitneyTest(
  first: readonly number[],
  second: readonly number[],
  alternative: Alternative = 'two-sided',
): MannWhitneyTest {
  const n = first.length
  const m = second.length
  const steps = pooledSteps(first, second)
  let u = 0
  let untied = 0
  for (const { inReference, inCurrent, upToCurrent } of steps) {
    u += inReference * (upToCurrent - inCurrent / 2)
    const share = (inReference + inCurrent) / (n + m)
    untied += share * (1 - share) * (1 + share)
  }
  const ranks = { u, n, m, untied, tied: steps.length < n + m }
  const pValue = mannWhitneyChance(ranks, alternative)
  return { u, pValue, null: isExact(ranks) ? 'exact' : 'asymptotic' }
}

/** What the test knows of two samples of n and m values. */
export interface RankFacts {
  readonly u: number
  readonly n: number
  readonly m: number
  /** 1 less the sum of the cubed shares of the distinct values among all. */
  readonly untied: number
  /** Whether any two values are the same. */
  readonly tied: boolean
}

const isExact = ({ n, m, tied }: RankFacts): boolean => Math.min(n, m) <= exactUpTo && !tied

/** The p-value of `mannWhitneyTest` from U and the ties alone. O(1), exact O(n·m). */
export function mannWhitneyChance(ranks: RankFacts, alternative: Alternative): number {
  const { u, n, m } = ranks
  const sided =
    alternative === 'greater' ? u : alternative === 'less' ? n * m - u : Math.max(u, n * m - u)
  const tail = isExact(ranks) ? exactTail(sided, n, m) : normalTail(sided, ranks)
  return Math.min(1, alternative === 'two-sided' ? 2 * tail : tail)
}

function normalTail(u: number, ranks: RankFacts): number {
  const deviation = rankDeviation(ranks)
  return deviation > 0 ? normalSurvival((u - (ranks.n * ranks.m) / 2 - 0.5) / deviation) : 1
}

/** Standard deviation of U without drift, ties allowed for; 0 when all values are the same. */
export function rankDeviation({ n, m, untied }: Pick<RankFacts, 'n' | 'm' | 'untied'>): number {
  const events = n + m
  return Math.sqrt(((n * m) / 12) * untied * (events / (1 - 1 / events)))
}

/** Chance of at least `u`, from the coefficients of the Gaussian binomial in n + m and n. */
function exactTail(u: number, n: number, m: number): number {
  const few = Math.min(n, m)
  const many = Math.max(n, m)
  const ways = new Float64Array(n * m + 1)
  ways[0] = 1
  for (let k = 1; k <= few; k++) {
    // Times (1 − x^(many+k)), through (1 − x^k): each in place.
    for (let i = n * m; i >= many + k; i--) ways[i]! -= ways[i - many - k]!
    for (let i = k; i <= n * m; i++) ways[i]! += ways[i - k]!
  }
  let all = 0
  for (const count of ways) all += count
  // The distribution is symmetric: its lower end has the smaller, exacter counts.
  let tail = 0
  for (let i = 0; i <= n * m - u; i++) tail += ways[i]!
  return tail / all
}
