import { effectiveSize, nonValues, requireSameBins, total, valueCounts } from '../bins.ts'
import { withRareRest } from '../calibration/rare-rest.ts'
import { type Detector, type DriftInput } from '../detector.ts'
import { profileMoments } from '../moments.ts'
import { type FeatureProfile, type NumericBinning } from '../profile.ts'
import { fineBins, type ProfilePair, profilePair } from '../pair.ts'
import { noiseLevel } from '../score.ts'
import {
  type TransportNull,
  transportNull,
  transportQuantile,
  transportSurvival,
} from '../calibration/transport-null.ts'

/** Evidently's floor: a reference that hardly varies must not blow a tiny move up without bound. */
const leastDeviation = 0.001

/**
 * Wasserstein-1 (earth mover's) distance of two histograms whose bins sit at
 * the given ascending positions:
 *
 *     W₁ = Σ |Fᵢ − Gᵢ| · (xᵢ₊₁ − xᵢ)
 *
 * with Fᵢ and Gᵢ the share of reference and current events up to bin i: the
 * mean way that a unit of mass must move, in the unit of the positions. Zero
 * only for equal shares, without an upper bound; greater is worse.
 *
 * It weighs far values heavily, so one extreme value can make it. No drift at
 * all gives about 1.3·σ·√(1/n + 1/m) for a normal feature: Evidently's
 * threshold of 0.1 σ fires on most windows of 100 events. An empty sample has
 * distance 0 to everything.
 *
 * O(bins).
 *
 * Ref: L. N. Vaserstein, Probl. Peredachi Inf. 5 (1969), 64–72; SciPy's
 * `stats.wasserstein_distance`.
 *
 * @example wasserstein([1, 1, 0], [0, 1, 1], [0, 1, 3]) // 1.5
 */
export function wasserstein(
  reference: readonly number[],
  current: readonly number[],
  positions: readonly number[],
): number {
  requireSameBins('wasserstein', reference, current)
  const n = total(reference)
  const m = total(current)
  if (n === 0 || m === 0) return 0
  let below = 0
  let belowNow = 0
  let work = 0
  for (let i = 0; i + 1 < positions.length; i++) {
    below += reference[i]!
    belowNow += current[i]!
    work += Math.abs(below / n - belowNow / m) * (positions[i + 1]! - positions[i]!)
  }
  return work
}

/**
 * Where a bin's mass sits: an inner bin's in its middle. An open outer bin's
 * lies beyond its edge by the mean of the exponential tail through the last two
 * bins of the reference, but within the reference's own range; so one far
 * outlier in a window does not move the ruler. Positions hang on the reference
 * only, ascend, and have the unit of the feature. O(bins).
 */
export function binPositions(binning: NumericBinning, reference: FeatureProfile): number[] {
  const { edges } = binning
  const counts = valueCounts(reference, binning)
  const last = edges.length - 1
  if (last < 0) return [binning.low]
  const lowest = Math.min(binning.low, reference.min ?? binning.low, edges[0]!)
  const highest = Math.max(binning.high, reference.max ?? binning.high, edges[last]!)
  if (last === 0) return [lowest / 2 + edges[0]! / 2, edges[0]! / 2 + highest / 2]

  const below = tailMean(edges[1]! - edges[0]!, counts[0]!, counts[1]!)
  const above = tailMean(edges[last]! - edges[last - 1]!, counts[last + 1]!, counts[last]!)
  const positions = new Array<number>(last + 2)
  positions[0] = Math.max(lowest, edges[0]! - below)
  for (let i = 1; i <= last; i++) positions[i] = edges[i]! / 2 + edges[i - 1]! / 2
  positions[last + 1] = Math.min(highest, edges[last]! + above)
  return positions
}

function tailMean(width: number, outer: number, next: number): number {
  return outer > 0 ? width / Math.log1p(next / outer) : width / 2
}

/** What is known of the values of a pair of numbers, in the feature's own place and unit. */
export interface PlacedValues {
  /** Where the bins sit, in reference deviations. */
  readonly positions: readonly number[]
  /** A reference deviation, at least 0.001, in the feature's unit. */
  readonly unit: number
  /** Null without values or sums. */
  readonly moments: BinnedMoments | null
  readonly momentsNow: BinnedMoments | null
}

/** Null for categories, which have no place. Bins hang on the reference only. O(bins). */
export function placedValues({ binning, reference, current }: DriftInput): PlacedValues | null {
  if (binning.kind !== 'numeric') return null
  const places = binPositions(binning, reference)
  for (let i = 0; i < places.length; i++) places[i] = bounded(places[i]!)
  const counts = valueCounts(reference, binning)
  const moments = binnedMoments(reference, counts, places)
  const unit = Math.max(leastDeviation, moments?.deviation ?? spread(counts, places))
  const momentsNow = binnedMoments(current, valueCounts(current, binning), places)
  const positions = new Array<number>(places.length)
  for (let i = 0; i < places.length; i++) positions[i] = places[i]! / unit
  return { positions, unit, moments, momentsNow }
}

/** Both samples in units of the reference's standard deviation, cut into value and non-value parts. */
interface Transport {
  /** Mean way of the values that both sides have, times their common share. */
  readonly work: number
  /** Share that moved between value, unseen, mismatch, invalid and missing. */
  readonly moved: number
  readonly nothing: TransportNull
}

function transport({ reference, current }: ProfilePair, values: PlacedValues): Transport {
  const { counts } = reference
  const { counts: countsNow } = current
  const { positions, unit, moments, momentsNow } = values
  const groups = [total(counts), ...nonValues(reference)]
  const groupsNow = [total(countsNow), ...nonValues(current)]
  const common = Math.min(groups[0]! / total(groups), groupsNow[0]! / total(groupsNow))

  // W₁ is never below the move of the mean, which the moments know exactly
  // even where both samples lie in one open bin.
  const shift = moments && momentsNow ? Math.abs(moments.mean - momentsNow.mean) / unit : 0
  const work = Math.max(wasserstein(counts, countsNow, positions), shift)
  const pooledDeviation = moments && momentsNow ? pooled(moments, momentsNow) : 0
  return {
    work: common * rounded(work),
    moved: movedShare(groups, groupsNow),
    nothing: transportNull({
      values: pooledCounts(counts, countsNow),
      widths: stepsBetween(positions, common),
      meanDeviation: common * rounded(pooledDeviation / unit),
      valueSize: groups[0]! > 0 && groupsNow[0]! > 0 ? effectiveSize(groups[0]!, groupsNow[0]!) : 0,
      groups: pooledCounts(groups, groupsNow),
      n: total(groups),
      m: total(groupsNow),
    }),
  }
}

export interface BinnedMoments {
  readonly values: number
  readonly mean: number
  /** Population standard deviation. */
  readonly deviation: number
}

/**
 * Moments of a profile's values whose squares do not overflow. Sums of squares
 * lose a deviation of less than a millionth of the mean to rounding, as
 * timestamps with a spread of minutes do; the bins still know it, at the
 * positions that the reference gives them. Null without values or sums.
 */
function binnedMoments(
  profile: FeatureProfile,
  counts: readonly number[],
  places: readonly number[],
): BinnedMoments | null {
  const moments = profileMoments(profile)
  if (moments === null) return null
  const told = moments.deviation > 1e-6 * Math.abs(moments.mean)
  return {
    values: moments.values,
    mean: bounded(moments.mean),
    deviation: told ? bounded(moments.deviation) : spread(counts, places),
  }
}

function pooledCounts(counts: readonly number[], countsNow: readonly number[]): number[] {
  const pooled = new Array<number>(counts.length)
  for (let i = 0; i < counts.length; i++) pooled[i] = counts[i]! + countsNow[i]!
  return pooled
}

/** The way from each position to the next, for a share of the mass. */
function stepsBetween(positions: readonly number[], share: number): number[] {
  const steps = new Array<number>(Math.max(0, positions.length - 1))
  for (let i = 0; i < steps.length; i++) {
    steps[i] = share * rounded(positions[i + 1]! - positions[i]!)
  }
  return steps
}

/** Standard deviation of both samples thrown together. */
function pooled(a: BinnedMoments, b: BinnedMoments): number {
  const share = a.values / (a.values + b.values)
  const within = share * a.deviation ** 2 + (1 - share) * b.deviation ** 2
  return Math.sqrt(within + share * (1 - share) * (a.mean - b.mean) ** 2)
}

/** Total variation distance of the kinds of event. */
function movedShare(groups: readonly number[], groupsNow: readonly number[]): number {
  const n = total(groups)
  const m = total(groupsNow)
  let moved = 0
  for (const [i, count] of groups.entries()) moved += Math.abs(count / n - groupsNow[i]! / m)
  return moved / 2
}

function spread(counts: readonly number[], positions: readonly number[]): number {
  const values = Math.max(1, total(counts))
  let mean = 0
  for (let i = 0; i < counts.length; i++) mean += (counts[i]! / values) * positions[i]!
  let variance = 0
  for (let i = 0; i < counts.length; i++) {
    variance += (counts[i]! / values) * (positions[i]! - mean) ** 2
  }
  return Math.sqrt(variance)
}

/** Squares of larger values would overflow. */
function bounded(x: number): number {
  return Math.max(-1e140, Math.min(1e140, x))
}

/** Squares of smaller ways would vanish and leave a distance without a variance. */
function rounded(way: number): number {
  return way < 1e-100 ? 0 : way
}

/**
 * W₁/σ of two profiles: `wasserstein` over the fine bins and never below the
 * move of the mean, divided by the reference's population standard deviation
 * (at least 0.001). Mass that moves between values and missing, invalid,
 * mismatched or unseen costs 1, one reference deviation a unit of mass; the
 * values pay for the share that both sides hold. Method `wasserstein/normed`.
 */
export const wassersteinDetector: Detector = {
  metric: 'wasserstein',
  method: 'wasserstein/normed',
  kinds: ['numeric'],
  direction: 'greater_is_worse',
  minReference: 100,
  describe:
    'Mean way that values moved, in standard deviations of the reference; a value that turns missing or invalid counts as one deviation.',
  compute: (input) => {
    const pair = profilePair(input)
    const bins = fineBins(pair)
    const values = pair.once(placedValues)
    if (bins === null || values === null) return null
    const { work, moved, nothing } = transport(pair, values)
    // Rare counts are far from normal: Yates' half an event keeps a single stray one quiet.
    const half = Math.min(moved, (1 / nothing.n + 1 / nothing.m) / 2)
    const value = work + moved
    const judgement = {
      pValue: transportSurvival(value - half, nothing),
      noiseFloor: transportQuantile(noiseLevel, nothing) + half,
    }
    return {
      method: 'wasserstein/normed',
      value,
      direction: 'greater_is_worse',
      effect: value,
      nReference: nothing.n,
      nCurrent: nothing.m,
      ...withRareRest(judgement, value, bins),
    }
  },
}
