import { dealtValue, nthLeast } from '../multivariate/mmd.ts'
import { type Work } from '../multivariate/work.ts'
import { numpyRandom } from '../streams/random-source.ts'
import { numpyShuffle } from './numpy-shuffle.ts'
import { type PresentValues } from './present-values.ts'

/** Rows of a side that are compared at most, the first ones: every pair of rows is. */
export const mostComparedRows = 1000
const deals = 100
/** Pairs between two pauses. */
const pairsAStep = 100_000
// Deals of the same values have one distance, but for the order of their sums.
const rounding = 1e-12

/**
 * P-value of Evidently 0.7's `empirical_mmd`: the share of a hundred random deals
 * of all rows to the two sides whose unbiased MMD² is at least that of the sides
 * as they are, with a Gaussian kernel whose width is the median distance of all
 * pairs of reference rows, each with itself included. From 0, which it can be,
 * to 1; less is worse.
 *
 * Evidently leaves its draws unseeded: its own number differs from run to run.
 * The draws here are those of NumPy's seed 0, and deals that are equally far
 * apart count, as they do in Evidently unless rounding parts them.
 *
 * Of more than 1000 rows a side the first 1000. Null with fewer than two rows a
 * side. O((n + m)²); memory 8·(n + m)² bytes.
 */
export function* mmdPermutationP({
  reference,
  current,
}: PresentValues<number>): Work<number | null> {
  const x = reference.slice(0, mostComparedRows)
  const rows = Float64Array.from([...x, ...current.slice(0, mostComparedRows)])
  const [n, m] = [x.length, rows.length - x.length]
  if (Math.min(n, m) < 2) return null
  const width = yield* kernelWidth(rows.subarray(0, n))
  const valueOf = dealtValue(yield* kernelOf(rows, width), Math.min(n, m))
  const order = Int32Array.from(rows.keys())
  const lesser = (dealt: Int32Array) => (n <= m ? dealt.slice(0, n) : dealt.slice(n)).sort()
  const observed = valueOf(lesser(order))
  const random = numpyRandom(0)
  const dealt = new Int32Array(order.length)
  let asFar = 0
  for (let deal = 0; deal < deals; deal++) {
    yield
    dealt.set(order)
    numpyShuffle(dealt, random)
    if (observed <= valueOf(lesser(dealt)) + rounding) asFar++
  }
  return asFar / deals
}

/** 2σ²: the middle one of the squared distances of all pairs, 1 where it is 0. */
function* kernelWidth(rows: Float64Array): Work<number> {
  const n = rows.length
  const squares = new Float64Array(n * n)
  let sum = 0
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) sum += squares[i * n + j] = squared(rows[i]!, rows[j]!)
    if (isPause(i, n)) yield
  }
  // Squares of the greatest doubles overflow: no width then, and no deal that is as far apart.
  if (Number.isNaN(sum)) return NaN
  const median = nthLeast(squares, Math.floor(squares.length / 2))
  yield
  return median === 0 ? 1 : median >= 0 ? median : NaN
}

function* kernelOf(rows: Float64Array, width: number): Work<Float64Array> {
  const count = rows.length
  const kernel = new Float64Array(count * count)
  for (let i = 0; i < count; i++) {
    for (let j = i + 1; j < count; j++) {
      const k = Math.exp(-squared(rows[i]!, rows[j]!) / width)
      kernel[i * count + j] = kernel[j * count + i] = k
    }
    if (isPause(i, count)) yield
  }
  return kernel
}

/** As Evidently computes it: far from 0 it loses digits, and may fall below 0. */
const squared = (x: number, y: number): number => y * y - 2 * (x * y) + x * x

const isPause = (row: number, rowLength: number): boolean =>
  row % Math.max(1, Math.floor(pairsAStep / rowLength)) === 0
