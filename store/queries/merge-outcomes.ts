import type { Query } from '../query.ts'

/** Sums of one measure for one window, arm and slice. */
export interface Outcomes {
  readonly version: string
  readonly variant: string
  /** Epoch ms. */
  readonly windowStart: number
  readonly slice: string
  readonly measure: string
  readonly predicted: number
  readonly labelled: number
  /** Whole numbers, as the nearest doubles. */
  readonly sums: readonly number[]
}

export interface MergeOutcomesInput {
  readonly model: string
  /** The base window by name. */
  readonly baseWindow: string
  /** Width of the merged windows, ms: a multiple of the base window. */
  readonly widthMs: number
  /** Starts of the merged windows, epoch ms, aligned to the width. */
  readonly starts: readonly number[]
}

/**
 * Sums over the labelled events of windows of any width, from those of the base windows. Only rows of
 * the recorded computation count, or of one that is being written and not recorded yet.
 */
export function mergeOutcomes(input: MergeOutcomesInput): Query<Outcomes> {
  const { widthMs, starts } = input
  const wide = `intDiv(toInt64(toUnixTimestamp(o.window_start)) * 1000, {width:Int64}) * {width:Int64}`
  const between = (column: string): string =>
    `${column} >= toDateTime(intDiv({from:Int64}, 1000), 'UTC') AND ${column} < toDateTime(intDiv({to:Int64}, 1000), 'UTC')`
  return {
    name: 'merge-outcomes',
    sql: `
SELECT o.version AS version, o.variant AS variant, ${wide} AS start, o.slice AS slice, o.measure AS measure,
  sum(o.predicted) AS total_predicted, sum(o.labelled) AS total_labelled,
  arrayMap(s -> toFloat64(s), sumForEach(o.sums)) AS total_sums
FROM outcomes AS o FINAL
INNER JOIN (
  SELECT window_start, computations
  FROM outcome_windows FINAL
  WHERE model = {model:String} AND window = {baseWindow:String} AND ${between('window_start')}
) AS w ON o.window_start = w.window_start
WHERE o.model = {model:String} AND ${between('o.window_start')}
  AND o.revision >= w.computations
  AND has({starts:Array(Int64)}, ${wide})
GROUP BY version, variant, start, slice, measure
HAVING total_labelled > 0
ORDER BY start, version, variant, slice, measure`,
    params: {
      model: input.model,
      baseWindow: input.baseWindow,
      width: widthMs,
      starts,
      from: starts.reduce((a, b) => Math.min(a, b), Infinity),
      to: starts.reduce((a, b) => Math.max(a, b), -Infinity) + widthMs,
    },
    toRow: (raw) => ({
      version: String(raw['version']),
      variant: String(raw['variant']),
      windowStart: Number(raw['start']),
      slice: String(raw['slice']),
      measure: String(raw['measure']),
      predicted: Number(raw['total_predicted']),
      labelled: Number(raw['total_labelled']),
      sums: raw['total_sums'] as number[],
    }),
  }
}
