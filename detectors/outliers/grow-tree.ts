import { type RandomSource } from '../streams/random-source.ts'

/** Rows of encoded values, one after another; NaN is missing. */
export interface Rows {
  readonly values: Float64Array
  /** Values of a row. */
  readonly width: number
  readonly count: number
}

/** One node after another, those of a tree together, its root first. Plain JSON. */
export interface TreeNodes {
  /** The feature a node asks about; -1 for a leaf. */
  readonly feature: number[]
  /** Lesser values go to the first child. */
  readonly threshold: number[]
  /** The first child; the second stands right after it. */
  readonly child: number[]
  /** 0 or 1: the child that holds more of the sample, where rows without the value go. */
  readonly missing: number[]
  /** Rows of the sample that came by. */
  readonly size: number[]
}

interface Growing {
  readonly rows: Rows
  readonly sample: Int32Array
  readonly random: RandomSource
  readonly nodes: TreeNodes
  readonly deepest: number
}

/**
 * Grows one isolation tree from a sample of row numbers and appends its nodes:
 * each node asks about a feature drawn among those that still vary, at a
 * threshold drawn between its least and greatest value, until rows are alone,
 * alike, or as deep as a balanced tree would be. Reorders the sample.
 */
export function growTree(
  rows: Rows,
  sample: Int32Array,
  random: RandomSource,
  nodes: TreeNodes,
): void {
  const deepest = Math.ceil(Math.log2(Math.max(2, sample.length)))
  const growing = { rows, sample, random, nodes, deepest }
  place(nodes, sample.length)
  split(growing, nodes.feature.length - 1, { from: 0, to: sample.length, depth: 0 })
}

interface Span {
  readonly from: number
  readonly to: number
  readonly depth: number
}

function place({ feature, threshold, child, missing, size }: TreeNodes, rows: number): void {
  feature.push(-1)
  threshold.push(0)
  child.push(0)
  missing.push(0)
  size.push(rows)
}

function split(growing: Growing, node: number, { from, to, depth }: Span): void {
  const { nodes, deepest } = growing
  if (to - from < 2 || depth === deepest) return
  const cut = chooseCut(growing, from, to)
  if (cut === null) return
  const { middle, missing } = partition(growing, from, to, cut)
  const child = nodes.feature.length
  nodes.feature[node] = cut.feature
  nodes.threshold[node] = cut.threshold
  nodes.child[node] = child
  nodes.missing[node] = missing
  place(nodes, middle - from)
  place(nodes, to - middle)
  split(growing, child, { from, to: middle, depth: depth + 1 })
  split(growing, child + 1, { from: middle, to, depth: depth + 1 })
}

interface Cut {
  readonly feature: number
  readonly threshold: number
}

/** Draws features until one varies; null where none does. */
function chooseCut({ rows, sample, random }: Growing, from: number, to: number): Cut | null {
  const untried = Array.from({ length: rows.width }, (_, i) => i)
  while (untried.length > 0) {
    const at = random.below(untried.length)
    const feature = untried[at]!
    untried[at] = untried.at(-1)!
    untried.pop()
    let least = Infinity
    let greatest = -Infinity
    for (let i = from; i < to; i++) {
      const x = rows.values[sample[i]! * rows.width + feature]!
      if (x < least) least = x
      if (x > greatest) greatest = x
    }
    if (!(least < greatest)) continue
    // The halves first: the difference of two doubles may overflow.
    const drawn = greatest - random.next() * 2 * (greatest / 2 - least / 2)
    return { feature, threshold: drawn > least && drawn <= greatest ? drawn : greatest }
  }
  return null
}

/** Moves the rows of the first child to the front. */
function partition(
  { rows, sample }: Growing,
  from: number,
  to: number,
  { feature, threshold }: Cut,
): { middle: number; missing: number } {
  const valueOf = (row: number): number => rows.values[row * rows.width + feature]!
  let lesser = 0
  let greater = 0
  for (let i = from; i < to; i++) {
    const x = valueOf(sample[i]!)
    if (x < threshold) lesser++
    else if (x >= threshold) greater++
  }
  const missing = lesser >= greater ? 0 : 1
  let middle = from
  for (let i = from; i < to; i++) {
    const row = sample[i]!
    const x = valueOf(row)
    if (!(x < threshold || (x !== x && missing === 0))) continue
    sample[i] = sample[middle]!
    sample[middle++] = row
  }
  return { middle, missing }
}
