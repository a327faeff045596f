import { type MixedColumn, type MixedSample, pairedColumns } from './mixed-sample.ts'
import { type Work } from './work.ts'

/** How a column's values become points, as the reference has them. */
type Scale =
  | { readonly kind: 'scaled'; readonly mean: number; readonly deviation: number }
  /** The reference has one value, or none: what counts is whether it is that one. */
  | { readonly kind: 'constant'; readonly value: number }
  | { readonly kind: 'categorical' }

/** Scales of all columns. */
export type KernelSpace = readonly Scale[]

/** Rows as points, those of the reference first. */
export interface Points {
  readonly count: number
  /** Numbers of a point, `dimensions` of them, point after point. */
  readonly numbers: Float64Array
  readonly dimensions: number
  /** Codes of a point, `categories` of them: two points agree in one or do not. */
  readonly codes: Int32Array
  readonly categories: number
}

// Farther out values count as this many standard deviations: no square overflows.
const farthest = 1e6

/**
 * The scales of a reference: numbers by its mean and standard deviation, so that
 * no unit matters; a number that never varies by whether it is that number.
 * O(rows · columns).
 */
export function* kernelSpace({ columns }: MixedSample): Work<KernelSpace> {
  const space: Scale[] = []
  for (const column of columns) {
    space.push(column.kind === 'categorical' ? { kind: 'categorical' } : scaleOf(column.values))
    yield
  }
  return space
}

function scaleOf(all: Float64Array): Scale {
  const values = all.filter(Number.isFinite)
  if (values.length === 0) return { kind: 'constant', value: NaN }
  const least = values.reduce((a, b) => Math.min(a, b))
  const greatest = values.reduce((a, b) => Math.max(a, b))
  // In units of half the range: sums and squares of the greatest doubles overflow.
  const half = greatest / 2 - least / 2
  if (!(half > 0)) return { kind: 'constant', value: least }
  const middle = least + half
  const scaled = values.map((x) => (x - middle) / half)
  const mean = scaled.reduce((sum, x) => sum + x, 0) / scaled.length
  const square = scaled.reduce((sum, x) => sum + (x - mean) ** 2, 0) / scaled.length
  const deviation = half * Math.sqrt(square)
  return deviation > 0
    ? { kind: 'scaled', mean: middle + half * mean, deviation }
    : { kind: 'constant', value: least }
}

/**
 * Places two samples in a space where every column weighs alike: two values of
 * the reference, drawn at random, are √2 apart in a number, and so are two
 * categories that differ. A missing number is one step aside of the mean, in a
 * direction of its own; a missing category is a category. O(rows · columns).
 */
export function* placed(
  space: KernelSpace,
  reference: MixedSample,
  current: MixedSample,
): Work<Points> {
  const axes: Float64Array[] = []
  const labels: Int32Array[] = []
  for (const [i, pair] of pairedColumns(reference, current).entries()) {
    const values = [...pair.reference.values, ...pair.current.values]
    const scale = space[i]!
    if (scale.kind === 'scaled') axes.push(...axesOf(values as number[], scale))
    else labels.push(codesOf(values.map((value) => labelOf(value, scale))))
    yield
  }
  const count = reference.count + current.count
  const numbers = new Float64Array(count * axes.length)
  for (const [i, axis] of axes.entries()) {
    for (let row = 0; row < count; row++) numbers[row * axes.length + i] = axis[row]!
    yield
  }
  const codes = new Int32Array(count * labels.length)
  for (const [i, label] of labels.entries()) {
    for (let row = 0; row < count; row++) codes[row * labels.length + i] = label[row]!
    yield
  }
  return { count, numbers, dimensions: axes.length, codes, categories: labels.length }
}

/** One axis of values, and one of which are missing where any is. */
function axesOf(
  values: readonly number[],
  { mean, deviation }: { readonly mean: number; readonly deviation: number },
): Float64Array[] {
  const missing = Float64Array.from(values, (x) => (Number.isFinite(x) ? 0 : 1))
  const standard = Float64Array.from(values, (x) =>
    Number.isFinite(x) ? Math.min(farthest, Math.max(-farthest, (x - mean) / deviation)) : 0,
  )
  return missing.includes(1) ? [standard, missing] : [standard]
}

function labelOf(value: MixedColumn['values'][number], scale: Scale): string | null {
  if (typeof value !== 'number' || scale.kind !== 'constant') return value as string | null
  if (!Number.isFinite(value)) return null
  return value === scale.value ? 'usual' : 'other'
}

function codesOf(labels: readonly (string | null)[]): Int32Array {
  const codes = new Map<string | null, number>()
  return Int32Array.from(labels, (label) => {
    const code = codes.get(label) ?? codes.size
    codes.set(label, code)
    return code
  })
}

/** Squared distance of two points: two for each category that differs. */
export function squaredDistance(points: Points, i: number, j: number): number {
  const { numbers, dimensions, codes, categories } = points
  let sum = 0
  for (let a = i * dimensions, b = j * dimensions, end = a + dimensions; a < end; a++, b++) {
    const gap = numbers[a]! - numbers[b]!
    sum += gap * gap
  }
  for (let a = i * categories, b = j * categories, end = a + categories; a < end; a++, b++)
    if (codes[a] !== codes[b]) sum += 2
  return sum
}
