import type { Query } from '../query.ts'

/** What time it is for the store, epoch ms. */
export function storeTime(): Query<number> {
  return {
    name: 'store-time',
    sql: 'SELECT toUnixTimestamp64Milli(now64(3)) AS now_ms',
    params: {},
    toRow: (raw) => Number(raw['now_ms']),
  }
}
