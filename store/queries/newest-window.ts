import type { Query } from '../query.ts'

/**
 * Start (epoch ms) of the newest computed window of one width with at least `events` events, else of
 * the newest that has any. No row before there is one.
 */
export function newestWindow(model: string, window: string, events: number): Query<number> {
  return {
    name: 'newest-window',
    sql: `
SELECT toUnixTimestamp(window_start) * 1000 AS start
FROM windows FINAL
WHERE model = {model:String} AND window = {window:String} AND n > 0
ORDER BY n >= {events:UInt64} DESC, window_start DESC
LIMIT 1`,
    params: { model, window, events },
    toRow: (raw) => Number(raw['start']),
  }
}
