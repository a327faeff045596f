import type { Query } from '../query.ts'
import type { WindowContent } from './profile-contents.ts'
import type { WindowRevision } from './profile-windows.ts'

// FINAL: a computation that was repeated after a crash stands twice, and twice cancels in an XOR.
// Every measure has a row for the same groups, with the same labelled events.
const sql = `
SELECT
  toInt64(toUnixTimestamp(window_start)) * 1000 AS start,
  intDiv(sumIf(labelled, slice = ''), greatest(1, uniqExactIf(measure, slice = ''))) AS labelled_events,
  toString(groupBitXor(cityHash64(version, variant, slice, measure, predicted, labelled, fingerprint,
    arrayMap(s -> toString(s), sums)))) AS content
FROM outcomes FINAL
WHERE model = {model:String}
  AND window_start IN (SELECT toDateTime(intDiv(arrayJoin({starts:Array(Int64)}), 1000), 'UTC'))
  AND revision = {revisions:Array(UInt32)}[indexOf({starts:Array(Int64)}, toInt64(toUnixTimestamp(window_start)) * 1000)]
GROUP BY start
ORDER BY start`

/**
 * What was just summed for some windows: how many events have a label (as `n`), and a hash that tells
 * whether anything about events, labels or sums is new. A window without events has no row.
 */
export function outcomeContents(
  model: string,
  windows: readonly WindowRevision[],
): Query<WindowContent> {
  return {
    name: 'outcome-contents',
    sql,
    params: {
      model,
      starts: windows.map(({ start }) => start),
      revisions: windows.map(({ revision }) => revision),
    },
    toRow: (raw) => ({
      start: Number(raw['start']),
      n: Number(raw['labelled_events']),
      content: String(raw['content']),
    }),
  }
}
