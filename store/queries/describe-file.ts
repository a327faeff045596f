import type { Query } from '../query.ts'

export interface FileColumn {
  readonly name: string
  /** ClickHouse's name of the type, `Nullable(Float64)`. */
  readonly type: string
}

/** Columns of a Parquet file on this machine, in its order. Only the embedded engine can see it. */
export function describeFile(path: string): Query<FileColumn> {
  return {
    name: 'describe-file',
    sql: `DESCRIBE TABLE file({path:String}, 'Parquet')`,
    params: { path },
    toRow: (raw) => ({ name: String(raw['name']), type: String(raw['type']) }),
  }
}
