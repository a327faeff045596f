import { createTable, type Layout, type TableDefinition } from '../ddl.ts'

const time = "DateTime64(3, 'UTC')"
const key = 'LowCardinality(String)'

/** Partitions of which too much was refused: where each was halted last, and what has become of it. */
export const partitionHaltsTable: TableDefinition = {
  name: 'partition_halts',
  columns: [
    `source ${key}`,
    `topic ${key}`,
    'partition Int32',
    // halted; released by somebody; resumed, since a message was accepted again
    `state ${key}`,
    // The first message that was not taken.
    'offset Int64',
    // run or ratio
    `exceeded ${key}`,
    `reason ${key}`,
    'detail String',
    // Of the last `seen` messages before it.
    'refused UInt32',
    'seen UInt32',
    'released_by String',
    `halted_at ${time}`,
    `changed_at ${time}`,
  ],
  replacing: 'changed_at',
  orderBy: '(source, topic, partition)',
  shardBy: 'cityHash64(topic, partition)',
}

/** Ingestion halts a partition, somebody releases it, and the monitor raises the alert: they meet here. */
export function partitionHalts(layout: Layout): string[] {
  return createTable(layout, partitionHaltsTable)
}
