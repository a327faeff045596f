import { total, valueCounts } from '../bins.ts'
import { type FeatureProfile, type NumericBinning } from '../profile.ts'

/**
 * A quantile from the fine bins: the bin that holds rank q·n is found, and the
 * place in it by a straight line through its events. Bins are cut to the
 * profile's own minimum and maximum, so no answer lies outside them.
 *
 * In the unit of the feature. Off by less than one bin, which holds about 1/64
 * of the reference; where a window has left the reference's range, everything
 * sits in one open bin and the answer is a straight line from minimum to
 * maximum. Undefined without values. O(bins).
 *
 * Ref: R. J. Hyndman, Y. Fan, Am. Stat. 50 (1996), 361–365, type 4 on bins.
 */
export function binnedQuantile(
  profile: FeatureProfile,
  binning: NumericBinning,
  q: number,
): number | undefined {
  const counts = valueCounts(profile, binning)
  const { min, max } = profile
  const values = total(counts)
  if (values === 0 || min === null || max === null) return undefined
  const inside = (x: number) => Math.min(max, Math.max(min, x))
  const rank = q * values
  let below = 0
  for (const [i, count] of counts.entries()) {
    if (count > 0 && below + count >= rank) {
      const from = inside(binning.edges[i - 1] ?? min)
      const to = inside(binning.edges[i] ?? max)
      return inside(from + (to - from) * ((rank - below) / count))
    }
    below += count
  }
  return max
}
