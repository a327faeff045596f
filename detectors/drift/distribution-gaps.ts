import { type BinPair } from '../bins.ts'

/** The two distribution functions between one bin and the next. */
export interface DistributionGap {
  /** Events up to here. */
  readonly below: number
  readonly belowNow: number
  /** Reference share less current share up to here. */
  readonly gap: number
  /** Pooled share up to here, strictly between 0 and 1. */
  readonly height: number
  /** Pooled share of the bin that ends here. */
  readonly pooled: number
}

/**
 * The gaps behind every bin but the last, behind which both functions are one.
 * Bins must be in order and in use, as `binPair` gives them. O(bins).
 */
export function distributionGaps({ reference, current, n, m }: BinPair): DistributionGap[] {
  const gaps: DistributionGap[] = []
  let below = 0
  let belowNow = 0
  for (let i = 0; i + 1 < reference.length; i++) {
    below += reference[i]!
    belowNow += current[i]!
    gaps.push({
      below,
      belowNow,
      gap: below / n - belowNow / m,
      height: (below + belowNow) / (n + m),
      pooled: (reference[i]! + current[i]!) / (n + m),
    })
  }
  return gaps
}
