import { identifier, type Query } from '../query.ts'
import { eventsTableName } from '../tables/events-table.ts'
import type { LedgerSeries } from './ledger-position.ts'

export interface SeriesCount extends LedgerSeries {
  /** Events kept, each id once. */
  readonly events: number
}

/** What a model's table keeps of each partition of a source, to be held against the ledger. Reads the whole table. */
export function eventCounts(model: string): Query<SeriesCount> {
  return {
    name: 'ledger-event-counts',
    sql: `
SELECT _source AS source, _topic AS topic, _partition AS partition, count() AS events
FROM ${identifier(eventsTableName(model))} FINAL
GROUP BY source, topic, partition`,
    params: {},
    toRow: (raw) => ({
      source: String(raw['source']),
      topic: String(raw['topic']),
      partition: Number(raw['partition']),
      events: Number(raw['events']),
    }),
  }
}
