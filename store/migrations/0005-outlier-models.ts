import { createTable, type Layout, type TableDefinition } from '../ddl.ts'

const time = "DateTime64(3, 'UTC')"
const key = 'LowCardinality(String)'

/** What events are scored by: fitted from a baseline once, then never changed. */
export const outlierModelsTable: TableDefinition = {
  name: 'outlier_models',
  columns: [
    `model ${key}`,
    'revision UInt32',
    `baseline ${key}`,
    'baseline_revision UInt32',
    // Convention and parameters: scores of two methods do not compare.
    `method ${key}`,
    // Of everything that it was fitted for: another asked-for model is another revision.
    'fingerprint String',
    // Reference rows.
    'n UInt64',
    // JSON of detectors/outliers/outlier-model.ts.
    'definition String CODEC(ZSTD(3))',
    `created_at ${time}`,
  ],
  replacing: 'created_at',
  orderBy: '(model, revision)',
  shardBy: 'cityHash64(model)',
}

/** The monitor fits, ingestion scores: they meet here. */
export function outlierModels(layout: Layout): string[] {
  return createTable(layout, outlierModelsTable)
}
