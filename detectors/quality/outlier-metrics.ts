import { definedMetrics, type QualityMetric, ratio } from './metric.ts'

/** What outlier scores say of one slice of a window. */
export interface OutlierMetricsInput {
  /** Events with a score, and the sum of their scores. */
  readonly scored: number
  readonly scoreSum: number
  /** Events at or above the threshold. */
  readonly outliers: number
  /** Scored events whose prediction tells how sure it is, and confident ones among the outliers. */
  readonly judged: number
  readonly confidentOutliers: number
  /** Events whose prediction tells how sure it is, and those next to the decision boundary. */
  readonly sure: number
  readonly boundary: number
  /** Score from which on an event is an outlier. */
  readonly threshold: number
  /** Convention of the scores. */
  readonly method: string
}

export interface OutlierMetric extends QualityMetric {
  /** Events that it is a share or a mean of. */
  readonly n: number
  /** What 95 of 100 windows stay below whose events are drawn from the reference. */
  readonly noiseFloor?: number
  /** How many times the rate of the reference. */
  readonly effect?: number
}

/**
 * How strange the events of a window are: the share of outliers, their mean
 * score (0.5 where nothing is strange), the share of outliers that the model is
 * confident about, and the share of events next to its decision boundary. All
 * from 0 to 1; greater is worse, but for `near_boundary_rate`, where neither
 * way is bad in itself. What is not defined is left out.
 */
export function outlierMetrics(input: OutlierMetricsInput): OutlierMetric[] {
  const { scored, threshold, method } = input
  const expected = 1 - threshold
  const rate = ratio(input.outliers, scored)
  const metrics = definedMetrics([
    ['outlier_rate', method, rate],
    ['outlier_score_mean', method, ratio(input.scoreSum, scored)],
    ['overconfidence_rate', method, ratio(input.confidentOutliers, input.judged)],
    ['near_boundary_rate', 'margin-0.1', ratio(input.boundary, input.sure)],
  ])
  const events: Readonly<Record<string, number>> = {
    overconfidence_rate: input.judged,
    near_boundary_rate: input.sure,
  }
  return metrics.map((row) => ({
    ...row,
    n: events[row.metric] ?? scored,
    ...(row.metric === 'outlier_rate' ? { noiseFloor: rateNoiseFloor(expected, scored) } : {}),
    ...(row.metric === 'outlier_rate' && expected > 0 ? { effect: row.value / expected } : {}),
  }))
}

/**
 * What the share of outliers stays below in 95 of 100 windows of n events, each
 * an outlier with probability p: p + 1.645·√(p(1−p)/n), and half an event for
 * the steps that a count takes. O(1).
 *
 * @example rateNoiseFloor(0.01, 1000) // 0.0157
 */
export function rateNoiseFloor(p: number, n: number): number {
  return Math.min(1, p + 1.645 * Math.sqrt((p * (1 - p)) / n) + 0.5 / n)
}

/** What the greatest sender of a window sent. */
export interface BurstMetricsInput {
  readonly events: number
  readonly boundary: number
  readonly duplicates: number
}

/**
 * Input that looks made to find a model's boundary: of all events of a window
 * the share that are near-boundary events of one sender, and the share that are
 * near-duplicates of other events of one sender. From 0 to 1; greater is worse.
 * A sender that has most of the traffic has most of these as well: compare with
 * what is usual.
 */
export function burstMetrics({ events, boundary, duplicates }: BurstMetricsInput): OutlierMetric[] {
  return definedMetrics([
    ['boundary_burst', 'sender/margin-0.1', ratio(boundary, events)],
    ['duplicate_burst', 'sender/64-cells', ratio(duplicates, events)],
  ]).map((row) => ({ ...row, n: events }))
}
