import { type Scorer } from './scorer.ts'

/** Ranks at which the values of a feature are known: dense where tails are. */
export const tailLevels: readonly number[] = [
  0, 0.0001, 0.0003, 0.001, 0.003, 0.005, 0.01, 0.02, 0.03, 0.04, 0.05, 0.075, 0.1, 0.15, 0.2, 0.25,
  0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.925, 0.95, 0.96, 0.97,
  0.98, 0.99, 0.995, 0.997, 0.999, 0.9997, 0.9999, 1,
]

/** Plain JSON. One entry a feature; null for a categorical one, whose code is its answer already. */
export interface Tails {
  readonly kind: 'tails'
  readonly n: number
  /** Reference values at `tailLevels`, ascending; empty where it had none. */
  readonly quantiles: readonly (readonly number[] | null)[]
}

/**
 * The bits of surprise of a row's oddest value: −log₂ of the chance that the
 * reference has a value as far out, on either side for numbers, at most as
 * frequent for categories. From 0 up, greater is stranger. Beyond the whole
 * reference it goes on by the logarithm of the distance from it in robust
 * standard deviations (interquartile range / 1.349).
 *
 * It sees a single odd value among any number of usual ones and says which; it
 * does not see combinations, and the more features there are the more often one
 * of them is odd, which the percentile among the reference accounts for.
 * Missing numbers say nothing; a missing category is one of the categories.
 *
 * A feature's contribution is its own bits. O(features·log levels).
 *
 * Ref: Z. Li et al., ECOD, IEEE Trans. Knowledge and Data Eng. 35 (2023),
 * 12181–12193, of which this is the greatest term and not the sum.
 */
export function tailsScorer({ n, quantiles }: Tails): Scorer {
  const grids = quantiles.map((grid) => (grid === null ? null : Float64Array.from(grid)))
  const least = 1 / (n + 1)
  return {
    raw: (values) => {
      let rarest = 1
      let most = 0
      for (let i = 0; i < grids.length; i++) {
        const x = values[i]!
        const grid = grids[i] ?? null
        if (grid === null) most = x > most ? x : most
        else rarest = Math.min(rarest, tailShare(grid, x, least))
      }
      // One logarithm for all: it keeps their order.
      return Math.max(most, -Math.log2(rarest))
    },
    contribute: (values, into) => {
      for (let i = 0; i < grids.length; i++) {
        const grid = grids[i] ?? null
        into[i] = grid === null ? values[i]! : -Math.log2(tailShare(grid, values[i]!, least))
      }
    },
  }
}

/** Chance of a value as far out as x, 1 for none; below `least` only outside of the grid. */
function tailShare(grid: Float64Array, x: number, least: number): number {
  const last = grid.length - 1
  if (x !== x || last < 0) return 1
  const beyond = Math.max(grid[0]! - x, x - grid[last]!)
  if (beyond > 0) return Math.max(Number.MIN_VALUE, least / (1 + beyond / robustDeviation(grid)))
  const below = rank(grid, x, false)
  const upTo = rank(grid, x, true)
  return Math.min(1, Math.max(least, 2 * Math.min(upTo, 1 - below)))
}

function robustDeviation(grid: Float64Array): number {
  const deviation = (grid[thirdQuartile]! - grid[firstQuartile]!) / 1.349
  if (deviation > 0) return deviation
  const range = grid.at(-1)! - grid[0]!
  return range > 0 ? range : Math.max(1e-9, 1e-6 * Math.abs(grid[0]!))
}

const firstQuartile = tailLevels.indexOf(0.25)
const thirdQuartile = tailLevels.indexOf(0.75)

/** The share of the reference below x, or below and at x; between two levels by a straight line. */
function rank(grid: Float64Array, x: number, inclusive: boolean): number {
  let below = -1
  let after = grid.length
  while (after - below > 1) {
    const middle = (below + after) >> 1
    if (inclusive ? grid[middle]! <= x : grid[middle]! < x) below = middle
    else after = middle
  }
  if (below < 0) return 0
  if (after === grid.length) return 1
  const from = grid[below]!
  const place = (x - from) / (grid[after]! - from)
  return tailLevels[below]! + place * (tailLevels[after]! - tailLevels[below]!)
}
