import type { Query } from '../query.ts'

/** What one batch did to one model. Times in epoch ms. */
export interface LedgerTouch {
  readonly batchId: string
  /** Source, topic and partition: what a watermark is the least over. */
  readonly partition: string
  readonly insertedAt: number
  readonly model: string
  readonly rows: number
  readonly labels: number
  readonly maxEventTime: number
  /** Starts of the base windows that its events fall into. */
  readonly windows: readonly number[]
}

/**
 * Ledger rows written at `since` or later, one a batch and model, oldest first. Batches that were
 * replayed appear again; the reader tells them by `batchId`.
 */
export function ledgerTouches(since: number, limit: number): Query<LedgerTouch> {
  return {
    name: 'ledger-touches',
    sql: `
SELECT
  batch_id,
  concat(source, '/', topic, '/', toString(partition)) AS origin,
  toUnixTimestamp64Milli(inserted_at) AS inserted_ms,
  touched_model,
  touched_rows,
  touched_labels,
  toUnixTimestamp64Milli(touched_max) AS max_event_ms,
  arrayMap(w -> toUnixTimestamp(w), touched_windows) AS window_seconds
FROM ledger
ARRAY JOIN
  \`touched.model\` AS touched_model,
  \`touched.rows\` AS touched_rows,
  \`touched.labels\` AS touched_labels,
  \`touched.max_event_time\` AS touched_max,
  \`touched.windows\` AS touched_windows
WHERE inserted_at >= fromUnixTimestamp64Milli({since:Int64}, 'UTC')
ORDER BY inserted_at, batch_id, touched_model
LIMIT {limit:UInt32}`,
    params: { since, limit },
    toRow: (raw) => ({
      batchId: String(raw['batch_id']),
      partition: String(raw['origin']),
      insertedAt: Number(raw['inserted_ms']),
      model: String(raw['touched_model']),
      rows: Number(raw['touched_rows']),
      labels: Number(raw['touched_labels']),
      maxEventTime: Number(raw['max_event_ms']),
      windows: (raw['window_seconds'] as readonly number[]).map((seconds) => seconds * 1000),
    }),
  }
}
