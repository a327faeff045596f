import { mostBins, type BinnedColumns } from './binned-columns.ts'

/** A question that parts the rows of a node. */
export interface Split {
  readonly column: number
  /** By bin: 1 where it belongs to the left child. */
  readonly left: Uint8Array
  /** By how much the loss falls, doubled. */
  readonly gain: number
}

/** Least rows of a leaf, and what is added to its hessian: leaves of few rows say little. */
const leastRows = 20
const smoothing = 1
/** Added to a category's hessian before categories are put in order: rare ones lie in the middle. */
const categorySmoothing = 10

/** Sums over rows, in the order of a histogram. */
interface Sums {
  readonly g: number
  readonly h: number
  readonly n: number
}

/**
 * The question that lessens the loss most, over the columns drawn; null where
 * none does, or every one would leave a leaf with fewer than twenty rows.
 * `histogram` holds gradient, hessian and rows by drawn column and bin.
 * O(columns · bins).
 */
export function bestSplit(
  data: BinnedColumns,
  columns: Int32Array,
  histogram: Float64Array,
): Split | null {
  const all = sumOf(
    histogram,
    0,
    Array.from({ length: mostBins }, (_, i) => i),
  )
  if (all.n < 2 * leastRows) return null
  let best: Split | null = null
  for (let c = 0; c < columns.length; c++) {
    const column = columns[c]!
    const { ordered, bins } = data.columns[column]!
    const base = c * mostBins * 3
    const orders = ordered ? bothEnds(bins) : [byAnswer(histogram, base, bins)]
    for (const order of orders) {
      const found = bestCut(histogram, base, order, all)
      if (found === null || found.gain <= (best?.gain ?? leastGain)) continue
      best = { column, gain: found.gain, left: marked(order, found.bins) }
    }
  }
  return best
}

// Less than this is rounding.
const leastGain = 1e-9

/**
 * Missing values, bin 0, may go with the least values or with the greatest. Bins
 * without a row here keep their place: a row that is only asked about may have one.
 */
function bothEnds(bins: number): readonly (readonly number[])[] {
  const order = Array.from({ length: bins }, (_, bin) => bin)
  return [order, [...order.slice(1), 0]]
}

function byAnswer(histogram: Float64Array, base: number, bins: number): number[] {
  const answer = (bin: number): number =>
    histogram[base + bin * 3]! / (histogram[base + bin * 3 + 1]! + categorySmoothing)
  return Array.from({ length: bins }, (_, bin) => bin)
    .filter((bin) => histogram[base + bin * 3 + 2]! > 0)
    .sort((a, b) => answer(a) - answer(b) || a - b)
}

function sumOf(histogram: Float64Array, base: number, bins: readonly number[]): Sums {
  let [g, h, n] = [0, 0, 0]
  for (const bin of bins) {
    g += histogram[base + bin * 3]!
    h += histogram[base + bin * 3 + 1]!
    n += histogram[base + bin * 3 + 2]!
  }
  return { g, h, n }
}

/** How many bins of an order are best on the left. */
function bestCut(
  histogram: Float64Array,
  base: number,
  order: readonly number[],
  all: Sums,
): { bins: number; gain: number } | null {
  let best: { bins: number; gain: number } | null = null
  let [g, h, n] = [0, 0, 0]
  const before = worth(all.g, all.h)
  for (let i = 0; i + 1 < order.length; i++) {
    const at = base + order[i]! * 3
    g += histogram[at]!
    h += histogram[at + 1]!
    n += histogram[at + 2]!
    if (n < leastRows) continue
    if (all.n - n < leastRows) break
    const gain = worth(g, h) + worth(all.g - g, all.h - h) - before
    if (gain > (best?.gain ?? 0)) best = { bins: i + 1, gain }
  }
  return best
}

const worth = (g: number, h: number): number => (g * g) / (h + smoothing)

function marked(order: readonly number[], bins: number): Uint8Array {
  const left = new Uint8Array(mostBins)
  for (let i = 0; i < bins; i++) left[order[i]!] = 1
  return left
}
