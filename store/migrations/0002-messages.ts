import { addColumns, createTable, type Layout, type TableDefinition } from '../ddl.ts'

const time = "DateTime64(3, 'UTC')"
const key = 'LowCardinality(String)'

/**
 * Halves of inferences: a request waits here for its response, or the other way round, as the message
 * that it came in. Whoever brings the second half finds the first, whichever instance took it.
 */
export const halvesTable: TableDefinition = {
  name: 'halves',
  columns: [
    `decoding ${key}`,
    'pair String',
    // request or response
    `side ${key}`,
    // Of the message, which does not change when it is read again.
    `sent_at ${time}`,
    `source ${key}`,
    `topic ${key}`,
    'partition Int32',
    'offset Int64',
    'backfill Bool',
    'headers String',
    'fallback_id String',
    'raw String',
    // Its other half never came: it was given up, and is a dead letter.
    'given_up Bool',
    `changed_at ${time}`,
    "expires_at DateTime('UTC')",
  ],
  replacing: 'changed_at',
  // Whole parts expire, and what waits is looked for in few of them.
  partitionBy: 'toStartOfHour(sent_at)',
  orderBy: '(decoding, pair, side)',
  ttl: 'expires_at',
  shardBy: 'cityHash64(pair)',
}

/** Columns that tables of the first schema get. */
export const messageColumns = {
  ledger: [
    'messages UInt32 DEFAULT rows + labels + rejected',
    // Stored as events or labels.
    'taken UInt32 DEFAULT rows + labels',
    // Waiting for their other half.
    'held UInt32',
    'skipped UInt32',
    // Offsets without a message: nothing is lost by compaction, everything by retention.
    'absent UInt64',
    'lost UInt64',
  ],
  dead_letters: [
    'headers String',
    `decoding ${key}`,
    // The id of its first event, where the message gives none.
    'fallback_id String',
  ],
} as const

/**
 * Messages that are no native records: what a message has become is counted per message, a dead letter
 * keeps the bytes and headers of its message, and halves wait for each other.
 */
export const messages = (layout: Layout): string[] => [
  ...Object.entries(messageColumns).flatMap(([table, columns]) =>
    addColumns(layout, table, columns),
  ),
  ...createTable(layout, halvesTable),
]
