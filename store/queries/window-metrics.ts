import type { Query } from '../query.ts'
import { equal, where } from './list-filters.ts'
import { metricColumns, toMetricRow, type MetricRow } from './metric-row.ts'

export interface WindowMetricsInput {
  readonly model: string
  /** Width by name. */
  readonly window: string
  /** Epoch ms. */
  readonly start: number
  readonly metric: string
  readonly baseline: string
  /** Absent: all of them. */
  readonly slice?: string
  readonly version?: string
  readonly variant?: string
}

/** One metric of one window against one baseline: a row a version, variant, slice, feature and method. */
export function windowMetrics({ start, ...filter }: WindowMetricsInput): Query<MetricRow> {
  const { text, params } = where(equal(filter), {
    conditions: [
      "window_start = toDateTime(intDiv({start:Int64}, 1000), 'UTC')",
      "status != 'retracted'",
    ],
    params: { start },
  })
  return {
    name: 'window-metrics',
    sql: `
SELECT ${metricColumns}
FROM metrics FINAL
${text}
ORDER BY version, variant, slice, feature, method`,
    params,
    toRow: toMetricRow,
  }
}
