import type { Query } from '../query.ts'
import { identifier } from '../query.ts'
import { eventsTableName } from '../tables/events-table.ts'

/** Which of these ids are stored events of a model, with event times from `from` to `to`, epoch ms. */
export function eventsPresent(
  model: string,
  ids: readonly string[],
  { from, to }: { readonly from: number; readonly to: number },
): Query<string> {
  return {
    name: 'events-present',
    sql: `
SELECT DISTINCT event_id
FROM ${identifier(eventsTableName(model))}
WHERE ts >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND ts <= fromUnixTimestamp64Milli({to:Int64}, 'UTC')
  AND event_id IN {ids:Array(String)}`,
    params: { from, to, ids },
    toRow: (raw) => String(raw['event_id']),
  }
}
