import type { Query } from '../query.ts'
import { metricColumns, toMetricRow, type MetricRow } from './metric-row.ts'

// All but the window is fixed, in the order of the sort key: few marks are read, however long the history.
const sql = `
SELECT ${metricColumns}
FROM metrics FINAL
WHERE model = {model:String} AND metric = 'throughput' AND feature = '' AND slice = ''
  AND status != 'retracted'
QUALIFY window_start = max(window_start) OVER (PARTITION BY \`window\`)`

/** How many events the newest evaluated window of each width of one model held, by version and variant. */
export function newestVolumes(model: string): Query<MetricRow> {
  return { name: 'newest-volumes', sql, params: { model }, toRow: toMetricRow }
}
