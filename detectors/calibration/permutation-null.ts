import { total } from '../bins.ts'
import { gammaQ, upperGammaQuantile } from '../special-functions/incomplete-gamma.ts'

/** A gamma distribution by shape and scale; χ² with k degrees of freedom has shape k/2, scale 2. */
export interface GammaNull {
  /** 0 where nothing can vary. */
  readonly shape: number
  readonly scale: number
  /** Where it begins, if not at 0. */
  readonly start?: number
}

/** Mean and second and third central moments; of independent parts they add up. */
export interface Moments {
  readonly mean: number
  readonly variance: number
  readonly third: number
}

/**
 * The gamma distribution with these three moments, begun wherever they ask for;
 * where the third is not positive, the one from 0 with the first two.
 */
export function gammaOf({ mean, variance, third }: Moments): GammaNull {
  if (!(variance > 0)) return { shape: 0, scale: 0 }
  if (!(third > 0)) {
    return mean > 0
      ? { shape: (mean * mean) / variance, scale: variance / mean }
      : { shape: 0, scale: 0 }
  }
  const scale = third / (2 * variance)
  const shape = variance / (scale * scale)
  return { start: mean - shape * scale, shape, scale }
}

/** What a bin adds to a statistic on the χ² scale, from its reference and its current count. */
export type Contribution = (reference: number, current: number) => number

/**
 * Null distribution of a statistic Σ f(xᵢ, yᵢ) over bins, as if the events of
 * both samples had been dealt out again at random: given its total, the current
 * count of a bin is then hypergeometric. The mean is exact; the second and third
 * moments join the bins' own with what they have in common in large samples; a
 * shifted gamma distribution takes all three.
 *
 * In large samples this *is* χ² with B − 1 degrees of freedom. With rare bins χ²
 * misleads both ways: for 200 equal categories, 10,000 reference and 300 current
 * events without drift it calls 95 of 100 Jensen–Shannon distances significant,
 * and no PSI at all, because pseudo-counts pull rare shares together.
 *
 * Shape 0 where fewer than two bins are in use: the statistic is then constant.
 * Pseudo-counts give a bin's contribution a slope as well: what it pulls a
 * common share down by is in the mean, and since all counts add up to the number
 * of events, slopes that are alike cancel.
 *
 * O(bins · √count) for small counts, O(1) a bin for large ones.
 */
export function permutationNull(
  reference: readonly number[],
  current: readonly number[],
  contribution: Contribution,
): GammaNull {
  const n = total(reference)
  const m = total(current)
  // Beyond the bins' own moments, of χ² with B − 1 degrees of freedom.
  let mean = 0
  let variance = 2
  let third = 16
  let slopes = 0
  let squares = 0
  let used = 0
  for (let i = 0; i < reference.length; i++) {
    const pooled = reference[i]! + current[i]!
    if (pooled === 0) continue
    used++
    const share = pooled / (n + m)
    const bin = binMoments(pooled, { n, m }, contribution)
    mean += bin.mean
    variance += bin.variance - 2 * share * share
    third += bin.third - share * share * (24 - 8 * share)
    slopes += bin.slope * share
    squares += (bin.slope * share) ** 2
  }
  if (used < 2 || mean <= 0) return { shape: 0, scale: 0 }
  const together = ((n * m) / Math.max(1, n + m - 1)) * (slopes * slopes - squares)
  return gammaOf({ mean, variance: variance - together, third })
}

/** Chance that a statistic, never negative, is at least this value; 1 where nothing can vary. */
export function gammaSurvival(value: number, { shape, scale, start = 0 }: GammaNull): number {
  return shape > 0 && value > 0 ? gammaQ(shape, (value - start) / scale) : 1
}

/** The value exceeded with chance `level`; 0 where nothing can vary. */
export function gammaQuantile(level: number, { shape, scale, start = 0 }: GammaNull): number {
  return shape > 0 ? Math.max(0, start + scale * upperGammaQuantile(shape, level)) : 0
}

/** Beyond this standard deviation a count may be taken as normal. */
const denseDeviation = 8

/** Nodes and weights for a mean over a standard normal value, exact for polynomials up to degree nine. */
const normalNodes = [
  0, 1.355626179974266, -1.355626179974266, 2.856970013872806, -2.856970013872806,
]
const normalWeights = [
  8 / 15,
  0.2220759220056126,
  0.2220759220056126,
  0.01125741132772071,
  0.01125741132772071,
]

/** Moments of what a bin adds, and how much more that is for one current event more. */
export interface BinMoments extends Moments {
  readonly slope: number
}

function binMoments(pooled: number, sides: Sides, contribution: Contribution): BinMoments {
  const sparse = sparseMoments(pooled, sides, contribution)
  if (sparse !== null) return sparse
  const { center, deviation } = dealtOut(pooled, sides)
  let first = 0
  let second = 0
  let third = 0
  let product = 0
  for (let k = 0; k < normalNodes.length; k++) {
    const node = normalNodes[k]!
    const weight = normalWeights[k]!
    const y = center + deviation * node
    const value = contribution(pooled - y, y)
    first += weight * value
    second += weight * value * value
    third += weight * value * value * value
    product += weight * node * value
  }
  return momentsOf(first, second, third, product / deviation)
}

/** Mean and standard deviation of the current count of a bin of `pooled` events. */
function dealtOut(pooled: number, { n, m }: Sides): { center: number; deviation: number } {
  const share = pooled / (n + m)
  return {
    center: m * share,
    deviation: Math.sqrt((m * share * (1 - share) * n) / Math.max(1, n + m - 1)),
  }
}

/** From the means of a value, its square and its cube. */
function momentsOf(mean: number, square: number, cube: number, slope: number): BinMoments {
  return {
    mean,
    variance: Math.max(0, square - mean * mean),
    third: cube - mean * (3 * square - 2 * mean * mean),
    slope,
  }
}

/** Events of the reference and of the current sample. */
export interface Sides {
  readonly n: number
  readonly m: number
}

/**
 * Moments of what a bin of `pooled` events adds, when they are dealt
 * out at random. Null where the current count varies by more than eight, and
 * may be taken as normal. O(√pooled).
 */
export function sparseMoments(
  pooled: number,
  { n, m }: Sides,
  contribution: Contribution,
): BinMoments | null {
  const { center, deviation } = dealtOut(pooled, { n, m })
  if (deviation > denseDeviation) return null

  const least = Math.max(0, pooled - n, Math.floor(center - 7 * deviation - 4))
  const most = Math.min(pooled, m, Math.ceil(center + 7 * deviation + 4))
  // Relative weights from the middle outwards, so that none underflows early.
  const middle = Math.min(most, Math.max(least, Math.round(center)))
  let weights = 0
  let first = 0
  let second = 0
  let third = 0
  let product = 0
  let weight = 1
  for (let y = middle; y <= most; y++) {
    const value = contribution(pooled - y, y)
    weights += weight
    first += weight * value
    second += weight * value * value
    third += weight * value * value * value
    product += weight * value * (y - center)
    weight *= ((pooled - y) * (m - y)) / ((y + 1) * (n - pooled + y + 1))
  }
  weight = 1
  for (let y = middle - 1; y >= least; y--) {
    weight *= ((y + 1) * (n - pooled + y + 1)) / ((pooled - y) * (m - y))
    const value = contribution(pooled - y, y)
    weights += weight
    first += weight * value
    second += weight * value * value
    third += weight * value * value * value
    product += weight * value * (y - center)
  }
  const slope = deviation > 0 ? product / weights / (deviation * deviation) : 0
  return momentsOf(first / weights, second / weights, third / weights, slope)
}
