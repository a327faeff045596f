import { createTable, type Layout, type TableDefinition } from '../ddl.ts'

const windowTime = "DateTime('UTC')"
const key = 'LowCardinality(String)'

/** Where a sequential detector stands after each window of a series. */
export const sequentialStatesTable: TableDefinition = {
  name: 'sequential_states',
  columns: [
    `model ${key}`,
    // Width by name: 5m, 1h, 1d.
    `window ${key}`,
    `window_start ${windowTime}`,
    // Detector, parameters and what it follows, as in column `method` of table metrics.
    `rule ${key}`,
    `version ${key}`,
    `variant ${key}`,
    'slice String',
    'feature String',
    'baseline String',
    // JSON of detectors/sequential/detector.ts. Neighbours of one window look alike, which compresses.
    'state String CODEC(ZSTD(3))',
    // Values that the detector has read since the series began.
    'n UInt64',
    // Tells whether the window, computed again, says anything new.
    'content UInt64',
    'revision UInt32',
    'delete_after Date',
  ],
  replacing: 'revision',
  partitionBy: 'toYear(window_start)',
  // By time first: what is asked for is all series at one time.
  orderBy: '(model, window, window_start, rule, version, variant, slice, feature, baseline)',
  ttl: 'delete_after',
  shardBy: 'cityHash64(model)',
}

/** Which rules have been run through all stored windows: the others begin at the first one. */
export const sequentialRulesTable: TableDefinition = {
  name: 'sequential_rules',
  columns: [
    `model ${key}`,
    `window ${key}`,
    'rule String',
    // Features, slices and baseline that it covers.
    'scope String',
    'complete Bool',
    "changed_at DateTime64(6, 'UTC')",
  ],
  replacing: 'changed_at',
  orderBy: '(model, window, rule, scope)',
  shardBy: 'cityHash64(model)',
}

/** Sequential detectors go on from a stored state, and again from it when a window before is revised. */
export function sequentialStates(layout: Layout): string[] {
  return [
    ...createTable(layout, sequentialStatesTable),
    ...createTable(layout, sequentialRulesTable),
  ]
}
