import type { MetricStatus } from '../../core/names.ts'

/** One row of table `metrics`: one number, with what it is worth. Times are epoch milliseconds. */
export interface MetricRow {
  readonly model: string
  readonly version: string
  readonly variant: string
  readonly windowStart: number
  readonly windowEnd: number
  /** Width by name: 5m, 1h, 1d. */
  readonly window: string
  /** '' for the whole model, else `dim=value[,dim=value]`. */
  readonly slice: string
  /** '' for a metric of the model as a whole. */
  readonly feature: string
  readonly metric: string
  readonly method: string
  readonly value: number | null
  readonly pValue: number | null
  readonly pAdjusted: number | null
  readonly effect: number | null
  readonly noiseFloor: number | null
  readonly nReference: number
  readonly nCurrent: number
  readonly labelCoverage: number | null
  /** '' where nothing is compared. */
  readonly baseline: string
  readonly status: MetricStatus
  readonly revision: number
}

/** The select list that `toMetricRow` understands. */
export const metricColumns = `
  model, version, variant,
  toUnixTimestamp(window_start) * 1000 AS start_ms, toUnixTimestamp(window_end) * 1000 AS end_ms,
  window, slice, feature, metric, method, value, p_value, p_adjusted, effect, noise_floor,
  n_reference, n_current, label_coverage, baseline, status, revision`

export function toMetricRow(raw: Readonly<Record<string, unknown>>): MetricRow {
  return {
    model: String(raw['model']),
    version: String(raw['version']),
    variant: String(raw['variant']),
    windowStart: Number(raw['start_ms']),
    windowEnd: Number(raw['end_ms']),
    window: String(raw['window']),
    slice: String(raw['slice']),
    feature: String(raw['feature']),
    metric: String(raw['metric']),
    method: String(raw['method']),
    value: numberOrNull(raw['value']),
    pValue: numberOrNull(raw['p_value']),
    pAdjusted: numberOrNull(raw['p_adjusted']),
    effect: numberOrNull(raw['effect']),
    noiseFloor: numberOrNull(raw['noise_floor']),
    nReference: Number(raw['n_reference']),
    nCurrent: Number(raw['n_current']),
    labelCoverage: numberOrNull(raw['label_coverage']),
    baseline: String(raw['baseline']),
    status: raw['status'] as MetricStatus,
    revision: Number(raw['revision']),
  }
}

const numberOrNull = (value: unknown): number | null => (value === null ? null : Number(value))
