import { derivedName, type EmbeddingMeasure } from '../../core/derived-features.ts'
import type { Centroid } from '../feature-references.ts'
import { identifier } from '../query.ts'
import { featureColumn } from '../tables/events-table.ts'
import { derivedSource, type Derivation, type Source } from './source.ts'

interface Embedding {
  readonly feature: string
  readonly dimensions: number
  /** Name under which the centroid is bound. */
  readonly param: string
}

/** Whether a row has a value: a list of another length than declared is none. */
export const hasEmbedding = ({ feature, dimensions }: Omit<Embedding, 'param'>): string =>
  `length(${identifier(featureColumn(feature))}) = ${dimensions}`

/**
 * The numbers that tell of an embedding feature: its Euclidean norm, and its Euclidean and cosine
 * distance to the centroid of the reference. Components are single precision and what they are
 * compared with is double, which makes the engine add doubles up in one order on every processor.
 */
export function embeddingSources(embedding: Embedding, reference: Centroid | null): Source[] {
  const { feature, dimensions, param } = embedding
  // A distance between lists of different lengths is an error, also in a row whose value is not used.
  const vector = `arrayResize(${identifier(featureColumn(feature))}, ${dimensions})`
  const source = (measure: EmbeddingMeasure, sql: string, params: Derivation['params']): Source =>
    derivedSource(derivedName(feature, measure), {
      feature,
      // Nothing has no direction: its cosine distance is no number.
      sql: `if(${hasEmbedding(embedding)} AND isFinite(${sql}), ${sql}, NULL)`,
      params,
      cells: dimensions,
    })
  const norm = source('norm', `L2Distance(${vector}, arrayWithConstant(${dimensions}, 0.))`, {})
  if (reference?.components.length !== dimensions) return [norm]
  const centroid = `{${param}:Array(Float64)}`
  const params = { [param]: reference.components }
  return [
    norm,
    source('centroid_distance', `L2Distance(${vector}, ${centroid})`, params),
    source('centroid_cosine_distance', `cosineDistance(${vector}, ${centroid})`, params),
  ]
}
