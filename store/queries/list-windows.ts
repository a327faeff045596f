import type { Query } from '../query.ts'
import { equal, isoTimes, when, where, within, type TimeRange } from './list-filters.ts'

/** One row of table `windows`: what was computed for one window, and how often. */
export interface WindowRecord {
  readonly model: string
  readonly window: string
  readonly window_start: string
  readonly window_end: string
  readonly n: number
  readonly revision: number
  readonly computations: number
  readonly binning: number
  readonly computed_at: string
}

/** Window width and start in ms. */
export type WindowKey = readonly [string, number]

/** Computed windows of one model, by width, each in time order. */
export function listWindows(
  { model, window, ...range }: { model: string; window?: string } & TimeRange,
  page: { limit: number; after: WindowKey | null },
): Query<WindowRecord> {
  const { text, params } = where(
    equal({ model, window }),
    within('window_start', range),
    when(
      page.after !== null,
      "(`window`, window_start) > ({after_window:String}, toDateTime(fromUnixTimestamp64Milli({after_start:Int64}, 'UTC'), 'UTC'))",
      { after_window: page.after?.[0], after_start: page.after?.[1] },
    ),
  )
  return {
    name: 'list-windows',
    sql: `
SELECT model, \`window\`, window_start, window_end, n, revision, computations, binning, computed_at
FROM windows FINAL
${text}
ORDER BY \`window\`, window_start
LIMIT {limit:UInt32}`,
    params: { ...params, limit: page.limit },
    settings: isoTimes,
    toRow: (raw) => raw as unknown as WindowRecord,
  }
}

export const windowKey = (row: WindowRecord): WindowKey => [
  row.window,
  Date.parse(row.window_start),
]
