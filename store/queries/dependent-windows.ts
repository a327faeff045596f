import type { Query } from '../query.ts'

export interface DependentWindow {
  /** Epoch ms. */
  readonly start: number
  readonly revision: number
}

/**
 * Evaluated windows of one width that start after some instant and no later than another (epoch ms):
 * those whose trailing baseline looks back on what lies between.
 */
export function dependentWindows(
  model: string,
  window: string,
  range: { readonly after: number; readonly upTo: number },
): Query<DependentWindow> {
  return {
    name: 'dependent-windows',
    sql: `
SELECT toInt64(toUnixTimestamp(window_start)) * 1000 AS start, revision
FROM windows FINAL
WHERE model = {model:String} AND window = {window:String}
  AND window_start > toDateTime(intDiv({after:Int64}, 1000), 'UTC')
  AND window_start <= toDateTime(intDiv({upTo:Int64}, 1000), 'UTC')
ORDER BY window_start`,
    params: { model, window, after: range.after, upTo: range.upTo },
    toRow: (raw) => ({ start: Number(raw['start']), revision: Number(raw['revision']) }),
  }
}
