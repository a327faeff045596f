import { identifier, type Query } from '../query.ts'

/** Rows that are in memory at once, as text and as values: few enough to be gone before they are old. */
const blockRows = 2048

export interface TableFile {
  /** Absolute, without the characters that `file()` takes for a pattern. */
  readonly path: string
  /** Columns to read; `text` asks for a number's digits, which JSON would round beyond 2^53. */
  readonly columns: readonly { readonly name: string; readonly text: boolean }[]
}

/**
 * Every row of a Parquet file in the file's order, to be streamed; cells in the order of `columns`.
 * One pass: a slice by row numbers would read the columns of the whole file for each slice.
 */
export function readTableFile({ path, columns }: TableFile): Query<readonly unknown[]> {
  const cells = columns.map(({ name, text }) =>
    text ? `toString(${identifier(name)})` : identifier(name),
  )
  return {
    name: 'read-table-file',
    sql: `SELECT tuple(${cells.join(', ')}) AS cells FROM file({path:String}, 'Parquet')`,
    params: { path },
    settings: {
      // With more threads, or without its order kept, rows come in any order.
      max_threads: 1,
      input_format_parquet_preserve_order: 1,
      input_format_parquet_max_block_size: blockRows,
      // No row group is decoded before its turn, so that a damaged one fails after what stands before it.
      input_format_parquet_memory_low_watermark: 1,
      input_format_parquet_memory_high_watermark: 1,
      // Times of files name no zone; they are UTC here on every machine.
      session_timezone: 'UTC',
      date_time_output_format: 'iso',
      output_format_json_quote_denormals: 1,
      // Else a row would be an object with every column's name in it.
      enable_named_columns_in_function_tuple: 0,
    },
    toRow: ({ cells: row }) => row as unknown[],
  }
}
