import { EigenvalueDecomposition, Matrix } from 'ml-matrix'
import { sampleMoments } from '../exact/sample-moments.ts'
import { chi2Survival } from '../special-functions/incomplete-gamma.ts'
import { linearQuantile } from './numpy-histogram.ts'

/** Where the characteristic functions are compared, in half interquartile ranges. */
const points = [0.4, 0.8]
/** SciPy asks for as many values on each side. */
const leastValues = 5
/** With fewer values on both sides the statistic is made smaller. */
const fewValues = 25
/** Eigenvalues below this part of the greatest one are rounding. */
const rankTolerance = 4 * Number.EPSILON

/**
 * Epps and Singleton's test of two samples by their empirical characteristic
 * functions at two points: for means ḡ of (cos tᵢx, sin tᵢx) and their
 * covariances S, each with its sample's size,
 *
 *     W = n · (ḡₓ − ḡᵧ)ᵀ (n/nₓ·Sₓ + n/nᵧ·Sᵧ)⁺ (ḡₓ − ḡᵧ),
 *
 * which is χ² of as many degrees as the covariance has rank, four usually. `w`
 * from 0 without bound, greater is worse; `pValue` is 0 where neither side
 * varies. Samples need not be continuous. Null with fewer than five values on a
 * side, or where the middle half of all values is one value. O(n log n).
 *
 * Ref: T. W. Epps, K. J. Singleton, J. Stat. Comput. Simul. 26 (1986), 177–203;
 * SciPy's `epps_singleton_2samp`.
 *
 * @example eppsSingletonTest([1, 2, 3, 4, 5], [3, 4, 5, 6, 7])?.w // 1.9677
 */
export function eppsSingletonTest(
  x: readonly number[],
  y: readonly number[],
): { readonly w: number; readonly pValue: number } | null {
  if (Math.min(x.length, y.length) < leastValues) return null
  const sorted = Float64Array.from([...x, ...y]).sort()
  const range = linearQuantile(sorted, 0.75) - linearQuantile(sorted, 0.25)
  if (!(range > 0 && range < Infinity)) return null
  const [before, now] = [waves(x, range / 2), waves(y, range / 2)]
  // Where the range is the least of doubles the waves have no number.
  if (![...before.means, ...now.means].every(Number.isFinite)) return null
  const n = x.length + y.length
  const covariance = Matrix.add(
    Matrix.mul(before.covariance, n / x.length),
    Matrix.mul(now.covariance, n / y.length),
  )
  const gap = before.means.map((mean, i) => mean - now.means[i]!)
  const { square, rank } = weighed(covariance, gap)
  const few = Math.max(x.length, y.length) < fewValues
  const w = n * square * (few ? correction(x.length, y.length) : 1)
  return { w, pValue: rank === 0 ? 0 : chi2Survival(w, rank) }
}

/** Means of the cosines and sines of a sample, and their covariances over all of it. */
function waves(values: readonly number[], scale: number) {
  const columns = [Math.cos, Math.sin].flatMap((wave) =>
    points.map((point) => values.map((value) => wave((point / scale) * value))),
  )
  const means = columns.map((column) => sampleMoments(column).mean)
  const covariance = Matrix.zeros(columns.length, columns.length)
  for (const [i, column] of columns.entries()) {
    for (let j = 0; j <= i; j++) {
      let sum = 0
      for (const [k, value] of column.entries())
        sum += (value - means[i]!) * (columns[j]![k]! - means[j]!)
      covariance.set(i, j, sum / values.length)
      covariance.set(j, i, sum / values.length)
    }
  }
  return { means, covariance }
}

/** gᵀ S⁺ g by the eigenvectors of S, and how many of them count. */
function weighed(covariance: Matrix, gap: readonly number[]): { square: number; rank: number } {
  const { realEigenvalues: variances, eigenvectorMatrix: vectors } = new EigenvalueDecomposition(
    covariance,
    { assumeSymmetric: true },
  )
  const least = Math.max(...variances) * rankTolerance
  let square = 0
  let rank = 0
  for (const [k, variance] of variances.entries()) {
    if (!(variance > least)) continue
    const along = vectors.getColumn(k).reduce((sum, part, i) => sum + part * gap[i]!, 0)
    square += along ** 2 / variance
    rank++
  }
  return { square, rank }
}

const correction = (n: number, m: number): number =>
  1 / (1 + (n + m) ** -0.45 + 10.1 * (n ** -1.7 + m ** -1.7))
