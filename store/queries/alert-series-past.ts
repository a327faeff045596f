import type { Query } from '../query.ts'
import { monitoredCondition, type MonitoredMetrics } from './alert-metric-rows.ts'

export interface SeriesPastInput {
  readonly monitored: MonitoredMetrics
  /** Half-open range of window starts, epoch ms. */
  readonly from: number
  readonly to: number
  readonly minSamples: number
  /** One of `parts` about equal parts of all series, from 0. */
  readonly part: number
  readonly parts: number
}

/** The judged values of one series under one method and baseline. */
export interface SeriesPastRow {
  readonly version: string
  readonly variant: string
  readonly slice: string
  readonly feature: string
  readonly baseline: string
  readonly method: string
  /** Window starts, epoch ms, ascending. */
  readonly starts: readonly number[]
  /** Finite. */
  readonly values: readonly number[]
}

// One row a series, not one a window: a month of hours is 672 numbers, and their keys once.
const sql = `
WITH arraySort(groupArray((toUnixTimestamp(window_start), assumeNotNull(value)))) AS windows
SELECT version, variant, slice, feature, baseline, method,
  arrayMap(w -> w.1, windows) AS starts, arrayMap(w -> w.2, windows) AS values
FROM metrics FINAL
WHERE ${monitoredCondition}
  AND window_start >= fromUnixTimestamp64Milli({from:Int64}, 'UTC')
  AND window_start < fromUnixTimestamp64Milli({to:Int64}, 'UTC')
  AND status = 'ok' AND isNotNull(value) AND isFinite(value) AND n_current >= {minSamples:UInt64}
  AND cityHash64(slice, feature) % {parts:UInt32} = {part:UInt32}
GROUP BY version, variant, slice, feature, baseline, method
ORDER BY version, variant, slice, feature, baseline, method`

/** What every series of a monitor used to be. Windows with too few events say nothing here either. */
export function alertSeriesPast(input: SeriesPastInput): Query<SeriesPastRow> {
  const { monitored, ...rest } = input
  return {
    name: 'alert-series-past',
    sql,
    params: { ...monitored, ...rest },
    toRow: (raw) => ({
      version: String(raw['version']),
      variant: String(raw['variant']),
      slice: String(raw['slice']),
      feature: String(raw['feature']),
      baseline: String(raw['baseline']),
      method: String(raw['method']),
      starts: (raw['starts'] as (number | string)[]).map((seconds) => Number(seconds) * 1000),
      values: (raw['values'] as (number | string)[]).map(Number),
    }),
  }
}
