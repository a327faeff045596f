import { identifier, type Query } from '../query.ts'

export interface TableFileSlice {
  /** Absolute, without the characters that `file()` takes for a pattern. */
  readonly path: string
  /** Columns to read; `text` asks for a number's digits, which JSON would round beyond 2^53. */
  readonly columns: readonly { readonly name: string; readonly text: boolean }[]
  /** Row numbers from 0; `to` is exclusive. */
  readonly from: number
  readonly to: number
}

/**
 * Rows `from` to `to` of a Parquet file, in the file's order; cells in the order of `columns`. By row
 * number and not by LIMIT and OFFSET: with more than one thread those count rows in any order.
 */
export function readTableFile({
  path,
  columns,
  from,
  to,
}: TableFileSlice): Query<readonly unknown[]> {
  const select = columns.map(({ name, text }, at) =>
    text ? `toString(${identifier(name)}) AS c${at}` : `${identifier(name)} AS c${at}`,
  )
  return {
    name: 'read-table-file',
    sql: `SELECT ${['1 AS present', ...select].join(', ')}
FROM file({path:String}, 'Parquet')
WHERE _row_number >= {from:Int64} AND _row_number < {to:Int64}
ORDER BY _row_number`,
    params: { path, from, to },
    settings: {
      // Times of files name no zone; they are UTC here on every machine.
      session_timezone: 'UTC',
      date_time_output_format: 'iso',
      output_format_json_quote_denormals: 1,
    },
    toRow: (raw) => columns.map((_, at) => raw[`c${at}`]),
  }
}
