import { pairedColumns, type MixedSample } from './mixed-sample.ts'
import { type Work } from './work.ts'

/** Bins of a column at most: one for missing values, the others for what is there. */
export const mostBins = 64

/** Two samples, one below the other, each value by its bin. Bin 0 is missing. */
export interface BinnedColumns {
  /** Rows, those of the reference first. */
  readonly count: number
  /** Column after column, a byte a row. */
  readonly codes: Uint8Array
  readonly columns: readonly {
    readonly name: string
    /** Whether bins follow one another as numbers do; categories do not. */
    readonly ordered: boolean
    /** Bins in use, that of missing values included. */
    readonly bins: number
  }[]
}

/**
 * Bins of both samples together: numbers by quantiles, categories by how
 * frequent they are, the rarest in one bin. Which sample a row is of has no
 * part in it, so the bins tell a classifier nothing. O(rows·log rows) a column.
 */
export function* binnedColumns(reference: MixedSample, current: MixedSample): Work<BinnedColumns> {
  const pairs = pairedColumns(reference, current)
  const count = reference.count + current.count
  const codes = new Uint8Array(count * pairs.length)
  const columns: BinnedColumns['columns'][number][] = []
  for (const [c, { name, reference: before, current: now }] of pairs.entries()) {
    const into = codes.subarray(c * count, (c + 1) * count)
    const ordered = before.kind === 'numeric' && now.kind === 'numeric'
    const bins = ordered
      ? binNumbers(joined(before.values, now.values), into)
      : binCategories([...before.values, ...now.values] as (string | null)[], into)
    columns.push({ name, ordered, bins })
    yield
  }
  return { count, codes, columns }
}

function joined(first: Float64Array, second: Float64Array): Float64Array {
  const both = new Float64Array(first.length + second.length)
  both.set(first)
  both.set(second, first.length)
  return both
}

function binNumbers(values: Float64Array, into: Uint8Array): number {
  const sorted = values.filter(Number.isFinite).sort()
  const cuts: number[] = []
  for (let i = 1; i < mostBins - 1; i++) {
    const cut = sorted[Math.floor((i * sorted.length) / (mostBins - 1))]
    // A bin begins with its cut: the least value of all needs none.
    if (cut !== undefined && cut > (cuts.at(-1) ?? sorted[0]!)) cuts.push(cut)
  }
  for (const [row, x] of values.entries()) into[row] = Number.isFinite(x) ? 1 + below(cuts, x) : 0
  return cuts.length + 2
}

/** How many cuts are at most x. */
function below(cuts: readonly number[], x: number): number {
  let low = 0
  let high = cuts.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (cuts[middle]! <= x) low = middle + 1
    else high = middle
  }
  return low
}

function binCategories(values: readonly (string | null)[], into: Uint8Array): number {
  const counts = new Map<string, number>()
  for (const value of values) if (value !== null) counts.set(value, (counts.get(value) ?? 0) + 1)
  const byFrequency = [...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))
  const bins = new Map(byFrequency.map(([value], i) => [value, Math.min(i + 1, mostBins - 1)]))
  for (const [row, value] of values.entries()) into[row] = value === null ? 0 : bins.get(value)!
  return Math.min(byFrequency.length, mostBins - 1) + 1
}
