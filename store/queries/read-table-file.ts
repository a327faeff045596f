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

/** Rows that come as one answer: enough that their keys and calls cost nothing, few enough to be short-lived. */
const blockRows = 1024

/**
 * Rows `from` to `to` of a Parquet file in the file's order, in blocks of 1024; cells in the order of
 * `columns`, and one more. By row number and not by LIMIT and OFFSET: with more than one thread those count rows in
 * any order.
 */
export function readTableFile({
  path,
  columns,
  from,
  to,
}: TableFileSlice): Query<readonly (readonly unknown[])[]> {
  const cells = columns.map(({ name, text }) =>
    text ? `toString(${identifier(name)})` : identifier(name),
  )
  return {
    name: 'read-table-file',
    sql: `SELECT groupArray(cells) AS block
FROM (
  SELECT _row_number AS place, tuple(${[...cells, '1'].join(', ')}) AS cells
  FROM file({path:String}, 'Parquet')
  WHERE _row_number >= {from:Int64} AND _row_number < {to:Int64}
  ORDER BY place
)
GROUP BY intDiv(place - {from:Int64}, ${blockRows}) AS at
ORDER BY at`,
    params: { path, from, to },
    settings: {
      // Times of files name no zone; they are UTC here on every machine.
      session_timezone: 'UTC',
      date_time_output_format: 'iso',
      output_format_json_quote_denormals: 1,
      // Else a row would be an object with every column's name in it.
      enable_named_columns_in_function_tuple: 0,
      // An array keeps the order of its rows only if one thread fills it.
      max_threads: 1,
    },
    toRow: ({ block }) => block as unknown[][],
  }
}
