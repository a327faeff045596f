import { durationName } from '../core/duration.ts'
import type { ModelSpec } from '../core/model-spec.ts'
import { performanceMetrics } from '../detectors/performance/catalogue.ts'
import type { Outcomes } from '../store/queries/merge-outcomes.ts'
import type { MetricRow } from '../store/queries/metric-row.ts'

export interface PerformanceWindow {
  readonly spec: ModelSpec
  readonly windowMs: number
  readonly revision: number
}

/**
 * Every metric of the labelled events of one window, arm and slice, with the share of its events whose
 * labels have come. Fewer labelled events than `min_samples` are insufficient data. Pure.
 */
export function performanceRows(
  { spec, windowMs, revision }: PerformanceWindow,
  outcomes: Outcomes,
): MetricRow[] {
  return performanceMetrics.flatMap(({ metric, method, measure, compute }): MetricRow[] => {
    const found = measure === outcomes.measure ? compute(outcomes.sums) : null
    if (found === null) return []
    return [
      {
        model: spec.model,
        version: outcomes.version,
        variant: outcomes.variant,
        windowStart: outcomes.windowStart,
        windowEnd: outcomes.windowStart + windowMs,
        window: durationName(windowMs),
        slice: outcomes.slice,
        feature: '',
        metric,
        method,
        value: found.value,
        pValue: null,
        pAdjusted: null,
        effect: null,
        noiseFloor: found.noiseFloor ?? null,
        nReference: 0,
        nCurrent: found.n,
        labelCoverage: outcomes.labelled / outcomes.predicted,
        baseline: '',
        status: found.n >= spec.minSamples ? 'ok' : 'insufficient_data',
        revision,
      },
    ]
  })
}
