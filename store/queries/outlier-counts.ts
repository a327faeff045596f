import type { ModelSpec } from '../../core/model-spec.ts'
import type { OutlierSettings } from '../../core/outlier-schema.ts'
import type { ModelBinning } from '../binning.ts'
import type { Query } from '../query.ts'
import { sliceKeyColumn } from './profile-slices.ts'
import { eventsRelation, finalSettings, type TimeRange } from './profile-source.ts'

/** What scores say of one slice of one arm of a window. */
export interface OutlierCounts {
  readonly version: string
  readonly variant: string
  /** Epoch ms. */
  readonly windowStart: number
  readonly slice: string
  /** Events with a score. */
  readonly scored: number
  readonly outliers: number
  readonly scoreSum: number
  /** Scored events whose prediction tells how sure it is, and outliers among them that are confident. */
  readonly judged: number
  readonly confidentOutliers: number
  /** Events whose prediction tells how sure it is, scored or not, and those next to the boundary. */
  readonly sure: number
  readonly boundary: number
}

export interface OutlierCountsInput {
  readonly spec: ModelSpec
  readonly settings: OutlierSettings
  readonly slices: ModelBinning['slices']
  readonly windowMs: number
  readonly ranges: readonly TimeRange[]
}

// Sums of whole numbers do not depend on their order.
const scoreUnit = 2 ** 32

/** Margins up to this are next to the boundary between the first two classes. */
export const boundaryMargin = 0.1

/** Outliers, their confidence and events near the decision boundary, a row a window, arm and slice. */
export function outlierCounts(input: OutlierCountsInput): Query<OutlierCounts> {
  const { spec, settings, windowMs, ranges } = input
  const relation = eventsRelation(spec, ranges)
  const slices = [...input.slices.values()].map((slice, i) => sliceKeyColumn(slice, `s${i}`))
  const params: Record<string, unknown> = { ...relation.params, width: windowMs }
  for (const [i, slice] of slices.entries())
    Object.assign(params, slice.params, { [`s${i}_names`]: slice.names })
  const keys = 'start, version, variant'
  const sets = ['', ...slices.map((_, i) => `, s${i}`)].map((s) => `(${keys}${s})`)
  const names = slices.map((_, i) => `s${i} > 0, {s${i}_names:Array(String)}[s${i}]`)
  return {
    name: 'outlier-counts',
    sql: `
SELECT ${keys}, ${names.length === 0 ? "''" : `multiIf(${names.join(', ')}, '')`} AS slice_name,
  count(o) AS scored, countIf(o >= {threshold:Float64}) AS outliers,
  sum(toInt64(round(ifNull(o, 0) * ${scoreUnit}.))) AS score_sum,
  countIf(o IS NOT NULL AND confidence IS NOT NULL) AS judged,
  countIf(o >= {threshold:Float64} AND confidence >= {confident:Float64}) AS confident_outliers,
  count(margin) AS sure, countIf(margin <= ${boundaryMargin}) AS boundary
FROM (
  SELECT intDiv(toUnixTimestamp64Milli(ts), {width:Int64}) * {width:Int64} AS start, version, variant,
    outlier_score AS o, ${confidenceColumns(spec)}${slices.map(({ expression }, i) => `,\n    ${expression} AS s${i}`).join('')}
  FROM ${relation.from}
  WHERE ${relation.where}
)
GROUP BY GROUPING SETS (${sets.join(', ')})
ORDER BY ${keys}, slice_name`,
    params: { ...params, threshold: settings.threshold, confident: settings.confident },
    settings: finalSettings,
    toRow: (raw) => ({
      version: String(raw['version']),
      variant: String(raw['variant']),
      windowStart: Number(raw['start']),
      slice: String(raw['slice_name']),
      scored: Number(raw['scored']),
      outliers: Number(raw['outliers']),
      scoreSum: Number(raw['score_sum']) / scoreUnit,
      judged: Number(raw['judged']),
      confidentOutliers: Number(raw['confident_outliers']),
      sure: Number(raw['sure']),
      boundary: Number(raw['boundary']),
    }),
  }
}

/**
 * `confidence`, the probability of the predicted class, and `margin`, what the second class lacks to
 * it: from `scores`, else from `score`, which is the positive class's for two classes and of several
 * the predicted one's, then without a margin. NULL where a prediction does not tell.
 */
export function confidenceColumns({ task }: Pick<ModelSpec, 'task'>): string {
  const score = 'if(score >= 0 AND score <= 1, score, NULL)'
  const alone: Record<ModelSpec['task'], readonly [confidence: string, margin: string]> = {
    binary_classification: [`greatest(${score}, 1 - ${score})`, `abs(2 * ${score} - 1)`],
    multiclass_classification: [score, 'NULL'],
    regression: ['NULL', 'NULL'],
    ranking: ['NULL', 'NULL'],
    none: ['NULL', 'NULL'],
  }
  const [confidence, margin] = alone[task].map((sql) => `CAST(${sql} AS Nullable(Float64))`)
  return `arrayReverseSort(mapValues(scores)) AS sorted_scores,
    if(empty(sorted_scores), ${confidence ?? ''}, sorted_scores[1]) AS confidence,
    if(empty(sorted_scores), ${margin ?? ''}, if(length(sorted_scores) < 2, NULL, sorted_scores[1] - sorted_scores[2])) AS margin`
}
