import { noiseLevel, type Score } from '../score.ts'
import { type RandomSource } from '../streams/random-source.ts'
import { kernelSpace, placed, squaredDistance, type Points } from './kernel-space.ts'
import { type MixedSample } from './mixed-sample.ts'
import { type Work } from './work.ts'

export const mmdMethod = 'mmd/rbf-median'

/** Random deals that the p-value is counted from. */
const deals = 500
// Deals of rows that are alike have one value, but for the order of their sums.
const rounding = 1e-12

/**
 * Maximum mean discrepancy, squared and unbiased, of two samples of rows: how far
 * apart the means of their images lie in the space of a Gaussian kernel,
 *
 *     MMD² = mean k(x, x′) + mean k(y, y′) − 2·mean k(x, y)
 *
 * over pairs of different rows, k(a, b) = exp(−‖a − b‖² / 2σ²). It is 0 on
 * average, and below 0 half the time, where nothing drifted; at most 2. It sees
 * every kind of change: of one feature, of how features go together, of gaps.
 *
 * Columns weigh alike, as `kernelSpace` has it. σ² is half the median squared
 * distance of two reference rows (alibi-detect's median), half the mean where
 * the median is 0, and 1 where all are alike. Both follow the reference alone,
 * so values of one baseline compare from window to window.
 *
 * p = (1 + deals with at least this value) / 501, over 500 deals of all rows to
 * the two samples at random: never 0. `noiseFloor` is the 95th of 100 deals,
 * `effect` is MMD, √ of the value: a distance from 0 to √2. Greater is worse.
 *
 * Null with fewer than two rows a side, or without columns. O((n + m)² ·
 * columns + 500 · n²); memory 8·(n + m)² bytes.
 *
 * Ref: A. Gretton et al., JMLR 13 (2012), 723–773.
 */
export function* mmd(
  reference: MixedSample,
  current: MixedSample,
  random: RandomSource,
): Work<Score | null> {
  const [n, m] = [reference.count, current.count]
  if (Math.min(n, m) < 2 || reference.columns.length === 0) return null
  const points = yield* placed(yield* kernelSpace(reference), reference, current)
  const test = yield* dealtAgain(points, n, { random, deals })
  return {
    method: mmdMethod,
    value: test.value,
    direction: 'greater_is_worse',
    pValue: (1 + test.deals.filter((value) => value >= test.value - rounding).length) / (1 + deals),
    effect: Math.sqrt(Math.max(0, test.value)),
    nReference: n,
    nCurrent: m,
    noiseFloor: Math.max(0, test.deals.sort()[Math.ceil((1 - noiseLevel) * deals) - 1]!),
  }
}

/** MMD² of the first n points against the rest, and of random deals of all of them. */
export interface Dealt {
  /** Of the squared distances of the first n points. */
  readonly median: number
  readonly value: number
  readonly deals: Float64Array
}

/** How many deals, and what deals. */
export interface Dealing {
  readonly random: RandomSource
  readonly deals: number
}

/** The test behind `mmd` for points that are placed already. Two points a side at least. */
export function* dealtAgain(points: Points, n: number, dealing: Dealing): Work<Dealt> {
  const squares = yield* squaredDistances(points)
  const widths = yield* kernelWidths(squares, points.count, n)
  return {
    median: widths.median,
    ...(yield* dealt(yield* gaussian(squares, widths.width), n, dealing)),
  }
}

/** Of each point to each other one, row after row: symmetric. */
export function* squaredDistances(points: Points): Work<Float64Array> {
  const { count } = points
  const squares = new Float64Array(count * count)
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < i; j++) {
      squares[i * count + j] = squares[j * count + i] = squaredDistance(points, i, j)
    }
    if (i % 16 === 0) yield
  }
  return squares
}

/** Median of the squared distances of the first `n` of `count` points, and 2σ². */
export function* kernelWidths(
  squares: Float64Array,
  count: number,
  n: number,
): Work<{ readonly median: number; readonly width: number }> {
  const pairs = new Float64Array((n * (n - 1)) / 2)
  let at = 0
  for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) pairs[at++] = squares[i * count + j]!
  yield
  const sum = pairs.reduce((total, square) => total + square, 0)
  const median = nthLeast(pairs, Math.floor((pairs.length - 1) / 2))
  yield
  return { median, width: median > 0 ? median : sum > 0 ? sum / pairs.length : 2 }
}

/** The value at place k were the list in order; reorders it. O(n) on average. */
export function nthLeast(values: Float64Array, k: number): number {
  let from = 0
  let to = values.length - 1
  while (from < to) {
    const pivot = values[(from + to) >> 1]!
    let i = from
    let j = to
    while (i <= j) {
      while (values[i]! < pivot) i++
      while (values[j]! > pivot) j--
      if (i <= j) {
        const moved = values[i]!
        values[i++] = values[j]!
        values[j--] = moved
      }
    }
    if (k <= j) to = j
    else if (k >= i) from = i
    else break
  }
  return values[k]!
}

/** Turns squared distances into kernel values in place, 0 on the diagonal. */
function* gaussian(squares: Float64Array, width: number): Work<Float64Array> {
  const count = Math.sqrt(squares.length)
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < count; j++) {
      const at = i * count + j
      squares[at] = i === j ? 0 : Math.exp(-squares[at]! / width)
    }
    if (i % 64 === 0) yield
  }
  return squares
}

/** MMD² of the first n rows against the rest, and of as many drawn at random. */
function* dealt(
  kernel: Float64Array,
  n: number,
  { random, deals }: Dealing,
): Work<Omit<Dealt, 'median'>> {
  const count = Math.sqrt(kernel.length)
  const order = Int32Array.from({ length: count }, (_, i) => i)
  const least = Math.min(n, count - n)
  const valueOf = dealtValue(kernel, least)
  // In ascending order, as every deal: the same rows add up to the same bits.
  const value = valueOf(n === least ? order.slice(0, n) : order.slice(n))
  yield
  const values = new Float64Array(deals)
  for (let deal = 0; deal < deals; deal++) {
    for (let i = 0; i < least; i++) {
      const at = i + random.below(count - i)
      ;[order[i], order[at]] = [order[at]!, order[i]!]
    }
    values[deal] = valueOf(order.slice(0, least).sort())
    if (deal % 8 === 0) yield
  }
  return { value, deals: values }
}

/**
 * MMD² of any `least` rows against all others, from the kernel values of all
 * pairs, 0 on the diagonal. Of one side, the lesser one, a block of the matrix is
 * summed: row sums tell the others.
 */
export function dealtValue(kernel: Float64Array, least: number): (rows: Int32Array) => number {
  const count = Math.sqrt(kernel.length)
  const rowSums = new Float64Array(count)
  for (let i = 0, at = 0; i < count; i++) {
    let sum = 0
    for (const end = at + count; at < end; at++) sum += kernel[at]!
    rowSums[i] = sum
  }
  const total = rowSums.reduce((sum, k) => sum + k, 0)
  return (rows) => {
    let inner = 0
    let rowSum = 0
    for (let a = 0; a < rows.length; a++) {
      const base = rows[a]! * count
      rowSum += rowSums[rows[a]!]!
      for (let b = 0; b < a; b++) inner += kernel[base + rows[b]!]!
    }
    const within = 2 * inner
    const between = rowSum - within
    return unbiased({ within, between, others: total - within - 2 * between }, least, count - least)
  }
}

interface Blocks {
  readonly within: number
  readonly between: number
  readonly others: number
}

const unbiased = ({ within, between, others }: Blocks, n: number, m: number): number =>
  within / (n * (n - 1)) + others / (m * (m - 1)) - (2 * between) / (n * m)
