import type { Query } from '../query.ts'
import { monitoredCondition, type MonitoredMetrics } from './alert-metric-rows.ts'
import { metricColumns, toMetricRow, type MetricRow } from './metric-row.ts'
import { inPart, startsBetween, type SeriesPart, type StartRange } from './sequential-series.ts'

/** Every row of a followed metric in some windows, whatever its status, oldest first. */
export function sequentialValues(
  followed: MonitoredMetrics,
  range: StartRange,
  part: SeriesPart,
): Query<MetricRow> {
  return {
    name: 'sequential-values',
    sql: `
SELECT ${metricColumns}
FROM metrics FINAL
WHERE ${monitoredCondition}
  AND ${startsBetween}
  AND ${inPart}
ORDER BY window_start`,
    params: { ...followed, ...range, ...part },
    toRow: toMetricRow,
  }
}
