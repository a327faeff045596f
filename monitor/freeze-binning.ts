import type { ModelSpec } from '../core/model-spec.ts'
import {
  chooseCategoricalBins,
  chooseNumericBins,
  maxBins,
  maxKnownCategories,
  noBinning,
  parseBinning,
  binningRows,
  type FeatureBins,
  type ModelBinning,
} from '../store/binning.ts'
import type { Store } from '../store/client.ts'
import { insertRows } from '../store/insert-rows.ts'
import { categories } from '../store/queries/binning-categories.ts'
import { combinations } from '../store/queries/binning-combinations.ts'
import { cutCounts, type Cut } from '../store/queries/binning-cuts.ts'
import { quantiles } from '../store/queries/binning-quantiles.ts'
import { newestBinning } from '../store/queries/binnings-read.ts'
import { unreferenced } from '../store/queries/derived-sources.ts'
import { sourcesOf, type Relation, type Source } from '../store/queries/profile-source.ts'
import {
  dimensionKind,
  freezeSlice,
  maxSliceValues,
  sliceKey,
  type FrozenSlice,
  type SliceDimension,
} from '../store/slices.ts'
import { chooseReference } from './freeze-reference.ts'

/** The newest binning of a model; id 0 before there is one. */
export async function readBinning(store: Store, model: string): Promise<ModelBinning> {
  const rows = await store.query(newestBinning(model))
  const id = rows[0]?.binning
  return id === undefined ? noBinning : parseBinning(id, rows)
}

/** Whether a feature or slice of the model has nothing frozen yet. */
export const isIncomplete = (spec: ModelSpec, binning: ModelBinning): boolean =>
  unreferenced(spec, binning.references).length > 0 ||
  sourcesOf(spec, binning.references).some(
    (source) => binning.features.get(source.name)?.kind !== source.kind,
  ) ||
  spec.slices.some((slice) => !binning.slices.has(sliceKey(slice)))

/**
 * Freezes what is not frozen yet from the rows of a reference, and stores it under the next id. What
 * is frozen stays as it is for ever: profiles of different times must count into the same bins. A
 * feature without any value, and a slice one of whose dimensions has none, waits for other rows.
 */
export async function extendBinning(
  store: Store,
  spec: ModelSpec,
  reference: { readonly relation: Relation; readonly now: Date },
): Promise<ModelBinning> {
  const frozen = await readBinning(store, spec.model)
  const features = new Map(frozen.features)
  const slices = new Map(frozen.slices)
  const references = new Map(frozen.references)
  let added = 0
  // Before the bins: what is compared with them has none without them.
  for (const feature of unreferenced(spec, references)) {
    const chosen = await chooseReference(store, spec, reference.relation, feature)
    if (chosen === null) continue
    references.set(feature, chosen)
    added += 1
  }
  for (const source of sourcesOf(spec, references)) {
    if (features.get(source.name)?.kind === source.kind) continue
    const bins = await chooseBins(store, reference.relation, source)
    if (bins === null) continue
    features.set(source.name, bins)
    added += 1
  }
  for (const names of spec.slices) {
    if (slices.has(sliceKey(names))) continue
    const slice = await chooseSlice(store, spec, reference.relation, names)
    if (slice === null) continue
    slices.set(sliceKey(names), slice)
    added += 1
  }
  if (added === 0) return frozen
  const extended = { id: frozen.id + 1, features, slices, references }
  await insertRows(
    store,
    'binnings',
    ['model', 'binning', 'kind', 'feature', 'definition', 'created_at'],
    binningRows(extended).map((row) => [
      spec.model,
      row.binning,
      row.kind,
      row.feature,
      row.definition,
      reference.now,
    ]),
  )
  return extended
}

async function chooseBins(
  store: Store,
  relation: Relation,
  source: Source,
): Promise<FeatureBins | null> {
  if (source.kind === 'categorical') {
    // One more than is kept tells whether there are more.
    const found = await store.query(categories(relation, source, maxKnownCategories + 1))
    return found.length === 0 ? null : chooseCategoricalBins(found)
  }
  const [range] = await store.query(quantiles(relation, source, maxBins))
  if (range === undefined) return null
  const cuts = [...new Set([range.min, ...range.quantiles].map(unsigned))].sort((a, b) => a - b)
  const split = splitSpikes(await store.query(cutCounts(relation, source, cuts)), range.n)
  return chooseNumericBins({
    n: range.n,
    min: unsigned(range.min),
    max: unsigned(range.max),
    cuts: split.slice(1).map(({ from }) => from),
    counts: split.map(({ count }) => count),
    leastCounts: split.map(({ atFrom }) => atFrom),
  })
}

/** Zero has two signs that compare as equal but make two edges. */
const unsigned = (x: number): number => (x === 0 ? 0 : x)

/**
 * A value of a 64th of the mass or more covers one of the 64-quantiles, so every spike is a cut
 * already; where other values share its bin, the next value that occurs becomes a cut too.
 */
function splitSpikes(cuts: readonly Cut[], n: number): Cut[] {
  return cuts.flatMap((cut) => {
    if (cut.next === null || cut.atFrom * maxBins < n) return [cut]
    const rest = { from: cut.next, count: cut.count - cut.atFrom, atFrom: 0, next: null }
    return [{ ...cut, count: cut.atFrom, next: null }, rest]
  })
}

async function chooseSlice(
  store: Store,
  spec: ModelSpec,
  relation: Relation,
  names: readonly string[],
): Promise<FrozenSlice | null> {
  const dimensions: SliceDimension[] = []
  for (const name of names) {
    const dimension = await chooseDimension(store, spec, relation, name)
    if (dimension === null) return null
    dimensions.push(dimension)
  }
  // Two more than are kept: the reserved names among them are dropped.
  const found = await store.query(combinations(relation, dimensions, maxSliceValues + 2))
  const hasValues = dimensions.every((_, d) => found.some((values) => values[d] !== null))
  return hasValues ? freezeSlice(dimensions, found) : null
}

/** A numeric feature is cut at its reference quartiles; null for one without values. */
async function chooseDimension(
  store: Store,
  spec: ModelSpec,
  relation: Relation,
  name: string,
): Promise<SliceDimension | null> {
  const kind = dimensionKind(spec, name)
  if (kind === null) return null
  if (kind !== 'numeric') return { name, edges: null }
  const source = sourcesOf(spec).find((s) => s.name === name)
  const [range] = source === undefined ? [] : await store.query(quantiles(relation, source, 4))
  if (range === undefined) return null
  const edges = [...new Set(range.quantiles.map(unsigned))].filter((edge) => edge > range.min)
  return { name, edges }
}
