import { total } from '../bins.ts'
import { profileMoments } from '../moments.ts'
import { type FeatureBinning, type FeatureProfile, type NumericBinning } from '../profile.ts'
import { binnedQuantiles } from './binned-quantiles.ts'
import { definedMetrics, type QualityMetric, ratio } from './metric.ts'

export interface InputMetricsInput {
  readonly profile: FeatureProfile
  readonly binning: FeatureBinning
  /** Number of distinct values over the rows: exact up to a thousand, beyond by HyperLogLog. */
  readonly distinct?: number
  /** Whether the reference knows the feature and whether the window has it. */
  readonly presence?: { readonly inReference: boolean; readonly inCurrent: boolean }
}

const quantiles = ['q01', 'q05', 'q25', 'q50', 'q75', 'q95', 'q99'] as const
const levels = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99]

/**
 * What a feature's values looked like in a window, without a reference: counts,
 * rates of `n` from 0 to 1, moments and quantiles in the unit of the feature,
 * `constant` and `schema_change` as 1 or 0. What is not defined is left out, so
 * an empty window gives `n` alone. O(bins).
 */
export function inputMetrics(input: InputMetricsInput): QualityMetric[] {
  const { profile, binning, distinct, presence } = input
  const changed = presence && presence.inReference !== presence.inCurrent
  return [
    ...definedMetrics([
      ['n', 'count', profile.n],
      ['missing_rate', 'share', ratio(profile.missing, profile.n)],
      ['invalid_rate', 'share', ratio(profile.invalid, profile.n)],
      ['type_mismatch_rate', 'share', ratio(profile.typeMismatch, profile.n)],
      ['distinct', 'hyperloglog-15', distinct],
      ['constant', 'single-value', constant(input)],
      ['schema_change', 'presence', changed === undefined ? undefined : Number(changed)],
    ]),
    ...(binning.kind === 'numeric'
      ? numericMetrics(profile, binning)
      : definedMetrics([['unseen_rate', 'share', ratio(profile.unseen, profile.n)]])),
  ]
}

function numericMetrics(profile: FeatureProfile, binning: NumericBinning): QualityMetric[] {
  const moments = profileMoments(profile)
  const found = binnedQuantiles(profile, binning, levels)
  return definedMetrics([
    ['out_of_range_rate', 'share', ratio(profile.outOfRange, profile.n)],
    ['mean', 'moments', moments?.mean],
    ['std', 'moments/population', moments?.deviation],
    ['min', 'exact', profile.min],
    ['max', 'exact', profile.max],
    ...quantiles.map((name, i) => [name, 'quantile/binned-64', found[i]] as const),
  ])
}

/** 1 when all values are one and the same, 0 when two differ, undefined without values. */
function constant({ profile, binning, distinct }: InputMetricsInput): number | undefined {
  if (total(profile.counts) + profile.unseen === 0) return undefined
  if (distinct !== undefined) return Number(distinct === 1)
  if (binning.kind === 'numeric') return Number(profile.min === profile.max)
  // Unseen and capped values keep no name: two of them may differ.
  const named = profile.counts.slice(0, -1).filter((count) => count > 0).length
  const unnamed = profile.unseen + (profile.counts.at(-1) ?? 0)
  return named + unnamed < 2 ? 1 : Number(named === 1 && unnamed === 0)
}
