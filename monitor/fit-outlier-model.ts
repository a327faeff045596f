import { isDescribed } from '../core/feature-schema.ts'
import type { FeatureKind, ModelSpec } from '../core/model-spec.ts'
import { mostOutlierFeatures, type OutlierSettings } from '../core/outlier-schema.ts'
import {
  bySurprise,
  byTail,
  coder,
  type CategoryCounts,
  type FeatureEncoding,
} from '../detectors/outliers/encoding.ts'
import type { Rows } from '../detectors/outliers/grow-tree.ts'
import { fitIsolationForest } from '../detectors/outliers/isolation-forest.ts'
import { fitMahalanobis } from '../detectors/outliers/mahalanobis.ts'
import { outlierMethods, scorerOf, type OutlierModel } from '../detectors/outliers/outlier-model.ts'
import { referenceScores } from '../detectors/outliers/reference-scores.ts'
import { tailLevels } from '../detectors/outliers/tails.ts'
import type { Store } from '../store/client.ts'
import {
  categoryFacts,
  numericFacts,
  type CategoryFact,
  type NumericFacts,
} from '../store/queries/outlier-facts.ts'
import { outlierMoments, type StandardisedSource } from '../store/queries/outlier-moments.ts'
import { sourcesOf, type Relation, type Source } from '../store/queries/profile-source.ts'
import { referenceSample, type SampledRow } from '../store/queries/reference-sample.ts'

/** The rows behind a baseline, and the column that tells them apart. */
export interface ReferenceRows {
  readonly relation: Relation
  readonly key: 'event_id' | 'row'
}

/** Categories of a feature that are known by name. */
const mostCategories = 1000
/** Rows whose scores are the reference, and that trees are grown from; fewer where rows are wide. */
const sampleRows = 20_000
const sampleCells = 1_000_000
// Any number will do, as long as the same rows give the same model.
const seed = 20_261_121

/**
 * The features that are scored: those asked for, else those declared, else all that events have
 * brought; the first ones where there are too many. A feature that turns up in events is left out of
 * what is declared: else each of them would change what scores mean.
 */
export function scoredFeatures(
  { features, file }: Pick<ModelSpec, 'features' | 'file'>,
  { features: asked }: Pick<OutlierSettings, 'features'>,
): readonly (readonly [name: string, kind: FeatureKind])[] {
  const declared = Object.keys(file.features ?? {})
  const names = new Set(asked ?? (declared.length === 0 ? features.keys() : declared))
  return [...features]
    .filter(([name, { type }]) => names.has(name) && !isDescribed(type))
    .slice(0, mostOutlierFeatures)
    .map(([name, { type }]) => [name, type])
}

/** Fewer rows than this say too little about so many features. */
export const leastRows = (features: number): number => Math.max(100, 10 * features)

/** What a reference holds of one feature, and how its values become numbers. */
interface FittedFeature {
  readonly source: Source
  readonly encoding: FeatureEncoding
  readonly mean: number
  readonly deviation: number
  /** Of numbers. */
  readonly quantiles: readonly number[] | null
}

/**
 * Fits what events are scored by: facts, correlations and category counts over all rows of the
 * reference, in the engine; trees and the reference's own scores from a sample that a seeded hash
 * draws. Features without a value are left out. A string says why there is nothing to fit.
 */
export async function fitOutlierModel(
  store: Store,
  spec: ModelSpec,
  settings: OutlierSettings,
  reference: ReferenceRows,
): Promise<OutlierModel | string> {
  const wanted = new Set(scoredFeatures(spec, settings).map(([name]) => name))
  const sources = sourcesOf(spec).filter(({ name }) => wanted.has(name))
  const { features, n } = await fittedFeatures(store, settings, reference.relation, sources)
  if (features.length === 0) return 'no feature to score has a value in the baseline'
  if (n < leastRows(features.length))
    return `the baseline has ${n} rows, scoring ${features.length} features takes ${leastRows(features.length)}`
  const rows = await sampled(store, reference, features)
  const body = await fittedBody(store, settings, reference.relation, { features, n, rows })
  const { raw } = scorerOf(body)
  const scores = Float64Array.from({ length: rows.count }, (_, i) =>
    raw(rows.values.subarray(i * rows.width, (i + 1) * rows.width)),
  )
  return {
    format: 1,
    method: outlierMethods[settings.method],
    n,
    features: features.map(({ encoding }) => encoding),
    body,
    reference: referenceScores(scores),
  }
}

/** In the order of the sources; n is the rows of the reference. */
async function fittedFeatures(
  store: Store,
  { method }: OutlierSettings,
  relation: Relation,
  sources: readonly Source[],
): Promise<{ features: FittedFeature[]; n: number }> {
  const numeric = sources.filter(({ kind }) => kind === 'numeric')
  const facts =
    numeric.length === 0 ? [] : await store.query(numericFacts(relation, numeric, tailLevels))
  const fitted = new Map<Source, FittedFeature>()
  facts.forEach((known, i) => {
    const source = numeric[i]
    if (source !== undefined && known.present > 0) fitted.set(source, numericFeature(source, known))
  })
  let n = facts[0]?.rows ?? 0
  for (const source of sources.filter(({ kind }) => kind === 'categorical')) {
    const found = await store.query(categoryFacts(relation, source, mostCategories + 1))
    n = Math.max(n, found[0]?.totalRows ?? 0)
    const counts = categoryCounts(found)
    if (counts !== null) fitted.set(source, categoricalFeature(source, counts, method))
  }
  return { features: sources.flatMap((source) => fitted.get(source) ?? []), n }
}

/** Null where all is missing, which comes first where there is any. */
function categoryCounts(found: readonly CategoryFact[]): CategoryCounts | null {
  const missing = found[0]?.category === null ? found[0].count : 0
  const listed = found.flatMap(({ category, count }) =>
    category === null ? [] : [{ category, count }],
  )
  if (listed.length === 0) return null
  const named = listed.slice(0, mostCategories)
  const { totalRows = 0, totalCategories = 0 } = found[0] ?? {}
  return {
    categories: named.map(({ category }) => category),
    counts: named.map(({ count }) => count),
    missing,
    rest: {
      count: totalRows - named.reduce((sum, { count }) => sum + count, missing),
      categories: totalCategories - named.length,
    },
  }
}

function numericFeature(source: Source, facts: NumericFacts): FittedFeature {
  const { quantiles } = facts
  const [least = 0, greatest = 0] = [quantiles[0], quantiles.at(-1)]
  const finite = (x: number | null): x is number => x !== null && Number.isFinite(x)
  return {
    source,
    encoding: { name: source.name, kind: 'numeric' },
    // Sums of the greatest doubles overflow: half of the range stands in.
    mean: finite(facts.mean) ? facts.mean : greatest / 2 + least / 2,
    deviation: finite(facts.deviation) ? facts.deviation : greatest / 2 - least / 2,
    quantiles,
  }
}

function categoricalFeature(
  source: Source,
  counts: CategoryCounts,
  method: OutlierSettings['method'],
): FittedFeature {
  const encode = method === 'tails' ? byTail : bySurprise
  const encoding = encode(source.name, counts)
  const weighted: [code: number, count: number][] = [
    ...encoding.codes.map((code, i): [number, number] => [code, counts.counts[i] ?? 0]),
    [encoding.missing, counts.missing],
    [encoding.unseen, counts.rest.count],
  ]
  const total = weighted.reduce((sum, [, count]) => sum + count, 0)
  const mean = weighted.reduce((sum, [code, count]) => sum + code * count, 0) / total
  const square = weighted.reduce((sum, [code, count]) => sum + (code - mean) ** 2 * count, 0)
  // Categories of one frequency differ by rounding alone.
  const deviation = Math.sqrt(square / total)
  return {
    source,
    encoding,
    mean,
    deviation: deviation > 1e-9 * Math.max(1, mean) ? deviation : 0,
    quantiles: null,
  }
}

async function sampled(
  store: Store,
  { relation, key }: ReferenceRows,
  features: readonly FittedFeature[],
): Promise<Rows> {
  const numeric = features.filter(({ encoding }) => encoding.kind === 'numeric')
  const categorical = features.filter(({ encoding }) => encoding.kind === 'categorical')
  const limit = Math.min(sampleRows, Math.ceil(sampleCells / features.length))
  const columns = {
    numeric: numeric.map(({ source }) => source),
    categorical: categorical.map(({ source }) => source),
  }
  const found = await store.query(referenceSample(relation, columns, { key, seed, limit }))
  const readers = features.map(({ encoding, source }): ((row: SampledRow) => number) => {
    if (encoding.kind === 'numeric') {
      const place = columns.numeric.indexOf(source)
      return ({ numbers }) => numbers[place] ?? NaN
    }
    const place = columns.categorical.indexOf(source)
    const code = coder(encoding)
    return ({ texts }) => code(texts[place] ?? null)
  })
  const values = Float64Array.from(found.flatMap((row) => readers.map((read) => read(row))))
  return { values, width: features.length, count: found.length }
}

async function fittedBody(
  store: Store,
  { method }: OutlierSettings,
  relation: Relation,
  { features, n, rows }: { features: readonly FittedFeature[]; n: number; rows: Rows },
): Promise<OutlierModel['body']> {
  switch (method) {
    case 'isolation-forest':
      return fitIsolationForest(rows, seed)
    case 'tails':
      return { kind: 'tails', n, quantiles: features.map(({ quantiles }) => quantiles) }
    case 'mahalanobis': {
      const [moments] = await store.query(outlierMoments(relation, features.map(standardised)))
      if (moments === undefined) throw new RangeError('an aggregate has one row')
      return fitMahalanobis({
        n,
        means: features.map(({ mean }) => mean),
        deviations: features.map(({ deviation }) => deviation),
        ...moments,
      })
    }
  }
}

const standardised = ({
  source,
  encoding,
  mean,
  deviation,
}: FittedFeature): StandardisedSource => ({
  ...source,
  mean,
  deviation,
  codes: encoding.kind === 'numeric' ? null : encoding,
})
