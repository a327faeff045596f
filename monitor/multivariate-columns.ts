import { isDescribed } from '../core/feature-schema.ts'
import type { ModelSpec } from '../core/model-spec.ts'
import {
  mostMultivariateFeatures,
  multivariateMethods,
  type MultivariateSettings,
} from '../core/multivariate-schema.ts'
import type { MixedColumn, MixedSample } from '../detectors/multivariate/mixed-sample.ts'
import type { ModelBinning } from '../store/binning.ts'
import { embeddingComponents } from '../store/queries/embedding-components.ts'
import { sourcesOf, type Source } from '../store/queries/profile-source.ts'
import type { SampledRow } from '../store/queries/reference-sample.ts'
import { sampledColumns } from './sampled-rows.ts'

/** Columns that are compared together: all of a model's, or the components of one embedding. */
export interface ComparedColumns {
  /** '' for all features together, else the embedding. */
  readonly feature: string
  readonly sources: readonly Source[]
}

/** Components of an embedding that are read: what a comparison costs grows with them. */
const mostComponents = 512

/**
 * What an entry compares: its features, or those that the file declares (all that events have brought,
 * where it declares none), and each embedding among them by itself. A feature that turns up in events
 * is left out of what is declared: else each of them would change what the numbers mean.
 */
export function comparedColumns(
  spec: ModelSpec,
  { method, features }: MultivariateSettings,
  references: ModelBinning['references'],
): ComparedColumns[] {
  const declared = Object.keys(spec.file.features ?? {})
  const plain = [...spec.features].filter(([, { type }]) => !isDescribed(type))
  const all = declared.length === 0 ? [...spec.features.keys()] : declared
  const together = new Set(features ?? plain.map(([name]) => name).filter((n) => all.includes(n)))
  const sources = sourcesOf(spec, references)
    .filter(({ name }) => together.has(name))
    .slice(0, mostMultivariateFeatures)
  const alone = new Set(multivariateMethods[method].embeddings ? (features ?? all) : [])
  const embeddings = [...spec.features].flatMap(([feature, { type, dimensions = 0 }]) =>
    type === 'embedding' && alone.has(feature)
      ? [{ feature, sources: embeddingComponents(feature, dimensions, mostComponents) }]
      : [],
  )
  return [...(sources.length === 0 ? [] : [{ feature: '', sources }]), ...embeddings]
}

/** Sampled rows by column. Of an embedding rows without a value are left out: nothing is at hand to fill in. */
export function mixedSample(
  { feature, sources }: ComparedColumns,
  sampled: readonly SampledRow[],
): MixedSample {
  const { numeric, categorical } = sampledColumns(sources)
  const rows = feature === '' ? sampled : sampled.filter(({ numbers }) => numbers[0] !== null)
  const columns = sources.map((source): MixedColumn => {
    const { name } = source
    if (source.kind === 'numeric') {
      const place = numeric.indexOf(source)
      return {
        name,
        kind: 'numeric',
        values: Float64Array.from(rows, (r) => r.numbers[place] ?? NaN),
      }
    }
    const place = categorical.indexOf(source)
    return { name, kind: 'categorical', values: rows.map(({ texts }) => texts[place] ?? null) }
  })
  return { count: rows.length, columns }
}
