import { equalWidthEdges, extent, histogramCounts } from './numpy-histogram.ts'

const bins = 10_000

/** Shares up to each of the equal-width bins over the reference's range. */
function cumulativeShares(values: readonly number[], edges: readonly number[]): number[] {
  let sum = 0
  return histogramCounts(values, edges).map((count) => (sum += count / values.length))
}

function referenceEdges(reference: readonly number[]): number[] {
  const [low, high] = extent(reference)
  return low === high
    ? equalWidthEdges(low - 0.5, high + 0.5, bins)
    : equalWidthEdges(low, high, bins)
}

/**
 * NannyML's largest gap for large references: read at 10,000 equally wide bins
 * over the reference's range, current values below it counted in. O(n log bins).
 */
export function binnedKolmogorov(reference: readonly number[], current: readonly number[]): number {
  const edges = referenceEdges(reference)
  const before = cumulativeShares(reference, edges)
  const now = cumulativeShares(current, edges)
  const below = current.filter((value) => value < edges[0]!).length / current.length
  return before.reduce((gap, share, i) => Math.max(gap, Math.abs(share - below - now[i]!)), 0)
}

/**
 * NannyML's Wasserstein distance for large references: the area between the
 * distribution functions over 10,000 equally wide bins, and beyond the
 * reference's range that of the current values together with its end. Both
 * ends count one value too many, as the peer does. O(n log n).
 */
export function binnedWasserstein(
  reference: readonly number[],
  current: readonly number[],
): number {
  const edges = referenceEdges(reference)
  const [low, high] = [edges[0]!, edges.at(-1)!]
  const smaller = current.filter((value) => value < low)
  const bigger = current.filter((value) => value > high)
  const below = smaller.length > 0 ? (smaller.length + 1) / current.length : 0
  const before = cumulativeShares(reference, edges)
  const now = cumulativeShares(current, edges)
  const width = edges[1]! - low
  let work = 0
  for (const [i, share] of before.entries()) work += Math.abs(share - below - now[i]!) * width
  if (smaller.length > 0) work += below * lowerArea([...smaller, low])
  if (bigger.length > 0) {
    work += ((bigger.length + 1) / current.length) * upperArea([high, ...bigger])
  }
  return work
}

/** Area under the empirical distribution function, from the least to the greatest value. */
function lowerArea(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  let area = 0
  for (let i = 0; i + 1 < sorted.length; i++) {
    area += ((i + 1) / sorted.length) * (sorted[i + 1]! - sorted[i]!)
  }
  return area
}

/** Area above it. */
function upperArea(values: readonly number[]): number {
  const [low, high] = extent(values)
  return high - low - lowerArea(values)
}
