import { isDescribed } from '../../core/feature-schema.ts'
import type { ModelSpec } from '../../core/model-spec.ts'
import type { FeatureReference } from '../feature-references.ts'
import { embeddingSources } from './embedding-sources.ts'
import type { Source } from './source.ts'
import { textSources } from './text-sources.ts'

/**
 * What is computed of a model's texts and embeddings, by feature in declared order. What needs a
 * reference that is not frozen yet is left out.
 */
export function derivedSources(
  { features }: Pick<ModelSpec, 'features'>,
  references: ReadonlyMap<string, FeatureReference>,
): Source[] {
  const described = [...features].filter(([, { type }]) => isDescribed(type))
  const sources = described.flatMap(([feature, { type, dimensions = 0 }], i) => {
    const reference = references.get(feature) ?? null
    const param = `reference_of_${i}`
    return type === 'text'
      ? textSources(feature, param, reference?.kind === 'vocabulary' ? reference : null)
      : embeddingSources(
          { feature, dimensions, param },
          reference?.kind === 'centroid' ? reference : null,
        )
  })
  // A declared feature of the same name comes first: a profile's key must be one thing.
  return sources.filter(({ name }) => !features.has(name))
}

/** Text and embedding features whose values nothing is frozen to compare with. */
export const unreferenced = (
  { features }: Pick<ModelSpec, 'features'>,
  references: ReadonlyMap<string, FeatureReference>,
): string[] =>
  [...features]
    .filter(([name, { type }]) => isDescribed(type) && !references.has(name))
    .map(([name]) => name)
