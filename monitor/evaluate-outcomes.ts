import { durationName } from '../core/duration.ts'
import type { ModelSpec } from '../core/model-spec.ts'
import { performanceMetricNames } from '../detectors/performance/catalogue.ts'
import type { Store } from '../store/client.ts'
import { insertMetrics } from '../store/insert-metrics.ts'
import { mergeOutcomes } from '../store/queries/merge-outcomes.ts'
import { retentionDays } from '../store/queries/profile-windows.ts'
import { retractMetrics } from '../store/queries/retract-metrics.ts'
import type { ModelGauges } from './model-gauges.ts'
import { performanceRows } from './performance-rows.ts'

export interface EvaluateOutcomesDeps {
  readonly store: Store
  readonly gauges: ModelGauges
  readonly now: () => number
}

export interface OutcomesToEvaluate {
  readonly spec: ModelSpec
  readonly windowMs: number
  readonly windows: readonly { readonly start: number; readonly revision: number }[]
}

/** Windows at a time: their sums are in memory together. */
const windowsAtOnce = 200

/**
 * Writes the metrics of labelled events of some windows of one width. A function of stored rows: after
 * a crash at any point the same call writes the same rows again. Answers how many it wrote.
 */
export async function evaluateOutcomes(
  { store, gauges, now }: EvaluateOutcomesDeps,
  { spec, windowMs, windows }: OutcomesToEvaluate,
): Promise<number> {
  const window = durationName(windowMs)
  const base = { model: spec.model, baseWindow: durationName(spec.windowMs), widthMs: windowMs }
  let written = 0
  for (let i = 0; i < windows.length; i += windowsAtOnce) {
    const revisions = new Map(
      windows.slice(i, i + windowsAtOnce).map(({ start, revision }) => [start, revision]),
    )
    const outcomes = await store.query(mergeOutcomes({ ...base, starts: [...revisions.keys()] }))
    const rows = outcomes.flatMap((found) =>
      performanceRows({ spec, windowMs, revision: revisions.get(found.windowStart) ?? 0 }, found),
    )
    await insertMetrics(store, rows, {
      at: now(),
      retentionDays: retentionDays(spec.retentionMs.metrics),
    })
    gauges.observe(rows)
    // A first evaluation has nothing to take back.
    const revised = new Map([...revisions].filter(([, revision]) => revision > 1))
    const metrics = { model: spec.model, window, metrics: performanceMetricNames, only: true }
    if (revised.size > 0) await store.command(retractMetrics(metrics, revised))
    written += rows.length
  }
  return written
}
