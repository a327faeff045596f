import { type BinPair } from '../bins.ts'

/**
 * What the counts of two samples may be when their events are dealt out again at
 * random: of each bin some counts, its nodes, and how much each of them weighs.
 * Means over the nodes are means over all deals. Plain arrays, a column each:
 * this is made for every pair of profiles, and typed ones take longer to make.
 */
export interface DealtCounts {
  /** Events of the reference and of the current sample. */
  readonly n: number
  readonly m: number
  /** By node: reference and current count of its bin, and its weight; those of one bin sum to one. */
  readonly reference: readonly number[]
  readonly current: readonly number[]
  readonly weights: readonly number[]
  /** By bin: one past its last node, its pooled share, mean and standard deviation of its current count. */
  readonly ends: readonly number[]
  readonly shares: readonly number[]
  readonly centers: readonly number[]
  readonly deviations: readonly number[]
  /** By bin: mean distance of the current count from its mean; NaN where it is taken as normal. */
  readonly distances: readonly number[]
}

/** Beyond this standard deviation a count may be taken as normal. */
const denseDeviation = 8

/** Nodes and weights for a mean over a standard normal value, exact for polynomials up to degree nine. */
const normalNodes = [
  0, 1.355626179974266, -1.355626179974266, 2.856970013872806, -2.856970013872806,
]
const normalWeights = [
  8 / 15,
  0.2220759220056126,
  0.2220759220056126,
  0.01125741132772071,
  0.01125741132772071,
]

/**
 * The counts that the bins of a pair, all in use, may take. Given the total of a
 * bin, its current count is hypergeometric. Up to a standard deviation of eight
 * its nodes are whole numbers, weighted by their chances; beyond, five counts
 * stand for a normal value.
 *
 * A count that varies by more than five needs no node at every number: a sum over
 * every s-th is off by the characteristic function at 2π/s, of size at most
 * exp(−σ²·(1 − cos 2π/s)), here exp(−36); and by what happens at a count of zero,
 * whose chance is below exp(−30).
 *
 * O(√count) a bin for small counts, O(1) for large ones.
 *
 * Ref: L. N. Trefethen, J. A. C. Weideman, SIAM Rev. 56 (2014), 385–458, for sums
 * over every s-th; V. A. Vatutin, V. G. Mikhailov, Theory Probab. Appl. 27 (1982),
 * 734–743, for the bound: a hypergeometric count is a sum of independent events.
 */
export function dealtCounts({ reference, current, n, m }: BinPair): DealtCounts {
  const lattices = new Array<Lattice>(reference.length)
  let nodes = 0
  for (let i = 0; i < reference.length; i++) {
    const lattice = latticeOf(reference[i]! + current[i]!, n, m)
    lattices[i] = lattice
    nodes += lattice.nodes
  }
  const columns = columnsFor(nodes, lattices.length)
  let end = 0
  for (let i = 0; i < lattices.length; i++) {
    const lattice = lattices[i]!
    const dense = lattice.step === 0
    if (dense) fillNormal(columns, end, lattice)
    const chance = dense ? Number.NaN : fillLattice(columns, end, lattice)
    end += lattice.nodes
    columns.ends[i] = end
    columns.shares[i] = lattice.pooled / (n + m)
    columns.centers[i] = lattice.center
    columns.deviations[i] = lattice.deviation
    columns.distances[i] = meanDistance(lattice, chance)
  }
  return { n, m, ...columns }
}

function columnsFor(nodes: number, bins: number): Columns {
  return {
    reference: new Array<number>(nodes),
    current: new Array<number>(nodes),
    weights: new Array<number>(nodes),
    ends: new Array<number>(bins),
    shares: new Array<number>(bins),
    centers: new Array<number>(bins),
    deviations: new Array<number>(bins),
    distances: new Array<number>(bins),
  }
}

type Columns = Record<Exclude<keyof DealtCounts, 'n' | 'm'>, number[]>

/** The current counts of one bin that get a node: every `step`-th from `least` to `most`; 0 for normal ones. */
interface Lattice {
  readonly pooled: number
  readonly n: number
  readonly m: number
  readonly center: number
  readonly deviation: number
  readonly step: number
  readonly nodes: number
  readonly least: number
  readonly most: number
  readonly middle: number
}

function latticeOf(pooled: number, n: number, m: number): Lattice {
  const share = pooled / (n + m)
  const center = m * share
  const variance = (m * share * (1 - share) * n) / Math.max(1, n + m - 1)
  const deviation = Math.sqrt(variance)
  if (deviation > denseDeviation) {
    const nodes = normalNodes.length
    return { pooled, n, m, center, deviation, step: 0, nodes, least: 0, most: 0, middle: 0 }
  }
  const least = Math.max(0, pooled - n, Math.floor(center - 7 * deviation - 4))
  const most = Math.min(pooled, m, Math.ceil(center + 7 * deviation + 4))
  const middle = Math.min(most, Math.max(least, Math.round(center)))
  const step = stepOf(variance)
  const nodes = 1 + Math.floor((most - middle) / step) + Math.floor((middle - least) / step)
  return { pooled, n, m, center, deviation, step, nodes, least, most, middle }
}

/** Every 3rd, 4th and 5th count is enough from a variance of 36 / (1 − cos 2π/s), but not of fewer than 30. */
function stepOf(variance: number): number {
  if (variance < 30) return 1
  if (variance < 36) return 3
  return variance < 52.2 ? 4 : 5
}

function fillNormal(columns: Columns, from: number, { pooled, center, deviation }: Lattice): void {
  for (let k = 0; k < normalNodes.length; k++) {
    const count = center + deviation * normalNodes[k]!
    columns.reference[from + k] = pooled - count
    columns.current[from + k] = count
    columns.weights[from + k] = normalWeights[k]!
  }
}

/** From the middle outwards, so that no weight underflows early. Returns the chance of the middle itself. */
function fillLattice(columns: Columns, from: number, lattice: Lattice): number {
  const { pooled, step, least, most, middle } = lattice
  const { reference, current, weights } = columns
  let at = from
  let sum = 0
  let weight = 1
  for (let count = middle; count <= most; count += step) {
    reference[at] = pooled - count
    current[at] = count
    weights[at] = weight
    sum += weight
    at++
    weight *= growth(lattice, count, step)
  }
  weight = 1
  for (let count = middle - step; count >= least; count -= step) {
    weight /= growth(lattice, count, step)
    reference[at] = pooled - count
    current[at] = count
    weights[at] = weight
    sum += weight
    at++
  }
  for (let k = from; k < at; k++) weights[k]! /= sum
  return 1 / (step * sum)
}

/** How many times likelier a current count of `count + step` is than one of `count`. */
function growth({ pooled, n, m }: Lattice, count: number, step: number): number {
  let more = 1
  let less = 1
  for (let y = count; y < count + step; y++) {
    more *= (pooled - y) * (m - y)
    less *= (y + 1) * (n - pooled + y + 1)
  }
  return more / less
}

/**
 * Mean of |count − center| from the chance of the middle, the only one that has to be known: the terms
 * (y − center)·P(y) are differences of y·(n − pooled + y)·P(y)/(n + m), so that
 * all but one of a side cancel, as de Moivre found for the binomial.
 *
 * Ref: P. Diaconis, S. Zabell, Stat. Sci. 6 (1991), 284–302.
 */
function meanDistance(lattice: Lattice, middleChance: number): number {
  const { pooled, n, m, center, middle } = lattice
  const above = Math.floor(center) + 1
  if (above > pooled || above > m) return 0
  const chance = above > middle ? middleChance * growth(lattice, middle, 1) : middleChance
  return (2 * above * (n - pooled + above) * chance) / (n + m)
}
