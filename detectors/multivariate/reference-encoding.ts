import { type MixedColumn, type MixedSample } from './mixed-sample.ts'
import { type Work } from './work.ts'

/** How a column becomes a standardised number. */
interface EncodedColumn {
  readonly name: string
  /** Of a category: its share of the reference; null for a number. */
  readonly shares: ReadonlyMap<string, number> | null
  /** What a missing value counts as. */
  readonly usual: number
  readonly mean: number
  readonly deviation: number
}

/** Of the columns that the reference has values of, by their place in a sample. */
export type ReferenceEncoding = ReadonlyMap<number, EncodedColumn>

// Farther out values count as this many standard deviations: no square overflows.
const farthest = 1e6

/**
 * Numbers as NannyML's reconstruction error has them: a missing number is the
 * mean, a missing category the most frequent one (of equals the first by
 * alphabet), a category its share of the reference, an unseen one 0; then mean 0
 * and standard deviation 1 over the reference. A column that never varies is
 * left at its scale, one without a value left out. O(rows · columns).
 */
export function* referenceEncoding({ columns }: MixedSample): Work<ReferenceEncoding> {
  const encoded = new Map<number, EncodedColumn>()
  for (const [i, column] of columns.entries()) {
    const found = column.kind === 'numeric' ? numeric(column.values) : categorical(column.values)
    if (found === null) continue
    const values = column.values as readonly MixedColumn['values'][number][]
    const numbers = Float64Array.from(values, (value) => numberOf(value, found))
    encoded.set(i, { name: column.name, ...found, ...moments(numbers) })
    yield
  }
  return encoded
}

type Filling = Pick<EncodedColumn, 'shares' | 'usual'>

function numeric(values: Float64Array): Filling | null {
  const present = values.filter(Number.isFinite)
  return present.length === 0 ? null : { shares: null, usual: meanOf(present) }
}

function categorical(values: readonly (string | null)[]): Filling | null {
  const counts = new Map<string, number>()
  for (const value of values) if (value !== null) counts.set(value, (counts.get(value) ?? 0) + 1)
  const [mode] = [...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))
  if (mode === undefined) return null
  const missing = values.length - [...counts.values()].reduce((sum, count) => sum + count, 0)
  counts.set(mode[0], mode[1] + missing)
  const shares = new Map([...counts].map(([value, count]) => [value, count / values.length]))
  return { shares, usual: shares.get(mode[0])! }
}

function numberOf(value: number | string | null, { shares, usual }: Filling): number {
  if (shares !== null) return value === null ? usual : (shares.get(value as string) ?? 0)
  return Number.isFinite(value) ? (value as number) : usual
}

function moments(values: Float64Array): { mean: number; deviation: number } {
  const mean = meanOf(values)
  const scale = values.reduce((most, x) => Math.max(most, Math.abs(x - mean)), 0)
  // What rounding leaves of a constant is no variance.
  if (!(scale > 1e-13 * Math.abs(mean))) return { mean, deviation: 1 }
  const square = values.reduce((sum, x) => sum + ((x - mean) / scale) ** 2, 0) / values.length
  return { mean, deviation: scale * Math.sqrt(square) }
}

/** Divides first where the sum would overflow. */
function meanOf(values: Float64Array): number {
  const sum = values.reduce((total, x) => total + x, 0)
  if (Number.isFinite(sum)) return sum / values.length
  return values.reduce((total, x) => total + x / values.length, 0)
}

/** Rows as standardised numbers, row after row; as many a row as the encoding has columns. */
export function* standardised(
  encoding: ReferenceEncoding,
  sample: MixedSample,
): Work<Float64Array> {
  const rows = new Float64Array(sample.count * encoding.size)
  let place = 0
  for (const [i, column] of encoding) {
    const values = sample.columns[i]?.values ?? []
    for (let row = 0; row < sample.count; row++) {
      const z = (numberOf(values[row] ?? null, column) - column.mean) / column.deviation
      rows[row * encoding.size + place] = Math.min(farthest, Math.max(-farthest, z))
    }
    place++
    yield
  }
  return rows
}
