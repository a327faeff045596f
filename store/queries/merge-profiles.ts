import type { StoredProfile } from '../binning.ts'
import type { Query } from '../query.ts'
import { toStoredProfile } from './stored-profile.ts'

export interface MergedProfile {
  readonly version: string
  readonly variant: string
  /** Epoch ms. */
  readonly windowStart: number
  readonly slice: string
  readonly feature: string
  readonly profile: StoredProfile
}

export interface MergeProfilesInput {
  readonly model: string
  /** The base window by name: what table windows calls the profiles' grain. */
  readonly baseWindow: string
  /** Width of the merged windows, ms: a multiple of the base window. */
  readonly widthMs: number
  /** Starts of the merged windows, epoch ms, aligned to the width. */
  readonly starts: readonly number[]
  /** Features that have bins by now: their profiles from before that count nothing are left out. */
  readonly binned: readonly string[]
  /** Absent: all features in all slices. */
  readonly only?: { readonly features: readonly string[]; readonly slices: readonly string[] }
}

export interface MergeRangeInput {
  readonly model: string
  readonly baseWindow: string
  /** Epoch ms, half-open, by base window start. */
  readonly from: number
  readonly to: number
  /** Null: all versions, all variants. */
  readonly version: string | null
  readonly variant: string | null
  readonly binned: readonly string[]
}

// Floating point sums depend on their order, so each is taken in the order of time, version, variant.
const ordered = (column: string): string =>
  `if(countIf(p.${column} IS NOT NULL) = 0, NULL, arraySum(arrayMap(x -> x.4, arraySort(groupArrayIf((p.window_start, p.version, p.variant, assumeNotNull(p.${column})), p.${column} IS NOT NULL)))))`

const merged = `
  sum(p.n) AS total_n,
  sum(p.missing) AS total_missing,
  sum(p.invalid) AS total_invalid,
  sum(p.unseen) AS total_unseen,
  sum(p.type_mismatch) AS total_type_mismatch,
  sum(p.out_of_range) AS total_out_of_range,
  sumForEach(p.counts) AS total_counts,
  ${ordered('sum')} AS total_sum,
  ${ordered('sum_squares')} AS total_sum_squares,
  min(p.min) AS total_min,
  max(p.max) AS total_max`

// A slice that a later computation no longer holds keeps its row of the earlier one: only rows of the
// recorded computation count, or of one that is being written and not recorded yet.
const source = `
FROM profiles AS p FINAL
INNER JOIN (
  SELECT window_start, computations
  FROM windows FINAL
  WHERE model = {model:String} AND window = {baseWindow:String}
    AND window_start >= toDateTime(intDiv({from:Int64}, 1000), 'UTC')
    AND window_start < toDateTime(intDiv({to:Int64}, 1000), 'UTC')
) AS w ON p.window_start = w.window_start
WHERE p.model = {model:String}
  AND p.window_start >= toDateTime(intDiv({from:Int64}, 1000), 'UTC')
  AND p.window_start < toDateTime(intDiv({to:Int64}, 1000), 'UTC')
  AND p.revision >= w.computations
  AND NOT (empty(p.counts) AND has({binned:Array(String)}, p.feature))`

/** Profiles of windows of any width, merged from those of the base windows, a row a series and feature. */
export function mergeProfiles(input: MergeProfilesInput): Query<MergedProfile> {
  const { model, baseWindow, widthMs, starts, binned, only } = input
  const some =
    only === undefined
      ? ''
      : `
  AND p.feature IN {features:Array(String)} AND p.slice IN {slices:Array(String)}`
  const wide = `intDiv(toInt64(toUnixTimestamp(p.window_start)) * 1000, {width:Int64}) * {width:Int64}`
  return {
    name: 'merge-profiles',
    sql: `SELECT p.version AS version, p.variant AS variant, ${wide} AS start, p.slice AS slice, p.feature AS feature,${merged}${source}
  AND has({starts:Array(Int64)}, ${wide})${some}
GROUP BY version, variant, start, slice, feature
ORDER BY start, version, variant, slice, feature`,
    params: {
      model,
      baseWindow,
      width: widthMs,
      starts,
      binned,
      ...only,
      from: starts.reduce((a, b) => Math.min(a, b), Infinity),
      to: starts.reduce((a, b) => Math.max(a, b), -Infinity) + widthMs,
    },
    toRow: (raw) => ({
      version: String(raw['version']),
      variant: String(raw['variant']),
      windowStart: Number(raw['start']),
      slice: String(raw['slice']),
      feature: String(raw['feature']),
      profile: toStoredProfile(raw, 'total_'),
    }),
  }
}

export type RangeProfile = Pick<MergedProfile, 'slice' | 'feature' | 'profile'>

/** One profile a slice and feature for a stretch of time: what a trailing or version baseline is. */
export function mergeRange(input: MergeRangeInput): Query<RangeProfile> {
  const { version, variant, ...rest } = input
  const params: Record<string, unknown> = { ...rest }
  const conditions: string[] = []
  if (version !== null) {
    conditions.push('AND p.version = {version:String}')
    params['version'] = version
  }
  if (variant !== null) {
    conditions.push('AND p.variant = {variant:String}')
    params['variant'] = variant
  }
  return {
    name: 'merge-range',
    sql: `SELECT p.slice AS slice, p.feature AS feature,${merged}${source}
  ${conditions.join('\n  ')}
GROUP BY slice, feature
ORDER BY slice, feature`,
    params,
    toRow: (raw) => ({
      slice: String(raw['slice']),
      feature: String(raw['feature']),
      profile: toStoredProfile(raw, 'total_'),
    }),
  }
}
