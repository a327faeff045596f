import type { FeatureBinning, FeatureProfile } from '../detectors/profile.ts'
import { inputMetrics } from '../detectors/quality/input-metrics.ts'
import type { QualityMetric } from '../detectors/quality/metric.ts'
import { outputMetrics, type OutputMetric } from '../detectors/quality/output-metrics.ts'
import { softwareMetrics } from '../detectors/quality/software-metrics.ts'
import type { MetricRow } from '../store/queries/metric-row.ts'
import type { EvaluatedArm, EvaluatedWindow, RowFrame } from './evaluate.ts'

/** Pseudo-features that count the request itself; their numbers become software metrics. */
const softwareFeatures: ReadonlySet<string> = new Set([
  'error',
  'payload_bytes',
  'ingest_delay_seconds',
  'latency_ms',
])

/** Input, output and software metrics of one arm of a window, every slice. */
export function qualityRows(
  window: EvaluatedWindow,
  arm: EvaluatedArm,
  frame: RowFrame,
): MetricRow[] {
  const rows: MetricRow[] = []
  for (const [slice, profiles] of arm.current) {
    const n = Math.max(0, ...[...profiles.values()].map((profile) => profile.n))
    const enough = n >= window.spec.minSamples
    const common = { ...frame, ...withoutScore, slice, baseline: '', nReference: 0, nCurrent: n }
    const status = enough ? 'ok' : 'insufficient_data'
    const row = (feature: string, { metric, method, value }: QualityMetric): MetricRow => ({
      ...common,
      feature,
      metric,
      method,
      value,
      status,
    })
    if (slice !== '' && !enough) {
      rows.push(row('', { metric: 'n', method: 'count', value: n }))
      continue
    }
    for (const [feature, profile] of profiles) {
      if (softwareFeatures.has(feature)) continue
      const distinct = slice === '' ? arm.distinct.get(feature) : undefined
      for (const metric of featureMetrics(profile, window.binnings.get(feature), distinct))
        rows.push(row(feature, metric))
    }
    for (const metric of outputs(window, profiles, n)) {
      rows.push(row(metric.class === undefined ? '' : `prediction=${metric.class}`, metric))
    }
    for (const metric of software(window, profiles, n)) rows.push(row('', metric))
  }
  return rows
}

function featureMetrics(
  profile: FeatureProfile,
  binning: FeatureBinning | undefined,
  distinct: number | undefined,
): QualityMetric[] {
  const presence = { inReference: binning !== undefined, inCurrent: profile.missing < profile.n }
  const counted = { ...(distinct === undefined ? {} : { distinct }), presence }
  if (binning !== undefined) return inputMetrics({ profile, binning, ...counted })
  const { profile: unbinned, binning: single } = inOneBin(profile)
  return inputMetrics({ profile: unbinned, binning: single, ...counted }).filter(
    ({ method }) => !method.startsWith('quantile/'),
  )
}

/** Nobody froze bins for it: one bin for everything, and no quantiles to be read out of that. */
function inOneBin(profile: FeatureProfile): { profile: FeatureProfile; binning: FeatureBinning } {
  const values = profile.n - profile.missing - profile.invalid - profile.typeMismatch
  const { min, max } = profile
  return {
    profile: { ...profile, counts: [values], unseen: 0 },
    binning:
      min === null || max === null
        ? { kind: 'categorical', categories: [] }
        : { kind: 'numeric', edges: [], coarse: [0], low: min, high: max },
  }
}

function outputs(
  { spec, binnings }: EvaluatedWindow,
  profiles: ReadonlyMap<string, FeatureProfile>,
  n: number,
): OutputMetric[] {
  if (spec.kind !== 'model') return []
  const prediction = profiles.get('prediction')
  const predictionBins = binnings.get('prediction')
  const score = profiles.get('score')
  return outputMetrics({
    n,
    ...(prediction === undefined || predictionBins === undefined
      ? {}
      : { prediction: { profile: prediction, binning: predictionBins } }),
    ...(score === undefined ? {} : { score: { profile: score } }),
    ...(spec.positiveClass === null ? {} : { positiveClass: spec.positiveClass }),
  })
}

function software(
  { binnings, windowMs }: EvaluatedWindow,
  profiles: ReadonlyMap<string, FeatureProfile>,
  n: number,
): QualityMetric[] {
  const delay = profiles.get('ingest_delay_seconds')
  const payload = profiles.get('payload_bytes')?.sum ?? null
  const latency = profiles.get('latency_ms')
  const bins = binnings.get('latency_ms')
  return softwareMetrics({
    n,
    // Counted as [without, with] an error.
    errors: profiles.get('error')?.counts[1] ?? 0,
    windowSeconds: windowMs / 1000,
    ...(latency !== undefined && bins?.kind === 'numeric'
      ? { latency: { profile: latency, binning: bins } }
      : {}),
    ...(payload === null ? {} : { payloadBytes: payload }),
    ...(delay === undefined || delay.sum === null
      ? {}
      : { ingestDelay: { sumSeconds: delay.sum, maxSeconds: delay.max ?? 0 } }),
  })
}

const withoutScore = {
  pValue: null,
  pAdjusted: null,
  effect: null,
  noiseFloor: null,
  labelCoverage: null,
} as const
