import { sampleMoments } from '../exact/sample-moments.ts'

/**
 * NumPy's histogram edges by Sturges' rule: width = range / (log₂ n + 1), bins =
 * ⌈range / width⌉. Values finite, at least one. O(n).
 *
 * Ref: NumPy's `histogram_bin_edges(values, bins='sturges')` of floats. Its
 * version 2 widens bins of integers to at least 1, this does not.
 *
 * @example sturgesEdges([0, 1, 2, 3]).length // 4
 */
export function sturgesEdges(values: readonly number[]): number[] {
  const [low, high] = extent(values)
  return edgesOfWidth(low, high, (high - low) / (Math.log2(values.length) + 1))
}

/**
 * NumPy's histogram edges by Doane's rule, which allows for skewness g:
 * width = range / (1 + log₂ n + log₂(1 + |g| / √(6(n−2) / ((n+1)(n+3))))). O(n).
 *
 * Ref: D. P. Doane, Am. Stat. 30 (1976), 181–183; NumPy's
 * `histogram_bin_edges(values, bins='doane')`.
 *
 * @example doaneEdges([0, 1, 2, 3, 10]).length // 6
 */
export function doaneEdges(values: readonly number[]): number[] {
  const [low, high] = extent(values)
  const n = values.length
  const { mean, deviation } = sampleMoments(values)
  if (n <= 2 || deviation === 0) return edgesOfWidth(low, high, 0)
  let skewness = 0
  for (const value of values) skewness += ((value - mean) / deviation) ** 3 / n
  const spread = Math.sqrt((6 * (n - 2)) / ((n + 1) * (n + 3)))
  const bins = 1 + Math.log2(n) + Math.log2(1 + Math.abs(skewness) / spread)
  return edgesOfWidth(low, high, (high - low) / bins)
}

/** `bins` + 1 edges at equal distances, as NumPy's `linspace` rounds them. */
export function equalWidthEdges(low: number, high: number, bins: number): number[] {
  const step = (high - low) / bins
  return Array.from({ length: bins + 1 }, (_, i) => (i === bins ? high : i * step + low))
}

function edgesOfWidth(low: number, high: number, width: number): number[] {
  if (low === high) return [low - 0.5, high + 0.5]
  return equalWidthEdges(low, high, width > 0 ? Math.ceil((high - low) / width) : 1)
}

/**
 * Values a bin between ascending edges, closed on the left, the last one on both
 * sides; values beyond the edges are in none. O(n log bins).
 *
 * Ref: NumPy's `histogram(values, bins=edges)`.
 *
 * @example histogramCounts([0, 1, 2, 3], [0, 1, 2])[1] // 2
 */
export function histogramCounts(values: readonly number[], edges: readonly number[]): number[] {
  const counts = new Array<number>(edges.length - 1).fill(0)
  const last = edges.at(-1)!
  for (const value of values) {
    if (value < edges[0]! || value > last) continue
    let low = 0
    let high = counts.length
    while (high - low > 1) {
      const middle = (low + high) >> 1
      if (edges[middle]! <= value) low = middle
      else high = middle
    }
    counts[low]!++
  }
  return counts
}

/** Least and greatest value. */
export function extent(values: readonly number[]): [number, number] {
  let low = Infinity
  let high = -Infinity
  for (const value of values) {
    low = Math.min(low, value)
    high = Math.max(high, value)
  }
  return [low, high]
}

/**
 * NumPy's default quantile of ascending values, at least one: linear between neighbours.
 *
 * @example linearQuantile([1, 2, 3, 4], 0.5) // 2.5
 */
export function linearQuantile(sorted: ArrayLike<number>, level: number): number {
  const at = level * (sorted.length - 1)
  const below = sorted[Math.floor(at)]!
  return below + (at - Math.floor(at)) * (sorted[Math.ceil(at)]! - below)
}
