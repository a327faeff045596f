import {
  CategoryColumn,
  CountColumn,
  IntegerColumn,
  TextColumn,
  TimeColumn,
} from './arrow-columns.ts'
import { bytesColumn } from './arrow-sparse-columns.ts'
import type { ArrowColumn } from './arrow-stream.ts'

/** How one column comes from a row. Counts are whole numbers from 0 to 2^53, times epoch ms. */
export type RowColumn<Row> =
  | readonly [name: string, kind: 'text' | 'category', of: (row: Row) => string]
  | readonly [name: string, kind: 'integer' | 'count' | 'time', of: (row: Row) => number]
  | readonly [name: string, kind: 'bytes', of: (row: Row) => Buffer]

/** Columns of rows that are all there at once: how tables with bytes in them are written. */
export function arrowRows<Row>(
  rows: readonly Row[],
  columns: readonly RowColumn<Row>[],
): ArrowColumn[] {
  return columns.map((column) => {
    const [name, kind, of] = column
    switch (kind) {
      case 'text':
        return filled(new TextColumn(name), rows.map(of))
      case 'category':
        return filled(new CategoryColumn(name), rows.map(of))
      case 'integer':
        return filled(new IntegerColumn(name), rows.map(of))
      case 'count':
        return filled(new CountColumn(name), rows.map(of))
      case 'time':
        return filled(new TimeColumn(name), rows.map(of))
      case 'bytes':
        return bytesColumn(name, rows.map(of))
    }
  })
}

interface Settable<T> extends ArrowColumn {
  set: (row: number, value: T) => void
}

function filled<T>(column: Settable<T>, values: readonly T[]): ArrowColumn {
  values.forEach((value, row) => {
    column.set(row, value)
  })
  return column
}
