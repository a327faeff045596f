import type { LedgerCounts, OffsetInterval } from '../ledger-audit.ts'
import type { Query } from '../query.ts'

const counts = [
  'messages',
  'taken',
  'rejected',
  'held',
  'skipped',
  'absent',
  'lost',
  'rows',
  'labels',
] as const

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
  ${counts.map((name) => `sum(${name}) AS total_${name}`).join(', ')},
  sum(last_offset - first_offset + 1) AS total_offsets, count() AS batches
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
      batches: Number(raw['batches']),
      counts: Object.fromEntries(
        [...counts, 'offsets' as const].map((name) => [name, Number(raw[`total_${name}`])]),
      ) as unknown as LedgerCounts,
    }),
  }
}
