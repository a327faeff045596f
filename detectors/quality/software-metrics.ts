import { profileMoments } from '../moments.ts'
import { type FeatureProfile, type NumericBinning } from '../profile.ts'
import { binnedQuantiles } from './binned-quantiles.ts'
import { definedMetrics, type QualityMetric, ratio } from './metric.ts'

export interface SoftwareMetricsInput {
  readonly n: number
  /** Events that carry an error. */
  readonly errors: number
  readonly windowSeconds: number
  /** Of the pseudo-feature `latency_ms`. */
  readonly latency?: { readonly profile: FeatureProfile; readonly binning: NumericBinning }
  readonly payloadBytes?: number
  /** From event time to ingest, over the window's events. */
  readonly ingestDelay?: { readonly sumSeconds: number; readonly maxSeconds: number }
}

const latencyQuantiles = ['latency_ms_q50', 'latency_ms_q95', 'latency_ms_q99'] as const
const levels = [0.5, 0.95, 0.99]

/**
 * How the service behind a model did in a window: throughput in events a
 * second, error rate from 0 to 1, latency in milliseconds, mean payload in
 * bytes, delay from event to ingest in seconds. An empty window has a
 * throughput of 0; the rest is then left out. O(bins).
 */
export function softwareMetrics(input: SoftwareMetricsInput): QualityMetric[] {
  const { n, latency, payloadBytes, ingestDelay } = input
  const mean = (sum: number | undefined) => (sum === undefined ? undefined : ratio(sum, n))
  const found = latency && binnedQuantiles(latency.profile, latency.binning, levels)
  return definedMetrics([
    ['throughput', 'events-per-second', ratio(n, input.windowSeconds)],
    ['error_rate', 'share', ratio(input.errors, n)],
    ['latency_ms_mean', 'moments', latency && profileMoments(latency.profile)?.mean],
    ...latencyQuantiles.map((name, i) => [name, 'quantile/binned-64', found?.[i]] as const),
    ['payload_bytes_mean', 'mean', mean(payloadBytes)],
    ['ingest_delay_mean_seconds', 'mean', mean(ingestDelay?.sumSeconds)],
    ['ingest_delay_max_seconds', 'exact', n > 0 ? ingestDelay?.maxSeconds : undefined],
  ])
}
