import { total } from './bins.ts'
import { type FeatureProfile } from './profile.ts'

/**
 * Mean and population standard deviation of a profile's numeric values, in
 * their own unit. Null without values, without moments, or where the sums have
 * overflowed. Values that differ by less than about 1e-8 of their size lose
 * their deviation to rounding; it then reads 0, never NaN. O(bins).
 */
export function profileMoments(
  profile: FeatureProfile,
): { values: number; mean: number; deviation: number } | null {
  const values = total(profile.counts)
  if (values === 0 || profile.sum === null || profile.sumSquares === null) return null
  const mean = profile.sum / values
  const variance = profile.sumSquares / values - mean * mean
  if (!Number.isFinite(mean) || !Number.isFinite(variance)) return null
  return { values, mean, deviation: Math.sqrt(Math.max(0, variance)) }
}
