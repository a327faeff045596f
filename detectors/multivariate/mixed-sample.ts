/** Values of one column, a row each. */
export interface NumericColumn {
  /** The feature it belongs to; an embedding has many columns of one name. */
  readonly name: string
  readonly kind: 'numeric'
  /** NaN and ±Infinity are missing. */
  readonly values: Float64Array
}

export interface CategoricalColumn {
  readonly name: string
  readonly kind: 'categorical'
  /** Null is missing. */
  readonly values: readonly (string | null)[]
}

export type MixedColumn = NumericColumn | CategoricalColumn

/** Rows of numbers and categories, by column. Their order is that of a random draw. */
export interface MixedSample {
  /** Rows. */
  readonly count: number
  readonly columns: readonly MixedColumn[]
}

/** A column of two samples. Throws `RangeError` where they are not of the same columns. */
export function pairedColumns(
  reference: MixedSample,
  current: MixedSample,
): readonly (
  | { readonly name: string; readonly reference: NumericColumn; readonly current: NumericColumn }
  | {
      readonly name: string
      readonly reference: CategoricalColumn
      readonly current: CategoricalColumn
    }
)[] {
  if (reference.columns.length !== current.columns.length)
    throw new RangeError('both samples must have the same columns')
  return reference.columns.map((before, i) => {
    const now = current.columns[i]!
    const { name } = before
    if (now.name === name && before.kind === 'numeric' && now.kind === 'numeric')
      return { name, reference: before, current: now }
    if (now.name === name && before.kind === 'categorical' && now.kind === 'categorical')
      return { name, reference: before, current: now }
    throw new RangeError('both samples must have the same columns')
  })
}

/** The rows of a sample at some places, in that order. */
export function rowsAt({ columns }: MixedSample, rows: readonly number[]): MixedSample {
  return {
    count: rows.length,
    columns: columns.map((column) =>
      column.kind === 'numeric'
        ? { ...column, values: Float64Array.from(rows, (row) => column.values[row]!) }
        : { ...column, values: rows.map((row) => column.values[row]!) },
    ),
  }
}
