import { type DealtCounts } from './dealt-counts.ts'
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

/**
 * Null distribution of a statistic Σ f(xᵢ, yᵢ) over bins, as if the events of
 * both samples had been dealt out again at random. `terms` are f, on the χ²
 * scale, at the nodes of `dealt`. The mean is exact; the second and third
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
 * O(nodes).
 */
export function permutationNull(dealt: DealtCounts, terms: readonly number[]): GammaNull {
  const { n, m, ends, shares } = dealt
  if (ends.length < 2) return { shape: 0, scale: 0 }
  // Beyond the bins' own moments, of χ² with B − 1 degrees of freedom.
  let mean = 0
  let variance = 2
  let third = 16
  let slopes = 0
  let squares = 0
  for (let i = 0; i < ends.length; i++) {
    const share = shares[i]!
    const own = binMoments(dealt, terms, i)
    mean += own.mean
    variance += own.variance - 2 * share * share
    third += own.third - share * share * (24 - 8 * share)
    const slope = own.slope * share
    slopes += slope
    squares += slope * slope
  }
  if (mean <= 0) return { shape: 0, scale: 0 }
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

/** Moments of what a bin adds, and how much more that is for one current event more. */
interface BinMoments extends Moments {
  readonly slope: number
}

function binMoments(
  { current, weights, ends, centers, deviations }: DealtCounts,
  terms: readonly number[],
  bin: number,
): BinMoments {
  const end = ends[bin]!
  const center = centers[bin]!
  const variance = deviations[bin]! ** 2
  let mean = 0
  let square = 0
  let cube = 0
  let product = 0
  for (let k = bin > 0 ? ends[bin - 1]! : 0; k < end; k++) {
    const term = terms[k]!
    const weighted = weights[k]! * term
    mean += weighted
    square += weighted * term
    cube += weighted * term * term
    product += weighted * (current[k]! - center)
  }
  return {
    mean,
    variance: Math.max(0, square - mean * mean),
    third: cube - mean * (3 * square - 2 * mean * mean),
    slope: variance > 0 ? product / variance : 0,
  }
}
