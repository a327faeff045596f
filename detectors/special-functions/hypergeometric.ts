import { deviance, stirlingError } from './incomplete-gamma.ts'

/** `x` of `n` reference and `y` of `m` current events fall into a bin. */
export interface TwoShares {
  readonly x: number
  readonly n: number
  readonly y: number
  readonly m: number
}

/**
 * Two-sided chance of a difference of two shares at least this great when
 * x + y events are dealt out at random: twice the smaller hypergeometric tail,
 * at most 1. Exact for any counts, therefore never loud: shares that can hardly
 * differ have p near 1. The sum stops where its terms vanish.
 *
 * O(√(x + y)).
 *
 * Ref: R. A. Fisher, Statistical Methods for Research Workers (1934), §21.02;
 * SciPy's `stats.hypergeom`.
 *
 * @example fisherTwoSided({ x: 0, n: 5000, y: 1, m: 100 }) // 0.0392
 */
export function fisherTwoSided(shares: TwoShares): number {
  return twoTails(shares, 1)
}

/**
 * The same with the observed table counted half: Lancaster's mid-p. Where a cell
 * expects some events it holds its level on average, which Fisher's undercuts.
 *
 * Ref: H. O. Lancaster, J. Am. Stat. Assoc. 56 (1961), 223–234.
 *
 * @example midPTwoSided({ x: 40, n: 400, y: 20, m: 100 }) // 0.0095
 */
export function midPTwoSided(shares: TwoShares): number {
  return twoTails(shares, 0.5)
}

/** Twice the smaller tail, the observed table counted with weight `own`. */
function twoTails({ x, n, y, m }: TwoShares, own: number): number {
  const pooled = x + y
  if (pooled === 0 || pooled === n + m || n === 0 || m === 0) return 1
  const expected = (pooled * m) / (n + m)
  const least = Math.max(0, pooled - n)
  const most = Math.min(pooled, m)
  let term = 1
  let sum = own
  if (y >= expected) {
    for (let k = y; k < most && term > sum * 1e-17; k++) {
      term *= ((pooled - k) * (m - k)) / ((k + 1) * (n - pooled + k + 1))
      sum += term
    }
  } else {
    for (let k = y; k > least && term > sum * 1e-17; k--) {
      term *= (k * (n - pooled + k)) / ((pooled - k + 1) * (m - k + 1))
      sum += term
    }
  }
  return Math.min(1, 2 * sum * tableMass({ x, n, y, m }))
}

/**
 * Chance of just this table: the ratio of three binomial ones, each as
 * deviances from its mean, so that counts of any size keep their digits.
 *
 * Ref: C. Loader, Fast and accurate computation of binomial probabilities (2000).
 */
function tableMass({ x, n, y, m }: TwoShares): number {
  const pooled = x + y
  const share = pooled / (n + m)
  const away =
    deviance(x, n * share) +
    deviance(n - x, n * (1 - share)) +
    deviance(y, m * share) +
    deviance(m - y, m * (1 - share))
  const margins = rest(n) + rest(m) + rest(pooled) + rest(n + m - pooled) - rest(n + m)
  const cells = rest(x) + rest(n - x) + rest(y) + rest(m - y)
  const round =
    (turn(n) * turn(m) * turn(pooled) * turn(n + m - pooled)) /
    (turn(n + m) * turn(x) * turn(n - x) * turn(y) * turn(m - y))
  return Math.sqrt(round) * Math.exp(margins - cells - away)
}

/** Stirling: ln k! = k·ln k − k + ½·ln turn(k) + rest(k). */
function turn(k: number): number {
  return k > 0 ? 2 * Math.PI * k : 1
}

function rest(k: number): number {
  return smallRests[k] ?? stirlingError(k)
}

const smallRests = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((k) => (k > 0 ? stirlingError(k) : 0))
