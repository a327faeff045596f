import { type DriftInput } from './detector.ts'
import { type FeatureBinning, type FeatureProfile } from './profile.ts'

/** Aligned counts of two samples; bins that both leave empty are not in it. */
export interface BinPair {
  readonly reference: readonly number[]
  readonly current: readonly number[]
  /** Events of the reference and of the current sample: the sums of the counts. */
  readonly n: number
  readonly m: number
}

/**
 * Value bins in their order, then unseen, type mismatch, invalid and missing
 * as bins of their own: a share of missing values that moves is drift, so no
 * statistic may leave it out. `coarse` merges numeric fine bins into about ten.
 * Null when either side holds no event.
 */
export function binPair(input: DriftInput, grain: 'fine' | 'coarse'): BinPair | null {
  const reference = allBins(input.reference, input.binning, grain)
  const current = allBins(input.current, input.binning, grain)
  let used = 0
  let n = 0
  let m = 0
  for (let i = 0; i < reference.length; i++) {
    const x = reference[i]!
    const y = current[i]!
    if (x + y === 0) continue
    reference[used] = x
    current[used] = y
    n += x
    m += y
    used++
  }
  if (n === 0 || m === 0) return null
  reference.length = used
  current.length = used
  return { reference, current, n, m }
}

/** Counts of the values alone, one a fine bin, checked against the binning. */
export function valueCounts(profile: FeatureProfile, binning: FeatureBinning): readonly number[] {
  const bins = (binning.kind === 'numeric' ? binning.edges.length : binning.categories.length) + 1
  if (profile.counts.length !== bins) {
    throw new RangeError(`a profile over this binning has ${bins} counts`)
  }
  return profile.counts
}

/** Events that carry no usable value, by why: unseen, type mismatch, invalid, missing. */
export function nonValues(profile: FeatureProfile): readonly number[] {
  return [profile.unseen, profile.typeMismatch, profile.invalid, profile.missing]
}

/** A new array: value bins, then those of events without a value. */
function allBins(
  profile: FeatureProfile,
  binning: FeatureBinning,
  grain: 'fine' | 'coarse',
): number[] {
  const counts = valueCounts(profile, binning)
  if (grain === 'fine' || binning.kind === 'categorical') return counts.concat(nonValues(profile))
  if (binning.coarse.length !== counts.length) {
    throw new RangeError('a numeric binning names one coarse bin for each fine bin')
  }
  const { coarse } = binning
  const merged: number[] = []
  for (let i = 0; i < coarse.length; i++) {
    while (merged.length <= coarse[i]!) merged.push(0)
    merged[coarse[i]!]! += counts[i]!
  }
  return merged.concat(nonValues(profile))
}

export function total(counts: readonly number[]): number {
  let sum = 0
  for (const count of counts) sum += count
  return sum
}

/** Harmonic sample size nm / (n + m): the information that two samples have about their difference. */
export function effectiveSize(n: number, m: number): number {
  return (n * m) / (n + m)
}

/** Pure statistics take counts over the same bins; anything else is a bug of the caller. */
export function requireSameBins(
  name: string,
  reference: readonly number[],
  current: readonly number[],
): void {
  if (reference.length !== current.length || reference.length === 0) {
    throw new RangeError(`${name} requires two histograms over the same bins`)
  }
}
