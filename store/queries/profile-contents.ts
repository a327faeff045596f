import type { Query } from '../query.ts'
import type { WindowRevision } from './profile-windows.ts'

export interface WindowContent {
  readonly start: number
  /** Events in the window, each once. */
  readonly n: number
  /** Unsigned 64-bit, as digits. Equal for equal profiles, whatever their revision. */
  readonly content: string
}

// FINAL: a computation that was repeated after a crash stands twice, and twice cancels in an XOR.
// The delay is left out: an event that is delivered again is the same event, only later.
const sql = `
SELECT
  toInt64(toUnixTimestamp(window_start)) * 1000 AS start,
  sumIf(n, slice = '' AND feature = 'error') AS events,
  toString(groupBitXorIf(
    cityHash64(version, variant, slice, feature, n, missing, invalid, unseen, type_mismatch,
      out_of_range, counts, toString(tuple(sum, sum_squares, min, max)), binning),
    feature != 'ingest_delay_seconds')) AS content
FROM profiles FINAL
WHERE model = {model:String}
  AND window_start IN (SELECT toDateTime(intDiv(arrayJoin({starts:Array(Int64)}), 1000), 'UTC'))
  AND revision = {revisions:Array(UInt32)}[indexOf({starts:Array(Int64)}, toInt64(toUnixTimestamp(window_start)) * 1000)]
GROUP BY start
ORDER BY start`

/**
 * What was just written for some windows: how many events, and a hash that tells whether a window
 * computed again came out as it was. A window without events has no row.
 */
export function windowContents(
  model: string,
  windows: readonly WindowRevision[],
): Query<WindowContent> {
  return {
    name: 'window-contents',
    sql,
    params: {
      model,
      starts: windows.map(({ start }) => start),
      revisions: windows.map(({ revision }) => revision),
    },
    toRow: (raw) => ({
      start: Number(raw['start']),
      n: Number(raw['events']),
      content: String(raw['content']),
    }),
  }
}
