import type { Query } from '../query.ts'
import { startMs } from './sequential-series.ts'
import type { WindowSize } from './sequential-windows.ts'

/** The windows from one on (epoch ms) whose labels were looked at and that have some, or had; oldest first. */
export function sequentialErrorWindows(
  model: string,
  window: string,
  from: number,
): Query<WindowSize> {
  return {
    name: 'sequential-error-windows',
    sql: `
SELECT ${startMs}, n AS size
FROM outcome_windows FINAL
WHERE model = {model:String} AND window = {window:String}
  AND window_start >= toDateTime(intDiv({from:Int64}, 1000), 'UTC')
  AND (n > 0 OR revision > 1)
ORDER BY start`,
    params: { model, window, from },
    toRow: (raw) => ({ start: Number(raw['start']), size: Number(raw['size']) }),
  }
}
