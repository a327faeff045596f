import { Type } from 'typebox'
import { closed } from './schema-fields.ts'

/** At most so many features are scored together: what an event costs grows with their square. */
export const mostOutlierFeatures = 200

/** `outliers` of a model file. */
export const Outliers = Type.Object(
  {
    baseline: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 128,
        description:
          'The baseline that says what is usual: a file, a range or first events. Default: the first such one.',
      }),
    ),
    method: Type.Optional(
      Type.Enum(['mahalanobis', 'isolation-forest', 'tails'], {
        description:
          'mahalanobis: values that do not go together. isolation-forest: rows that few questions tell apart. tails: the oddest single value. Default: mahalanobis.',
      }),
    ),
    threshold: Type.Optional(
      Type.Number({
        minimum: 0.5,
        maximum: 1,
        description:
          'An event is an outlier from this score on: the share of the baseline that is less strange. Default: 0.99.',
      }),
    ),
    features: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 128 }), {
        minItems: 1,
        maxItems: mostOutlierFeatures,
        uniqueItems: true,
        description: `Features that are scored, no texts and embeddings. Default: all others, the first ${mostOutlierFeatures} of them.`,
      }),
    ),
    confident: Type.Optional(
      Type.Number({
        minimum: 0.5,
        maximum: 1,
        description:
          'A prediction is confident where its class has at least this probability; for `overconfidence_rate`. Default: 0.9.',
      }),
    ),
    sender: Type.Optional(
      Type.String({
        pattern: '^tags\\.[\\p{L}\\p{N}_.:\\-/ ]{1,128}$',
        'x-allowed': 'a tag, such as tags.client',
        description:
          'The tag that says who sent an event; with it `boundary_burst` and `duplicate_burst` are computed.',
      }),
    ),
  },
  {
    ...closed,
    description: 'Scores how strange each event is, as it arrives. Left out: nothing is scored.',
  },
)

export type OutliersFile = Type.Static<typeof Outliers>

/** `outliers` with every default filled in. */
export interface OutlierSettings {
  readonly baseline: string
  readonly method: NonNullable<OutliersFile['method']>
  /** Scores from this on are outliers. */
  readonly threshold: number
  /** Null: all. */
  readonly features: readonly string[] | null
  /** Least probability of a confident prediction. */
  readonly confident: number
  /** Name of the tag, without `tags.`. */
  readonly sender: string | null
}

/** `baseline` is the first that has rows of its own. */
export function outlierSettings(
  file: OutliersFile | undefined,
  baseline: string,
): OutlierSettings | null {
  if (file === undefined) return null
  return {
    baseline: file.baseline ?? baseline,
    method: file.method ?? 'mahalanobis',
    threshold: file.threshold ?? 0.99,
    features: file.features ?? null,
    confident: file.confident ?? 0.9,
    sender: file.sender?.slice('tags.'.length) ?? null,
  }
}
