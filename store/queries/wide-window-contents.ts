import type { Query } from '../query.ts'
import type { WindowContent } from './profile-contents.ts'
import type { WindowTable } from './profile-window-states.ts'

export interface WideWindows {
  readonly table: WindowTable
  /** Width of the base windows, by name. */
  readonly baseWindow: string
  readonly widthMs: number
}

/**
 * Content of windows wider than the base window, from the base windows they are made of: events in
 * all, and a hash that changes whenever one of them does. Starts are epoch ms.
 */
export function wideWindowContents(
  model: string,
  { table, baseWindow, widthMs }: WideWindows,
  starts: readonly number[],
): Query<WindowContent> {
  const wide =
    'intDiv(toInt64(toUnixTimestamp(window_start)) * 1000, {width:Int64}) * {width:Int64}'
  return {
    name: 'wide-window-contents',
    sql: `
SELECT ${wide} AS start, sum(n) AS events, toString(groupBitXor(cityHash64(window_start, content))) AS content
FROM ${table} FINAL
WHERE model = {model:String} AND window = {baseWindow:String}
  AND window_start >= toDateTime(intDiv({from:Int64}, 1000), 'UTC')
  AND window_start < toDateTime(intDiv({to:Int64}, 1000), 'UTC')
  AND has({starts:Array(Int64)}, ${wide})
GROUP BY start
ORDER BY start`,
    params: {
      model,
      baseWindow,
      width: widthMs,
      starts,
      from: starts.reduce((a, b) => Math.min(a, b), Infinity),
      to: starts.reduce((a, b) => Math.max(a, b), -Infinity) + widthMs,
    },
    toRow: (raw) => ({
      start: Number(raw['start']),
      n: Number(raw['events']),
      content: String(raw['content']),
    }),
  }
}
