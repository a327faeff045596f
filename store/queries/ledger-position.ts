import type { Query } from '../query.ts'

/** A partition of a source as the ledger names it. */
export interface LedgerSeries {
  readonly source: string
  readonly topic: string
  readonly partition: number
}

/**
 * The first offset that is not stored yet, counted from 0 without a hole; 0 where nothing is. One row.
 * What lies behind a hole does not count: it will be written once more, which is harmless.
 */
export function ledgerPosition({ source, topic, partition }: LedgerSeries): Query<number> {
  return {
    name: 'ledger-position',
    // The optimizer takes `+ 1` out of max(last_offset + 1), which makes nothing at all a 1.
    sql: `
SELECT if(count() = 0, 0, max(last_offset) + 1) AS position
FROM (
  SELECT last_offset, max(missing) OVER (ORDER BY first_offset, last_offset) AS behind_hole
  FROM (
    SELECT first_offset, last_offset,
      first_offset > if(count() OVER before = 0, 0, max(last_offset) OVER before + 1) AS missing
    FROM ledger FINAL
    WHERE source = {source:String} AND topic = {topic:String} AND partition = {partition:Int32}
    WINDOW before AS (
      ORDER BY first_offset, last_offset ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    )
  )
)
WHERE behind_hole = 0`,
    params: { source, topic, partition },
    toRow: (raw) => Number(raw['position']),
  }
}
