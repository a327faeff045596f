import type { Query } from '../query.ts'

/** The version of ClickHouse, such as `26.7.1.1`. */
export function storeVersion(): Query<string> {
  return {
    name: 'store-version',
    sql: 'SELECT version() AS version',
    params: {},
    toRow: (raw) => String(raw['version']),
  }
}
