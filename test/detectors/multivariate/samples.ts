import type { MixedSample } from '../../../detectors/multivariate/mixed-sample.ts'

/** Columns f0, f1 … of rows of numbers; null is missing. */
export function numericSample(rows: readonly (readonly (number | null)[])[]): MixedSample {
  return {
    count: rows.length,
    columns: (rows[0] ?? []).map((_, c) => ({
      name: `f${c}`,
      kind: 'numeric',
      values: Float64Array.from(rows, (row) => row[c] ?? NaN),
    })),
  }
}

/** Columns of two samples side by side. */
export const beside = (a: MixedSample, b: MixedSample): MixedSample => ({
  count: a.count,
  columns: [...a.columns, ...b.columns],
})

/** Columns c0, c1 … of rows of categories; null is missing. */
export function categoricalSample(rows: readonly (readonly (string | null)[])[]): MixedSample {
  return {
    count: rows.length,
    columns: (rows[0] ?? []).map((_, c) => ({
      name: `c${c}`,
      kind: 'categorical',
      values: rows.map((row) => row[c] ?? null),
    })),
  }
}

/** Rows from `from` to before `to`. */
export function between({ columns }: MixedSample, from: number, to: number): MixedSample {
  return {
    count: to - from,
    columns: columns.map((column) =>
      column.kind === 'numeric'
        ? { ...column, values: column.values.slice(from, to) }
        : { ...column, values: column.values.slice(from, to) },
    ),
  }
}
