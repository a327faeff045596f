import type { DeadLetter } from '../insert-dead-letters.ts'
import type { Query } from '../query.ts'
import { letterColumns, toDeadLetter } from './dead-letters-replay.ts'

const sql = `
SELECT ${letterColumns}
FROM dead_letters FINAL
WHERE changed_at >= fromUnixTimestamp64Milli({changedFrom:Int64}, 'UTC')
  AND (source, topic, partition, offset) NOT IN (
    SELECT source, topic, partition, offset FROM mirrored_letters
  )
ORDER BY received_at, source, topic, partition, offset
LIMIT {limit:UInt32}`

/** Letters that are not in the mirror topic yet, of those written since `changedFrom` (epoch ms), oldest first. */
export function deadLettersToMirror(changedFrom: number, limit: number): Query<DeadLetter> {
  return {
    name: 'dead-letters-mirror',
    sql,
    params: { changedFrom, limit },
    settings: { distributed_product_mode: 'global' },
    toRow: toDeadLetter,
  }
}
