import { total, valueCounts } from '../bins.ts'
import { type FeatureProfile, type NumericBinning } from '../profile.ts'

/**
 * Quantiles at the given levels, which ascend from 0 to 1, from the fine bins: the bin that holds rank q·n is found, and the
 * place in it by a straight line through its events. Bins are cut to the
 * profile's own minimum and maximum, so no answer lies outside them.
 *
 * In the unit of the feature. Off by less than one bin, which holds about 1/64
 * of the reference; where a window has left the reference's range, everything
 * sits in one open bin and the answer is a straight line from minimum to
 * maximum. Empty without values. O(bins).
 *
 * Ref: R. J. Hyndman, Y. Fan, Am. Stat. 50 (1996), 361–365, type 4 on bins.
 */
export function binnedQuantiles(
  profile: FeatureProfile,
  binning: NumericBinning,
  levels: readonly number[],
): number[] {
  const counts = valueCounts(profile, binning)
  const { min, max } = profile
  const values = total(counts)
  if (values === 0 || min === null || max === null) return []
  const quantiles: number[] = []
  let bin = 0
  let below = 0
  for (const level of levels) {
    const rank = level * values
    while (bin < counts.length && !(counts[bin]! > 0 && below + counts[bin]! >= rank)) {
      below += counts[bin]!
      bin++
    }
    const from = within(binning.edges[bin - 1] ?? min, min, max)
    const to = within(binning.edges[bin] ?? max, min, max)
    const place = from + (to - from) * ((rank - below) / (counts[bin] ?? 1))
    quantiles.push(bin < counts.length ? within(place, min, max) : max)
  }
  return quantiles
}

function within(x: number, min: number, max: number): number {
  return Math.min(max, Math.max(min, x))
}
