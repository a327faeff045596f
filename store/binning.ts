import type { FeatureReference } from './feature-references.ts'
import type { FrozenSlice } from './slices.ts'

/** The bins of a numeric feature, frozen; the structural twin of detectors/profile.ts with what SQL needs. */
export interface NumericBins {
  readonly kind: 'numeric'
  /** Ascending, distinct inner edges; n edges make n + 1 bins, closed on the left. */
  readonly edges: readonly number[]
  /** The coarse bin of each fine bin. */
  readonly coarse: readonly number[]
  /** Least and greatest reference value. */
  readonly low: number
  readonly high: number
  /** Values are summed as whole multiples of 2^-scaleExponent, so that sums do not depend on order. */
  readonly scaleExponent: number
}

export interface CategoricalBins {
  readonly kind: 'categorical'
  /** One bin each, by falling reference frequency. */
  readonly categories: readonly string[]
  /** Categories the reference held that share the bin `__other__`. */
  readonly others: readonly string[]
  /** The reference held more categories than are kept: unlisted ones count as other, none is unseen. */
  readonly open: boolean
}

export type FeatureBins = NumericBins | CategoricalBins

/** Everything that profiles of a model count into. An id, once stored, never changes its meaning. */
export interface ModelBinning {
  /** 0 before any baseline could be read. */
  readonly id: number
  readonly features: ReadonlyMap<string, FeatureBins>
  /** By slice key: `sliceKey(dimensions)`. */
  readonly slices: ReadonlyMap<string, FrozenSlice>
  /** What values of texts and embeddings are compared with, by feature. */
  readonly references: ReadonlyMap<string, FeatureReference>
}

/** The structural twin of FeatureProfile in detectors/profile.ts: this folder may not import from there. */
export interface StoredProfile {
  readonly n: number
  readonly missing: number
  readonly invalid: number
  readonly typeMismatch: number
  readonly unseen: number
  readonly outOfRange: number
  readonly counts: readonly number[]
  readonly sum: number | null
  readonly sumSquares: number | null
  readonly min: number | null
  readonly max: number | null
}

export const noBinning: ModelBinning = {
  id: 0,
  features: new Map(),
  slices: new Map(),
  references: new Map(),
}

export const maxBins = 64
export const maxCategories = 200
export const maxKnownCategories = 1000
const coarseBins = 10

/** What the reference's values of one numeric feature look like, each fact exact. */
export interface NumericReference {
  /** Values that are not missing. */
  readonly n: number
  readonly min: number
  readonly max: number
  /** Ascending, distinct cut points, all above `min`. */
  readonly cuts: readonly number[]
  /** Values between the cuts: cuts.length + 1 counts. */
  readonly counts: readonly number[]
  /** How often the least value of each of those bins occurs. */
  readonly leastCounts: readonly number[]
}

/**
 * Chooses up to 64 bins of about equal reference mass by merging the finest bins at hand. A value
 * that holds 1/64 of the mass or more keeps a bin to itself where 64 bins allow it, so that a spike
 * (zeros, a default) is not smeared over its neighbours. A constant feature gets one bin below, one
 * at and one above its value: any other value is then visible as drift.
 */
export function chooseNumericBins(reference: NumericReference): NumericBins {
  const { min, max } = reference
  const frame = { low: min, high: max, scaleExponent: scaleExponent(Math.max(-min, max)) }
  if (min === max) {
    return { kind: 'numeric', edges: [min, nextUp(min)], coarse: [0, 1, 2], ...frame }
  }
  const bins = mergeBins(finestBins(reference), reference.n)
  return {
    kind: 'numeric',
    edges: bins.slice(1).map(({ from }) => from),
    coarse: coarseMap(
      bins.map(({ count }) => count),
      reference.n,
    ),
    ...frame,
  }
}

interface Bin {
  readonly from: number
  readonly count: number
  /** Holds one heavy reference value and no other. */
  readonly atom: boolean
}

function finestBins({ n, min, cuts, counts, leastCounts }: NumericReference): Bin[] {
  return [min, ...cuts].map((from, i) => {
    const count = counts[i] ?? 0
    return { from, count, atom: count * maxBins >= n && leastCounts[i] === count }
  })
}

/** Joins neighbours that together stay within a 64th of the mass, then the lightest until 64 are left. */
function mergeBins(finest: readonly Bin[], n: number): Bin[] {
  const merged: Bin[] = []
  for (const bin of finest) {
    const last = merged.at(-1)
    const joins =
      last !== undefined && !last.atom && !bin.atom && (last.count + bin.count) * maxBins <= n
    if (joins) merged[merged.length - 1] = { ...last, count: last.count + bin.count }
    else merged.push(bin)
  }
  while (merged.length > maxBins) {
    const at = lightestPair(merged, n)
    const [left, right] = [merged[at], merged[at + 1]]
    if (left === undefined || right === undefined) break
    merged.splice(at, 2, { from: left.from, count: left.count + right.count, atom: false })
  }
  return merged
}

function lightestPair(bins: readonly Bin[], n: number): number {
  let best = 0
  let least = Infinity
  for (let i = 0; i + 1 < bins.length; i++) {
    const [left, right] = [bins[i], bins[i + 1]]
    if (left === undefined || right === undefined) break
    const weight = left.count + right.count + (left.atom || right.atom ? n : 0)
    if (weight < least) [best, least] = [i, weight]
  }
  return best
}

/** About ten groups of neighbouring bins of equal mass; a bin of a tenth or more is a group of its own. */
export function coarseMap(counts: readonly number[], n: number): number[] {
  const groups: number[] = []
  let before = 0
  let group = -1
  let tenth = -1
  for (const count of counts) {
    const heavy = count * coarseBins >= n
    const here = heavy ? NaN : Math.floor((coarseBins * (before + count / 2)) / Math.max(1, n))
    // NaN equals nothing: a heavy bin always begins a group, and so does the bin after it.
    if (here !== tenth) group++
    tenth = here
    groups.push(group)
    before += count
  }
  return groups
}

/** The exponent s for which the greatest magnitude of the reference, times 2^s, lies in [2^51, 2^52]. */
export function scaleExponent(magnitude: number): number {
  if (!(magnitude > 0)) return 52
  const exponent = 52 - Math.ceil(Math.log2(magnitude))
  // 2^s and 2^-s must both be ordinary doubles.
  return Math.min(960, Math.max(-960, exponent))
}

const scratch = new DataView(new ArrayBuffer(8))

/** The least double above a finite one. */
export function nextUp(x: number): number {
  if (x === 0) return Number.MIN_VALUE
  scratch.setFloat64(0, x)
  const bits = scratch.getBigInt64(0)
  scratch.setBigInt64(0, x > 0 ? bits + 1n : bits - 1n)
  return scratch.getFloat64(0)
}

/** Categories in order of falling frequency, ties by name: the first 200 get bins, 800 more are known. */
export function chooseCategoricalBins(byFrequency: readonly string[]): CategoricalBins {
  return {
    kind: 'categorical',
    categories: byFrequency.slice(0, maxCategories),
    others: byFrequency.slice(maxCategories, maxKnownCategories),
    open: byFrequency.length > maxKnownCategories,
  }
}

/** A row of table binnings, without model and time. */
export interface BinningRow {
  readonly binning: number
  readonly kind: string
  readonly feature: string
  readonly definition: string
}

/** One row a feature, slice or reference. Every id is stored whole, so reading one id needs no other. */
export function binningRows(binning: ModelBinning): BinningRow[] {
  return [
    ...[...binning.features].map(([feature, bins]) => ({
      binning: binning.id,
      kind: bins.kind,
      feature,
      definition: JSON.stringify(bins),
    })),
    ...[...binning.slices].map(([key, slice]) => ({
      binning: binning.id,
      kind: 'slice',
      feature: key,
      definition: JSON.stringify(slice),
    })),
    ...[...binning.references].map(([feature, reference]) => ({
      binning: binning.id,
      kind: reference.kind,
      feature,
      definition: JSON.stringify(reference),
    })),
  ]
}

/** The inverse of `binningRows`, for the rows of one id. */
export function parseBinning(id: number, rows: readonly BinningRow[]): ModelBinning {
  const features = new Map<string, FeatureBins>()
  const slices = new Map<string, FrozenSlice>()
  const references = new Map<string, FeatureReference>()
  for (const { kind, feature, definition } of rows) {
    if (kind === 'slice') slices.set(feature, JSON.parse(definition) as FrozenSlice)
    else if (kind === 'vocabulary' || kind === 'centroid')
      references.set(feature, JSON.parse(definition) as FeatureReference)
    else features.set(feature, JSON.parse(definition) as FeatureBins)
  }
  return { id, features, slices, references }
}

/** How many numbers `counts` of a profile has: categorical features have one more for `__other__`. */
export const countLength = (bins: FeatureBins): number =>
  bins.kind === 'numeric' ? bins.edges.length + 1 : bins.categories.length + 1
