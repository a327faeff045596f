import { featureSpec, type FeatureKind } from './feature-schema.ts'
import type { ModelFile } from './model-schema.ts'

/** What is computed of a text: all of it from its characters and words, in no particular language. */
export const textMeasures = [
  'length',
  'words',
  'letter_share',
  'digit_share',
  'upper_share',
  'punctuation_share',
  'nonascii_share',
  'entropy',
  'oov_share',
] as const
export type TextMeasure = (typeof textMeasures)[number]

/** What is computed of an embedding. */
export const embeddingMeasures = ['norm', 'centroid_distance', 'centroid_cosine_distance'] as const
export type EmbeddingMeasure = (typeof embeddingMeasures)[number]

/** `comment:length`: what metrics, profiles and monitors call a number computed of a feature. */
export const derivedName = (feature: string, measure: TextMeasure | EmbeddingMeasure): string =>
  `${feature}:${measure}`

export function measuresOf(type: FeatureKind): readonly (TextMeasure | EmbeddingMeasure)[] {
  if (type === 'text') return textMeasures
  return type === 'embedding' ? embeddingMeasures : []
}

/** Names of everything that is computed of a model file's features. */
export const derivedNames = (features: ModelFile['features'] = {}): string[] =>
  Object.entries(features).flatMap(([name, entry]) =>
    measuresOf(featureSpec(entry).type).map((measure) => derivedName(name, measure)),
  )
