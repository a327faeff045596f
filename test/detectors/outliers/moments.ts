import { type Rows } from '../../../detectors/outliers/grow-tree.ts'
import { type JointMoments } from '../../../detectors/outliers/mahalanobis.ts'

type Row = readonly (number | null)[]

const mean = (values: readonly number[]): number =>
  values.length === 0 ? 0 : values.reduce((sum, x) => sum + x, 0) / values.length

/** What the store counts of reference rows, by plain sums. */
export function jointMoments(rows: readonly Row[]): JointMoments {
  const width = rows[0]!.length
  const column = (j: number): number[] => rows.flatMap((row) => row[j] ?? [])
  const means = Array.from({ length: width }, (_, j) => mean(column(j)))
  const deviations = means.map((m, j) => Math.sqrt(mean(column(j).map((x) => (x - m) ** 2))))
  const z = rows.map((row) =>
    row.map((x, j) => (x === null || deviations[j] === 0 ? 0 : (x - means[j]!) / deviations[j]!)),
  )
  const pairs = means.flatMap((_, i) => means.map((_, j) => [i, j] as const))
  return {
    n: rows.length,
    means,
    deviations,
    covariance: pairs.map(([i, j]) => mean(z.map((row) => row[i]! * row[j]!))),
    bothPresent: pairs.map(([i, j]) =>
      mean(rows.map((row) => Number(row[i] !== null && row[j] !== null))),
    ),
    fourth: mean(z.map((row) => row.reduce((sum, x) => sum + x * x, 0) ** 2)),
  }
}

export const encoded = (row: Row): Float64Array => Float64Array.from(row, (x) => x ?? NaN)

export const rowsOf = (rows: readonly Row[]): Rows => ({
  values: Float64Array.from(rows.flatMap((row) => row.map((x) => x ?? NaN))),
  width: rows[0]!.length,
  count: rows.length,
})
