import { durableInsert, type Statement } from '../query.ts'

export interface RetractedMetrics {
  readonly model: string
  /** Width by name. */
  readonly window: string
  readonly metrics: readonly string[]
  /** True: these metrics and no others. False: all but these. */
  readonly only: boolean
}

/**
 * After a window was evaluated again: metrics that its earlier revision had and this one has not
 * (a slice that a corrected event has left) are marked `retracted` rather than left standing.
 * Windows are epoch ms, one revision each. Some metrics have revisions of their own, because labels
 * revise them alone: either only these are meant or all others.
 */
export function retractMetrics(
  { model, window, metrics, only }: RetractedMetrics,
  revisions: ReadonlyMap<number, number>,
): Statement {
  return {
    name: 'retract-metrics',
    sql: `
INSERT INTO metrics (model, version, variant, window_start, window_end, window, slice, feature, metric, method,
  value, n_reference, n_current, baseline, status, revision, computed_at, delete_after)
SELECT model, version, variant, window_start, window_end, window, slice, feature, metric, method,
  NULL, 0, 0, baseline, 'retracted', {revisions:Array(UInt32)}[indexOf({starts:Array(Int64)}, toUnixTimestamp(window_start) * 1000)] AS newest,
  now64(3), delete_after
FROM metrics FINAL
WHERE model = {model:String} AND window = {window:String}
  AND metric ${only ? 'IN' : 'NOT IN'} {metrics:Array(String)}
  AND has({starts:Array(Int64)}, toUnixTimestamp(window_start) * 1000)
  AND revision < newest`,
    params: {
      model,
      window,
      metrics,
      starts: [...revisions.keys()],
      revisions: [...revisions.values()],
    },
    settings: durableInsert,
  }
}
