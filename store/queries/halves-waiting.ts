import type { Query } from '../query.ts'

/** How many halves wait for their other half, and since when the oldest does. One row. */
export function halvesWaiting(): Query<{ waiting: number; oldest: number | null }> {
  return {
    name: 'halves-waiting',
    sql: `
SELECT count() AS waiting, if(count() = 0, NULL, toUnixTimestamp64Milli(min(since))) AS oldest_ms
FROM (
  SELECT max(changed_at) AS since
  FROM halves FINAL
  GROUP BY decoding, pair
  HAVING uniqExact(side) = 1 AND NOT max(given_up)
)`,
    params: {},
    toRow: (raw) => ({
      waiting: Number(raw['waiting']),
      oldest: raw['oldest_ms'] === null ? null : Number(raw['oldest_ms']),
    }),
  }
}
