import { type FeatureEncoding } from './encoding.ts'
import { isolationForestScorer, type IsolationForest } from './isolation-forest.ts'
import { mahalanobisScorer, type Mahalanobis } from './mahalanobis.ts'
import { percentile, type ReferenceScores } from './reference-scores.ts'
import { type Scorer } from './scorer.ts'
import { tailsScorer, type Tails } from './tails.ts'

/** The conventions in force, by the name that model files use. Another convention is another id. */
export const outlierMethods = {
  mahalanobis: 'mahalanobis/ledoit-wolf',
  'isolation-forest': 'isolation-forest/100x256',
  tails: 'tails/greatest',
} as const

export type OutlierMethod = keyof typeof outlierMethods

/** Everything that scoring needs. Plain JSON: stored with its revision, read by who takes events. */
export interface OutlierModel {
  /** What this form is called; another form is another number. */
  readonly format: 1
  /** Convention and parameters: scores of two methods do not compare. */
  readonly method: string
  /** Reference rows that it was fitted from. */
  readonly n: number
  /** In the order of a row's values. */
  readonly features: readonly FeatureEncoding[]
  readonly body: Mahalanobis | IsolationForest | Tails
  readonly reference: ReferenceScores
}

/** The scorer of a model's own scale. */
export function scorerOf(body: OutlierModel['body']): Scorer {
  switch (body.kind) {
    case 'mahalanobis':
      return mahalanobisScorer(body)
    case 'isolation-forest':
      return isolationForestScorer(body)
    case 'tails':
      return tailsScorer(body)
  }
}

/** How strange rows are compared with the reference. One caller at a time: buffers are reused. */
export interface OutlierScorer {
  readonly features: readonly FeatureEncoding[]
  /** Percentile among the reference, from 0 to 1; greater is stranger. Allocates nothing. */
  readonly score: (values: Float64Array) => number
  /** The features that make a row strange, greatest share first, at most `most`; shares of 1 in all. */
  readonly explain: (values: Float64Array, most: number) => readonly (readonly [string, number])[]
}

export function outlierScorer({ features, body, reference }: OutlierModel): OutlierScorer {
  const { raw, contribute } = scorerOf(body)
  const ranks = Float64Array.from(reference)
  const parts = new Float64Array(features.length)
  return {
    features,
    score: (values) => percentile(ranks, raw(values)),
    explain: (values, most) => {
      contribute(values, parts)
      const total = parts.reduce((sum, part) => sum + part, 0)
      if (!(total > 0)) return []
      return features
        .map(({ name }, i): [string, number] => [name, parts[i]! / total])
        .filter(([, share]) => share > 0)
        .sort(([, a], [, b]) => b - a)
        .slice(0, most)
    },
  }
}

/** The inverse of `JSON.stringify`. Throws `RangeError` for a form that this program does not know. */
export function parseOutlierModel(text: string): OutlierModel {
  const model = JSON.parse(text) as OutlierModel
  if ((model.format as number) !== 1) throw new RangeError('parseOutlierModel knows format 1 only')
  return model
}
