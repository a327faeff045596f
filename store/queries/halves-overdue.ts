import type { StoredHalf } from '../insert-halves.ts'
import type { Query } from '../query.ts'
import { halfColumns, toHalf } from './halves-row.ts'

interface Overdue {
  /** Halves that were stored before this wait no longer, epoch ms. */
  readonly before: number
  readonly limit: number
}

/** Halves that waited long enough for their other half, oldest first. */
export function halvesOverdue({ before, limit }: Overdue): Query<StoredHalf> {
  return {
    name: 'halves-overdue',
    sql: `
SELECT ${halfColumns}
FROM halves FINAL
WHERE (decoding, pair) IN (
  SELECT decoding, pair
  FROM halves FINAL
  GROUP BY decoding, pair
  HAVING uniqExact(side) = 1 AND NOT max(given_up)
    AND max(changed_at) < fromUnixTimestamp64Milli({before:Int64}, 'UTC')
  ORDER BY max(changed_at)
  LIMIT {limit:UInt32}
)
ORDER BY sent_at, decoding, pair`,
    params: { before, limit },
    toRow: toHalf,
  }
}
