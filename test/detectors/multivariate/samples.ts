import type { MixedSample } from '../../../detectors/multivariate/mixed-sample.ts'
import { numpyRandom } from '../../../detectors/streams/random-source.ts'

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

/** Rows of a week of NannyML's sample data. */
export const week = 1008

/** NannyML's sample drift data, which a formula makes: 20 weeks, drift from week 16 on. */
export function weeklyData(): MixedSample {
  const random = numpyRandom(167)
  const draw = <T>(next: () => T): T[] => Array.from({ length: 20 * week }, next)
  const [f1, f2] = [draw(random.normal), draw(random.next)]
  const [f3, f4] = [draw(() => random.below(4)), draw(() => random.below(20))]
  const colours = ['white', 'red', 'green', 'blue']
  const late = (row: number): boolean => row >= 15 * week
  const numbers = f1.map((x, row) => [
    late(row) ? x + 0.6 : x,
    late(row) ? Math.sqrt(f2[row]!) : f2[row]!,
    late(row) ? Number(f3[row] === 1) : f3[row]! % 2,
  ])
  const colour = f4.map((k, row) => {
    if (late(row) && k === 19) return ['red']
    return [late(row) && [13, 14, 18].includes(k) ? 'white' : colours[Math.floor(k / 5)]!]
  })
  return beside(numericSample(numbers), categoricalSample(colour))
}
