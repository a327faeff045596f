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

/** Dead letters that are in the mirror topic. */
export const mirroredLettersTable: TableDefinition = {
  name: 'mirrored_letters',
  columns: [
    `source ${key}`,
    `topic ${key}`,
    'partition Int32',
    'offset Int64',
    `received_at ${time}`,
    `mirrored_at ${time}`,
  ],
  replacing: 'mirrored_at',
  partitionBy: 'toYYYYMM(received_at)',
  orderBy: '(source, topic, partition, offset)',
  // Longer than the letters themselves.
  ttl: 'toDate(received_at) + INTERVAL 120 DAY',
  shardBy: 'cityHash64(topic, partition)',
}

/** Ingestion halts a partition, somebody releases it, and the monitor raises the alert: they meet here. */
export function partitionHalts(layout: Layout): string[] {
  return [...createTable(layout, partitionHaltsTable), ...createTable(layout, mirroredLettersTable)]
}
