import type { Query } from '../query.ts'
import { monitoredCondition, type MonitoredMetrics } from './alert-metric-rows.ts'

export interface FamilySizesInput {
  readonly monitored: MonitoredMetrics
  /** The first window, epoch ms. */
  readonly from: number
  readonly minSamples: number
}

/** How many p-values one version, variant, baseline and method has in one window. */
export interface FamilySizeRow {
  /** Epoch ms. */
  readonly windowStart: number
  readonly tests: number
  /** Those without an adjusted one. */
  readonly unadjusted: number
}

const sql = `
SELECT toUnixTimestamp(window_start) AS start, count() AS tests, countIf(isNull(p_adjusted)) AS unadjusted
FROM metrics FINAL
WHERE ${monitoredCondition}
  AND window_start >= fromUnixTimestamp64Milli({from:Int64}, 'UTC')
  AND status = 'ok' AND isNotNull(value) AND isNotNull(p_value) AND n_current >= {minSamples:UInt64}
GROUP BY window_start, version, variant, baseline, method
ORDER BY window_start, version, variant, baseline, method`

/** What a monitor tests in every window from one on: all that its false alarms can come from. */
export function alertFamilySizes({ monitored, ...rest }: FamilySizesInput): Query<FamilySizeRow> {
  return {
    name: 'alert-family-sizes',
    sql,
    params: { ...monitored, ...rest },
    toRow: (raw) => ({
      windowStart: Number(raw['start']) * 1000,
      tests: Number(raw['tests']),
      unadjusted: Number(raw['unadjusted']),
    }),
  }
}
