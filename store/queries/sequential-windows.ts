import type { Query } from '../query.ts'
import { monitoredCondition, type MonitoredMetrics } from './alert-metric-rows.ts'
import { startMs } from './sequential-series.ts'

/** A window and how much there is to read of it. */
export interface WindowSize {
  /** Epoch ms. */
  readonly start: number
  /** Rows or events. */
  readonly size: number
}

/** The windows from one on (epoch ms) that a metric has rows of, oldest first. */
export function sequentialWindows(followed: MonitoredMetrics, from: number): Query<WindowSize> {
  return {
    name: 'sequential-windows',
    sql: `
SELECT ${startMs}, count() AS size
FROM metrics FINAL
WHERE ${monitoredCondition}
  AND window_start >= toDateTime(intDiv({from:Int64}, 1000), 'UTC')
GROUP BY start
ORDER BY start`,
    params: { ...followed, from },
    toRow: (raw) => ({ start: Number(raw['start']), size: Number(raw['size']) }),
  }
}
