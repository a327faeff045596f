import type { Query } from '../query.ts'

/** When the newest batch was written, epoch ms; no row before the first one. */
export function newestLedgerRow(): Query<number> {
  return {
    name: 'ledger-newest',
    sql: 'SELECT toUnixTimestamp64Milli(max(inserted_at)) AS newest_ms, count() AS batches FROM ledger HAVING batches > 0',
    params: {},
    toRow: (raw) => Number(raw['newest_ms']),
  }
}
