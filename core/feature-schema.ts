import { Type } from 'typebox'
import { closed } from './schema-fields.ts'

const FeatureType = Type.Enum(['numeric', 'categorical', 'boolean', 'text'], {
  description: 'What its values are. text: written language, whatever its length.',
})

/** Greatest length of an embedding: a statement over one must stay within the engine's limits. */
export const mostDimensions = 4096

/** One entry of `features` in a model file. */
export const Feature = Type.Union([
  FeatureType,
  Type.Object(
    {
      type: FeatureType,
      min: Type.Optional(
        Type.Number({ description: 'Least valid value; below it a value is out of range.' }),
      ),
      max: Type.Optional(
        Type.Number({ description: 'Greatest valid value; above it a value is out of range.' }),
      ),
    },
    closed,
  ),
  Type.Object(
    {
      embedding: Type.Array(Type.Integer({ minimum: 2, maximum: mostDimensions }), {
        minItems: 1,
        maxItems: 1,
        'x-allowed': `the number of its dimensions, 2 to ${mostDimensions}, in a list: [384]`,
        description: 'A list of as many numbers in every event.',
      }),
    },
    { ...closed, 'x-allowed': '{ embedding: [dimensions] }' },
  ),
])

export type FeatureEntry = Type.Static<typeof Feature>

/** `embedding` features are declared by their dimensions, all others by their type. */
export type FeatureKind = Type.Static<typeof FeatureType> | 'embedding'

/** What a feature that nobody declared may be taken for: text and embeddings are never guessed. */
export type InferredKind = Exclude<FeatureKind, 'text' | 'embedding'>

/** A feature as the code works with it. */
export interface FeatureSpec {
  readonly type: FeatureKind
  readonly min?: number
  readonly max?: number
  /** Of an embedding: how many numbers a value has. */
  readonly dimensions?: number
}

/** Values that are told by numbers computed from them (derived-features.ts), not counted as they are. */
export const isDescribed = (type: FeatureKind): boolean => type === 'text' || type === 'embedding'

export function featureSpec(entry: FeatureEntry): FeatureSpec {
  if (typeof entry === 'string') return { type: entry }
  if (!('embedding' in entry)) return entry
  const [dimensions = 0] = entry.embedding
  return { type: 'embedding', dimensions }
}
