/** Scores of the reference, ascending, each at the rank that its place among them says. */
export type ReferenceScores = readonly number[]

/** Ranks that are kept: a step of 1/4000 tells 0.999 from 0.9995. */
const mostRanks = 4001

/**
 * Chooses up to 4001 scores of equal rank steps out of the reference's own,
 * least and greatest among them. O(n·log n).
 */
export function referenceScores(scores: Float64Array): ReferenceScores {
  if (scores.length < 2) throw new RangeError('referenceScores requires at least two scores')
  const sorted = scores.slice().sort()
  if (sorted.length <= mostRanks) return Array.from(sorted)
  const step = (sorted.length - 1) / (mostRanks - 1)
  return Array.from({ length: mostRanks }, (_, i) => sorted[Math.round(i * step)]!)
}

/**
 * The share of the reference whose score lies below a score: the empirical
 * percentile, from 0 to 1, greater is stranger; between two kept scores by a
 * straight line. 1 only beyond the whole reference.
 *
 * A score that many reference rows share gets the least of their ranks, so at
 * most 1 − t of the reference reaches a threshold t, ties or not.
 * O(log ranks), allocates nothing.
 *
 * @example percentile([1, 2, 3, 4, 5], 3.5) // 0.625
 */
export function percentile(reference: ArrayLike<number>, score: number): number {
  const last = reference.length - 1
  if (!(score > reference[0]!)) return 0
  if (score > reference[last]!) return 1
  let below = 0
  let notBelow = last
  while (notBelow - below > 1) {
    const middle = (below + notBelow) >> 1
    if (reference[middle]! < score) below = middle
    else notBelow = middle
  }
  const from = reference[below]!
  return (below + (score - from) / (reference[notBelow]! - from)) / last
}
