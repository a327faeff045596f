/** Sum of 2^row values, less the window's origin, and the sum of their squared deviations. */
export type Bucket = readonly [sum: number, squares: number]

/**
 * ADWIN's exponential histogram: row i holds up to `maxBuckets` buckets of 2^i values each, oldest
 * first, so that the newest values are known singly and the oldest by the thousand.
 */
export interface AdwinWindow {
  /** The first value. Sums leave it out: they are then exactly zero for a constant stream. */
  readonly origin: number
  readonly rows: readonly (readonly Bucket[])[]
  /** Values held. */
  readonly width: number
  readonly total: number
  /** Sum of squared deviations from the mean. */
  readonly squares: number
}

export const emptyWindow: AdwinWindow = { origin: 0, rows: [[]], width: 0, total: 0, squares: 0 }

export function inserted(window: AdwinWindow, value: number, maxBuckets: number): AdwinWindow {
  const origin = window.width === 0 ? value : window.origin
  const x = value - origin
  const width = window.width + 1
  const offset = window.width === 0 ? 0 : x - window.total / window.width
  const rows = [...window.rows]
  rows[0] = [...rows[0]!, [x, 0]]
  mergeFullRows(rows, maxBuckets)
  return {
    origin,
    rows,
    width,
    total: window.total + x,
    squares: window.squares + ((width - 1) * offset * offset) / width,
  }
}

/** A row with a bucket too many joins its oldest two into one of the next row. */
function mergeFullRows(rows: (readonly Bucket[])[], maxBuckets: number): void {
  for (let i = 0; i < rows.length && rows[i]!.length > maxBuckets; i++) {
    const [first, second, ...rest] = rows[i]!
    const size = 2 ** i
    const gap = (first![0] - second![0]) / size
    const joined: Bucket = [first![0] + second![0], first![1] + second![1] + (size / 2) * gap * gap]
    rows[i] = rest
    rows[i + 1] = [...(rows[i + 1] ?? []), joined]
  }
}

/** The window without its oldest bucket; more than one bucket is there. */
export function withoutOldest(window: AdwinWindow): AdwinWindow {
  const last = window.rows.length - 1
  const [oldest, ...rest] = window.rows[last]!
  const size = 2 ** last
  const [sum, squares] = oldest!
  const width = window.width - size
  const total = window.total - sum
  const gap = sum / size - total / width
  const gone = squares + (size * width * gap * gap) / (size + width)
  const kept = window.rows.slice(0, last)
  return {
    origin: window.origin,
    rows: rest.length === 0 ? kept : [...kept, rest],
    width,
    total,
    squares: Math.max(0, window.squares - gone),
  }
}

/** A place to cut the window in an older and a newer part. */
export interface Cut {
  /** Mean of the newer part less that of the older. */
  readonly gap: number
  /** What the gap must pass to be a change. */
  readonly bound: number
}

/**
 * The first cut, oldest first, whose gap passes its bound, or the one that comes nearest; null when
 * no cut leaves `minLength` values on each side. With `settled` the newest bucket of each row is
 * left out of the older part and no cut is tried there.
 */
export function widestCut(
  window: AdwinWindow,
  options: { readonly delta: number; readonly minLength: number; readonly settled: boolean },
): Cut | null {
  const { width, total, squares, rows } = window
  const { minLength } = options
  const spread = Math.log((2 * Math.log(width)) / options.delta)
  let best: Cut | null = null
  let older = 0
  let sum = 0
  for (let i = rows.length - 1; i >= 0; i--) {
    const row = rows[i]!
    const tried = options.settled ? row.length - 1 : row.length
    for (let k = 0; k < tried; k++) {
      older += 2 ** i
      sum += row[k]![0]
      const newer = width - older
      if (older < minLength || newer < Math.max(1, minLength)) continue
      const gap = (total - sum) / newer - sum / older
      const reciprocal = 1 / (older - minLength + 1) + 1 / (newer - minLength + 1)
      const bound =
        Math.sqrt(2 * reciprocal * (squares / width) * spread) + (2 / 3) * spread * reciprocal
      if (Math.abs(gap) > bound) return { gap, bound }
      if (best === null || Math.abs(gap) * best.bound > Math.abs(best.gap) * bound) {
        best = { gap, bound }
      }
    }
  }
  return best
}
