import type { Query } from '../query.ts'
import {
  haltColumns,
  toPartitionHalt,
  type PartitionHalt,
  type PartitionName,
} from './partition-halts-row.ts'

const sql = `
SELECT ${haltColumns}
FROM partition_halts FINAL
WHERE source = {source:String} AND topic = {topic:String} AND partition = {partition:Int32}`

/** The last halt of a partition, or no row. */
export function partitionHaltOf({ source, topic, partition }: PartitionName): Query<PartitionHalt> {
  return {
    name: 'partition-halt-of',
    sql,
    params: { source, topic, partition },
    toRow: toPartitionHalt,
  }
}
