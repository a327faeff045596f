import type { Query } from '../query.ts'

/** Rows of a Parquet file, by its footer: nothing else of it is read. */
export function countTableFile(path: string): Query<number> {
  return {
    name: 'read-table-file-count',
    sql: `SELECT count() AS n FROM file({path:String}, 'Parquet')`,
    params: { path },
    toRow: (raw) => Number(raw['n']),
  }
}
