/** An AUC, and its variance where scores have nothing to do with labels. */
export interface RankedAuc {
  readonly auc: number
  readonly variance: number
}

/**
 * Area under the ROC curve of scores: the chance that a row labelled 1 scores
 * above one labelled 0, ties as half. The variance is Mann and Whitney's, less
 * what ties take away: 0 where all scores are one. 0.5 and 0 where a label is
 * missing. O(n log n).
 *
 * Ref: H. B. Mann, D. R. Whitney, Ann. Math. Stat. 18 (1947), 50–60.
 *
 * @example rankedAuc([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1]).auc // 0.75
 */
export function rankedAuc(scores: ArrayLike<number>, labels: ArrayLike<number>): RankedAuc {
  const order = Int32Array.from({ length: scores.length }, (_, i) => i)
  order.sort((a, b) => scores[a]! - scores[b]!)
  let zeros = 0
  let above = 0
  let ties = 0
  for (let from = 0, to = 0; from < order.length; from = to) {
    let ones = 0
    while (to < order.length && scores[order[to]!] === scores[order[from]!])
      ones += labels[order[to++]!]!
    const tied = to - from
    above += ones * (zeros + (tied - ones) / 2)
    zeros += tied - ones
    ties += tied ** 3 - tied
  }
  const n = order.length
  const pairs = zeros * (n - zeros)
  if (pairs === 0) return { auc: 0.5, variance: 0 }
  return { auc: above / pairs, variance: (n + 1 - ties / (n * (n - 1))) / (12 * pairs) }
}
