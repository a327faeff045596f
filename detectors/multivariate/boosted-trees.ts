import { type RandomSource } from '../streams/random-source.ts'
import { mostBins, type BinnedColumns } from './binned-columns.ts'
import { bestSplit, type Split } from './split.ts'
import { type Work } from './work.ts'

/** Rows to learn from and rows to tell about, as numbers of `data`'s rows. */
export interface Fold {
  readonly train: Int32Array
  readonly test: Int32Array
}

export interface Learning {
  readonly data: BinnedColumns
  /** Of each row: 1 for the current sample, 0 for the reference. */
  readonly labels: Uint8Array
  readonly random: RandomSource
  /** What splits on each column gained: added to. */
  readonly gains: Float64Array
}

const trees = 60
const deepest = 4
const rate = 0.1
/** Columns that a tree looks at; where there are more, each tree draws its own. */
const columnsATree = 48

/**
 * Gradient boosting of the logistic loss with histograms: sixty trees of at most
 * sixteen leaves, each answering what the ones before it left over. Answers, for
 * each row of `test`, the log-odds that it is of the current sample.
 *
 * Numbers are split between two bins, categories by the order of what they
 * answer; missing values go to the side that they fit. With more than 48 columns
 * each tree draws 48 of them, so that wide data cost no more. Pauses after
 * every tree. O(trees · rows · columns).
 *
 * Ref: J. H. Friedman, Annals of Statistics 29 (2001), 1189–1232; G. Ke et al.,
 * NIPS (2017), on histograms.
 */
export function* boostedLogOdds(learning: Learning, fold: Fold): Work<Float64Array> {
  const { data, labels } = learning
  const rows = { train: fold.train.slice(), test: fold.test.slice() }
  const known = new Float64Array(data.count)
  const answers = { gradient: new Float64Array(data.count), hessian: new Float64Array(data.count) }
  const start = logOdds(rows.train, labels)
  for (const row of [...rows.train, ...rows.test]) known[row] = start
  for (let t = 0; t < trees; t++) {
    for (const row of rows.train) {
      const p = 1 / (1 + Math.exp(-known[row]!))
      answers.gradient[row] = p - labels[row]!
      answers.hessian[row] = p * (1 - p)
    }
    growTree({ learning, rows, known, ...answers, columns: drawnColumns(learning) })
    yield
  }
  return Float64Array.from(fold.test, (row) => known[row]!)
}

function logOdds(rows: Int32Array, labels: Uint8Array): number {
  let ones = 0
  for (const row of rows) ones += labels[row]!
  return Math.log((ones + 1) / (rows.length - ones + 1))
}

function drawnColumns({ data, random }: Learning): Int32Array {
  const all = Int32Array.from(data.columns, (_, i) => i)
  if (all.length <= columnsATree) return all
  for (let i = 0; i < columnsATree; i++) {
    const at = i + random.below(all.length - i)
    ;[all[i], all[at]] = [all[at]!, all[i]!]
  }
  return all.slice(0, columnsATree).sort()
}

interface Growing {
  readonly learning: Learning
  /** In the order of the leaves that rows are in: reordered by every split. */
  readonly rows: { readonly train: Int32Array; readonly test: Int32Array }
  /** Log-odds so far, by row: every leaf adds to its own. */
  readonly known: Float64Array
  readonly gradient: Float64Array
  readonly hessian: Float64Array
  readonly columns: Int32Array
}

/** Places of the rows of a node. */
interface Span {
  readonly from: number
  readonly to: number
}

interface Node {
  readonly train: Span
  readonly test: Span
  readonly depth: number
  /** Gradient, hessian and rows by column and bin. */
  readonly histogram: Float64Array
}

function growTree(growing: Growing): void {
  const { train, test } = growing.rows
  const span = { from: 0, to: train.length }
  grow(growing, {
    train: span,
    test: { from: 0, to: test.length },
    depth: 0,
    histogram: counted(growing, span),
  })
}

function grow(growing: Growing, node: Node): void {
  const { learning, rows, columns } = growing
  const { data, gains } = learning
  const split = node.depth === deepest ? null : bestSplit(data, columns, node.histogram)
  if (split === null) {
    answer(growing, node)
    return
  }
  gains[split.column]! += split.gain
  const train = parted(data, rows.train, node.train, split)
  const test = parted(data, rows.test, node.test, split)
  const [left, right] = childHistograms(growing, node, train)
  const depth = node.depth + 1
  grow(growing, {
    train: { from: node.train.from, to: train },
    test: { from: node.test.from, to: test },
    depth,
    histogram: left,
  })
  grow(growing, {
    train: { from: train, to: node.train.to },
    test: { from: test, to: node.test.to },
    depth,
    histogram: right,
  })
}

/** Counts the child with fewer rows; the other one is what is left of the parent. */
function childHistograms(
  growing: Growing,
  { train: { from, to }, histogram }: Node,
  middle: number,
): [Float64Array, Float64Array] {
  const leftIsLess = middle - from <= to - middle
  const less = counted(growing, leftIsLess ? { from, to: middle } : { from: middle, to })
  const more = histogram.map((x, i) => x - less[i]!)
  return leftIsLess ? [less, more] : [more, less]
}

function counted(
  { learning: { data }, rows, gradient, hessian, columns }: Growing,
  { from, to }: Span,
): Float64Array {
  const histogram = new Float64Array(columns.length * mostBins * 3)
  for (let c = 0; c < columns.length; c++) {
    const codes = columns[c]! * data.count
    const base = c * mostBins * 3
    for (let i = from; i < to; i++) {
      const row = rows.train[i]!
      const at = base + data.codes[codes + row]! * 3
      histogram[at]! += gradient[row]!
      histogram[at + 1]! += hessian[row]!
      histogram[at + 2]!++
    }
  }
  return histogram
}

/** Moves the rows of the left child to the front; answers where the right one begins. */
function parted(
  { codes, count }: BinnedColumns,
  rows: Int32Array,
  { from, to }: Span,
  { column, left }: Split,
): number {
  let middle = from
  for (let i = from; i < to; i++) {
    const row = rows[i]!
    if (left[codes[column * count + row]!] === 0) continue
    rows[i] = rows[middle]!
    rows[middle++] = row
  }
  return middle
}

function answer({ rows, known, gradient, hessian }: Growing, { train, test }: Node): void {
  let g = 0
  let h = 0
  for (let i = train.from; i < train.to; i++) {
    g += gradient[rows.train[i]!]!
    h += hessian[rows.train[i]!]!
  }
  const step = (-rate * g) / (h + 1)
  for (let i = train.from; i < train.to; i++) known[rows.train[i]!]! += step
  for (let i = test.from; i < test.to; i++) known[rows.test[i]!]! += step
}
