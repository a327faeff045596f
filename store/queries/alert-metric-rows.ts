import type { Query } from '../query.ts'
import { metricColumns, toMetricRow, type MetricRow } from './metric-row.ts'

/** Which rows of `metrics` one monitor looks at. */
export interface MonitoredMetrics {
  readonly model: string
  /** A metric's name or a method's id. */
  readonly metric: string
  /** Width by name. */
  readonly window: string
  readonly baselines: readonly string[]
  /** Empty for every feature. */
  readonly features: readonly string[]
  /** Empty for every slice. */
  readonly slices: readonly string[]
}

export const monitoredCondition = `model = {model:String}
  AND (metric = {metric:String} OR method = {metric:String})
  AND window = {window:String}
  AND has({baselines:Array(String)}, baseline)
  AND (empty({features:Array(String)}) OR has({features:Array(String)}, feature))
  AND (empty({slices:Array(String)}) OR has({slices:Array(String)}, slice))`

const sql = `
SELECT ${metricColumns}
FROM metrics FINAL
WHERE ${monitoredCondition}
  AND window_start >= fromUnixTimestamp64Milli({from:Int64}, 'UTC')
ORDER BY window_start, version, variant, slice, feature, method`

/** Every row of a monitor from one window on (epoch ms), whatever its status. */
export function alertMetricRows(monitored: MonitoredMetrics, from: number): Query<MetricRow> {
  return { name: 'alert-metric-rows', sql, params: { ...monitored, from }, toRow: toMetricRow }
}
