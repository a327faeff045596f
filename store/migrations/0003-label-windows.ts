import { addIndex, createTable, type Layout, type TableDefinition } from '../ddl.ts'

const time = "DateTime64(3, 'UTC')"
const windowTime = "DateTime('UTC')"
const key = 'LowCardinality(String)'

/** What events and their labels say together: of each base window, version, variant and slice, some sums. */
export const outcomesTable: TableDefinition = {
  name: 'outcomes',
  columns: [
    `model ${key}`,
    `version ${key}`,
    `variant ${key}`,
    `window_start ${windowTime}`,
    'slice String',
    // Which sums: reliability/10 and whatever else is summed over labelled events.
    `measure ${key}`,
    'predicted UInt64',
    'labelled UInt64',
    // Of the labels and their events, in any order: tells corrected labels whose sums agree.
    'fingerprint UInt64',
    'sums Array(Int128)',
    'revision UInt32',
    'delete_after Date',
  ],
  replacing: 'revision',
  partitionBy: 'toYear(window_start)',
  orderBy: '(model, window_start, version, variant, slice, measure)',
  ttl: 'delete_after',
  shardBy: 'cityHash64(model)',
}

/** Like `windows`, for `outcomes`: labels revise a window long after its events have come to rest. */
export const outcomeWindowsTable: TableDefinition = {
  name: 'outcome_windows',
  columns: [
    `model ${key}`,
    `window ${key}`,
    `window_start ${windowTime}`,
    `window_end ${windowTime}`,
    // Labelled events.
    'n UInt64',
    'revision UInt32',
    'computations UInt32',
    'content UInt64',
    'binning UInt32',
    `computed_at ${time}`,
    'delete_after Date',
  ],
  replacing: 'computations',
  partitionBy: 'toYear(window_start)',
  orderBy: '(model, window, window_start)',
  ttl: 'delete_after',
  shardBy: 'cityHash64(model)',
}

/** Labels mark the windows of their events: new labels are found by when they came, sums are kept a window. */
export function labelWindows(layout: Layout): string[] {
  return [
    ...addIndex(layout, 'labels', 'ingested_at ingested_at TYPE minmax GRANULARITY 1'),
    ...createTable(layout, outcomesTable),
    ...createTable(layout, outcomeWindowsTable),
  ]
}
