import { type BinPair } from '../bins.ts'

/** The two distribution functions between one bin and the next, a column each. */
export interface DistributionGaps {
  /** Events up to here. */
  readonly below: readonly number[]
  readonly belowNow: readonly number[]
  /** Reference share less current share up to here. */
  readonly gaps: readonly number[]
  /** Pooled share up to here, strictly between 0 and 1. */
  readonly heights: readonly number[]
  /** Pooled share of the bin that ends here. */
  readonly pooled: readonly number[]
}

/**
 * The gaps behind every bin but the last, behind which both functions are one.
 * Bins must be in order and in use, as `binPair` gives them. O(bins).
 */
export function distributionGaps({ reference, current, n, m }: BinPair): DistributionGaps {
  const length = Math.max(0, reference.length - 1)
  const below = new Array<number>(length)
  const belowNow = new Array<number>(length)
  const gaps = new Array<number>(length)
  const heights = new Array<number>(length)
  const pooled = new Array<number>(length)
  let sum = 0
  let sumNow = 0
  for (let i = 0; i < length; i++) {
    sum += reference[i]!
    sumNow += current[i]!
    below[i] = sum
    belowNow[i] = sumNow
    gaps[i] = sum / n - sumNow / m
    heights[i] = (sum + sumNow) / (n + m)
    pooled[i] = (reference[i]! + current[i]!) / (n + m)
  }
  return { below, belowNow, gaps, heights, pooled }
}
