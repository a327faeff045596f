import type { Query } from '../query.ts'
import { haltColumns, toPartitionHalt, type PartitionHalt } from './partition-halts-row.ts'

const sql = `
SELECT ${haltColumns}
FROM partition_halts FINAL
WHERE changed_at >= fromUnixTimestamp64Milli({changedFrom:Int64}, 'UTC') OR state = 'halted'
ORDER BY state != 'halted', halted_at DESC, source, topic, partition
LIMIT {limit:UInt32}`

/** Partitions that are halted, then those that were and changed since `changedFrom` (epoch ms); the newest halt first. */
export function partitionHaltsList({
  changedFrom,
  limit,
}: {
  readonly changedFrom: number
  readonly limit: number
}): Query<PartitionHalt> {
  return {
    name: 'partition-halts-list',
    sql,
    params: { changedFrom, limit },
    toRow: toPartitionHalt,
  }
}
