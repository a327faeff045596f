import type { OffsetInterval } from '../ledger-audit.ts'
import type { Query } from '../query.ts'

/**
 * What the ledger covers, as runs of offsets: batches that touch or overlap (replays do) are joined
 * in the engine, so that a year of batches is a few rows. `rows` and `rejected` count every batch
 * written, replays too.
 */
export function ledgerIntervals(): Query<OffsetInterval> {
  return {
    name: 'ledger-audit',
    sql: `
SELECT source, topic, partition,
  min(first_offset) AS first, max(last_offset) AS last,
  sum(rows) AS rows_written, sum(labels) AS labels_written, sum(rejected) AS rejected_rows,
  count() AS batches
FROM (
  SELECT *, sum(starts) OVER (series ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS run
  FROM (
    SELECT *, first_offset > 1 + max(last_offset) OVER (series ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS starts
    FROM ledger FINAL
    WINDOW series AS (PARTITION BY source, topic, partition ORDER BY first_offset, last_offset)
  )
  WINDOW series AS (PARTITION BY source, topic, partition ORDER BY first_offset, last_offset)
)
GROUP BY source, topic, partition, run
ORDER BY source, topic, partition, first`,
    params: {},
    toRow: (raw) => ({
      source: String(raw['source']),
      topic: String(raw['topic']),
      partition: Number(raw['partition']),
      first: Number(raw['first']),
      last: Number(raw['last']),
      rows: Number(raw['rows_written']),
      labels: Number(raw['labels_written']),
      rejected: Number(raw['rejected_rows']),
      batches: Number(raw['batches']),
    }),
  }
}
