import { numpyRandom, type RandomSource } from '../streams/random-source.ts'
import { growTree, type Rows, type TreeNodes } from './grow-tree.ts'
import { type Scorer } from './scorer.ts'

/** Plain JSON. */
export interface IsolationForest {
  readonly kind: 'isolation-forest'
  /** Rows that each tree was grown from. */
  readonly sample: number
  /** The first node of each tree. */
  readonly roots: readonly number[]
  readonly nodes: Readonly<Record<keyof TreeNodes, readonly number[]>>
}

const trees = 100
const rowsATree = 256

/**
 * Grows 100 trees, each from 256 rows drawn without replacement (all of them,
 * where there are fewer). The same rows and seed give the same forest.
 */
export function fitIsolationForest(rows: Rows, seed: number): IsolationForest {
  if (rows.count < 2) throw new RangeError('fitIsolationForest requires at least two rows')
  const random = numpyRandom(seed)
  const sample = Math.min(rowsATree, rows.count)
  const nodes: TreeNodes = { feature: [], threshold: [], child: [], missing: [], size: [] }
  const order = Int32Array.from({ length: rows.count }, (_, i) => i)
  const roots = Array.from({ length: trees }, () => {
    const root = nodes.feature.length
    growTree(rows, drawn(order, sample, random), random, nodes)
    return root
  })
  return { kind: 'isolation-forest', sample, roots, nodes }
}

/** The first few of a shuffle that stops there. */
function drawn(order: Int32Array, count: number, random: RandomSource): Int32Array {
  for (let i = 0; i < count; i++) {
    const at = i + random.below(order.length - i)
    const row = order[at]!
    order[at] = order[i]!
    order[i] = row
  }
  return order.slice(0, count)
}

/**
 * The mean number of questions that tell one of n rows apart in a random tree:
 * 2·(Hₙ₋₁ − (n − 1)/n), with 1 for two rows.
 *
 * @example meanPathLength(256) // 10.24
 */
export function meanPathLength(n: number): number {
  if (n < 2) return 0
  if (n === 2) return 1
  return 2 * (Math.log(n - 1) + 0.5772156649015329) - (2 * (n - 1)) / n
}

/**
 * The anomaly score 2^(−h/c): h is the mean depth at which the trees have a row
 * alone, c that of a random tree. From 0 to 1, greater is stranger; rows like
 * most score below 0.5. It needs no shape of the distribution and sees odd
 * corners and gaps; it is blind to features that never varied, and a value far
 * beyond the reference is no stranger than one just beyond it.
 *
 * A row without the value that is asked for goes where most of the sample went.
 * A feature's contribution is what its questions told: at each the bits by
 * which the rows in question became fewer, trees that isolate the row early
 * counting more.
 *
 * Cost: trees × depth steps, about 800.
 *
 * Ref: F. T. Liu, K. M. Ting, Z.-H. Zhou, ICDM (2008), 413–422.
 */
export function isolationForestScorer({ sample, roots, nodes }: IsolationForest): Scorer {
  const forest = {
    roots: Int32Array.from(roots),
    feature: Int16Array.from(nodes.feature),
    threshold: Float64Array.from(nodes.threshold),
    child: Int32Array.from(nodes.child),
    missing: Int8Array.from(nodes.missing),
    size: Float64Array.from(nodes.size),
  }
  const depth = depths(forest)
  const usual = roots.length * Math.max(1, meanPathLength(sample))

  return {
    raw: (values) => {
      let total = 0
      for (const root of forest.roots) total += depth[leafOf(forest, root, values)]!
      return 2 ** (-total / usual)
    },
    contribute: (values, into) => {
      into.fill(0)
      for (const root of forest.roots) {
        const weight = 1 / depth[leafOf(forest, root, values)]!
        if (weight < Infinity) followed(forest, root, values, { into, weight })
      }
    },
  }
}

interface Packed {
  readonly roots: Int32Array
  readonly feature: Int16Array
  readonly threshold: Float64Array
  readonly child: Int32Array
  readonly missing: Int8Array
  readonly size: Float64Array
}

function leafOf(forest: Packed, root: number, values: Float64Array): number {
  const { feature, threshold, child, missing } = forest
  let node = root
  for (let asked = feature[node]!; asked >= 0; asked = feature[node]!) {
    const x = values[asked]!
    const t = threshold[node]!
    node = child[node]! + (x < t ? 0 : x >= t ? 1 : missing[node]!)
  }
  return node
}

function followed(
  forest: Packed,
  root: number,
  values: Float64Array,
  { into, weight }: { into: Float64Array; weight: number },
): void {
  const { feature, threshold, child, size } = forest
  let node = root
  for (let asked = feature[node]!; asked >= 0; asked = feature[node]!) {
    const x = values[asked]!
    const t = threshold[node]!
    const present = x === x
    const next = child[node]! + (present ? (x < t ? 0 : 1) : forest.missing[node]!)
    if (present) into[asked]! += weight * Math.log2(size[node]! / size[next]!)
    node = next
  }
}

/** Of each leaf: its depth, and what telling its rows apart would still take. */
function depths({ roots, feature, child, size }: Packed): Float64Array {
  const depth = new Float64Array(feature.length)
  for (const root of roots) {
    const open: [node: number, depth: number][] = [[root, 0]]
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      const [node, at] = next
      if (feature[node]! < 0) depth[node] = at + meanPathLength(size[node]!)
      else open.push([child[node]!, at + 1], [child[node]! + 1, at + 1])
    }
  }
  return depth
}
