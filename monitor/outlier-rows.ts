import type { OutlierMetric } from '../detectors/quality/outlier-metrics.ts'
import type { MetricRow } from '../store/queries/metric-row.ts'
import type { RowFrame } from './evaluate.ts'

/** Metrics of one slice of one arm of a window. */
export interface SliceOutliers {
  readonly slice: string
  readonly metrics: readonly OutlierMetric[]
}

/** Rows of one arm. A slice with too few scored events has none; the whole model has all. */
export function outlierRows(
  outliers: readonly SliceOutliers[],
  frame: RowFrame,
  minSamples: number,
): MetricRow[] {
  return outliers.flatMap(({ slice, metrics }) =>
    metrics
      .filter(({ n }) => slice === '' || n >= minSamples)
      .map(({ metric, method, value, n, noiseFloor, effect }) => ({
        ...frame,
        slice,
        feature: '',
        metric,
        method,
        value,
        pValue: null,
        pAdjusted: null,
        effect: effect ?? null,
        noiseFloor: noiseFloor ?? null,
        nReference: 0,
        nCurrent: n,
        labelCoverage: null,
        baseline: '',
        status: n >= minSamples ? 'ok' : 'insufficient_data',
      })),
  )
}
