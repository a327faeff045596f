import type { Query } from '../query.ts'
import { monitoredCondition, type MonitoredMetrics } from './alert-metric-rows.ts'
import { metricColumns, toMetricRow, type MetricRow } from './metric-row.ts'

export interface PreviousRowsInput {
  readonly monitored: MonitoredMetrics
  /** Half-open range of window starts, epoch ms. */
  readonly from: number
  readonly to: number
  readonly minSamples: number
  /** How many a series. */
  readonly limit: number
}

// Several methods may give rows for one window: windows are counted, not rows.
const sql = `
SELECT ${metricColumns}
FROM metrics FINAL
WHERE ${monitoredCondition}
  AND window_start >= fromUnixTimestamp64Milli({from:Int64}, 'UTC')
  AND window_start < fromUnixTimestamp64Milli({to:Int64}, 'UTC')
  AND (version, variant, slice, feature, window_start) IN (
    SELECT version, variant, slice, feature, window_start
    FROM metrics FINAL
    WHERE ${monitoredCondition}
      AND window_start >= fromUnixTimestamp64Milli({from:Int64}, 'UTC')
      AND window_start < fromUnixTimestamp64Milli({to:Int64}, 'UTC')
      AND status = 'ok' AND isNotNull(value) AND n_current >= {minSamples:UInt64}
    GROUP BY version, variant, slice, feature, window_start
    ORDER BY window_start DESC
    LIMIT {limit:UInt32} BY version, variant, slice, feature
  )
ORDER BY window_start, version, variant, slice, feature, method`

/** The last judged windows of every series before a window, oldest first. */
export function alertPreviousRows(input: PreviousRowsInput): Query<MetricRow> {
  const { monitored, ...rest } = input
  return {
    name: 'alert-previous-rows',
    sql,
    params: { ...monitored, ...rest },
    // On a cluster each shard holds whole models, but the planner cannot know that.
    settings: { distributed_product_mode: 'global' },
    toRow: toMetricRow,
  }
}
