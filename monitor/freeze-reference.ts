import type { ModelSpec } from '../core/model-spec.ts'
import type { Store } from '../store/client.ts'
import {
  centroid,
  chooseVocabulary,
  mostWords,
  type FeatureReference,
} from '../store/feature-references.ts'
import { embeddingExtent, embeddingMean } from '../store/queries/embedding-centroid.ts'
import type { Relation } from '../store/queries/profile-source.ts'
import { vocabularyWords } from '../store/queries/text-vocabulary.ts'

/** What a text or embedding feature is compared with, from the rows of a reference; null without values. */
export async function chooseReference(
  store: Store,
  spec: ModelSpec,
  relation: Relation,
  feature: string,
): Promise<FeatureReference | null> {
  const { type, dimensions = 0 } = spec.features.get(feature) ?? {}
  if (type === 'text')
    return chooseVocabulary(await store.query(vocabularyWords(relation, feature, mostWords)))
  const column = { feature, dimensions }
  const [extent] = await store.query(embeddingExtent(relation, column))
  if (extent === undefined) return null
  const [means] = await store.query(embeddingMean(relation, column, extent))
  return means === undefined ? null : centroid(means)
}
