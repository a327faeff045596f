import { detectors, rowMethods } from './catalogue.ts'
import { sequentialMetricNames } from './sequential/window-series.ts'
import { peerMethods } from './peers/catalogue.ts'
import {
  fdrMetric,
  numberMetric,
  shareMetric,
  verdictMethod,
  verdictMetric,
} from './peers/peer-metrics.ts'
import { multivariateNames, untestedMultivariate } from './multivariate/metric-names.ts'
import { performanceMetrics } from './performance/catalogue.ts'

/** Metrics of single profiles and windows, as quality/ names them. */
export const qualityMetrics = [
  'n',
  'missing_rate',
  'invalid_rate',
  'type_mismatch_rate',
  'unseen_rate',
  'out_of_range_rate',
  'distinct',
  'constant',
  'schema_change',
  'mean',
  'std',
  'min',
  'max',
  'q01',
  'q05',
  'q25',
  'q50',
  'q75',
  'q95',
  'q99',
  'volume',
  'class_share',
  'positive_rate',
  'mean_confidence',
  'entropy',
  'throughput',
  'error_rate',
  'latency_ms_mean',
  'latency_ms_q50',
  'latency_ms_q95',
  'latency_ms_q99',
  'payload_bytes_mean',
  'ingest_delay_mean_seconds',
  'ingest_delay_max_seconds',
  'outlier_rate',
  'outlier_score_mean',
  'overconfidence_rate',
  'near_boundary_rate',
  'boundary_burst',
  'duplicate_burst',
] as const

/** What other products' methods are called: numbers, verdicts and what goes for all features. */
const peerNames: readonly string[] = [
  ...peerMethods.flatMap((peer) => [numberMetric(peer), peer.method, verdictMethod(peer.method)]),
  verdictMetric,
  shareMetric,
  fdrMetric,
]

const driftMetrics = new Set(detectors.map(({ metric }) => metric))

/** Those of them that are judged by a p-value which is not the number itself. */
const testedPeers: readonly string[] = peerMethods
  .filter(({ operator, reportsPValue }) => operator.startsWith('<') && reportsPValue !== true)
  .flatMap(({ method }) => method)

/** Metrics and methods that come without a p-value, whatever is compared with what. */
export const untestedMetrics: readonly string[] = [
  ...new Set([
    ...qualityMetrics,
    ...untestedMultivariate,
    ...performanceMetrics.flatMap(({ metric, method }) => [metric, method]),
    ...sequentialMetricNames,
    ...peerNames.filter((name) => !testedPeers.includes(name) && !driftMetrics.has(name)),
  ]),
]

/** Every metric name and method id that a monitor may watch. */
export const metricNames: readonly string[] = [
  ...new Set([
    ...detectors.flatMap(({ metric, method }) => [metric, method]),
    ...rowMethods,
    ...peerNames,
    ...multivariateNames,
    ...qualityMetrics,
    ...performanceMetrics.flatMap(({ metric, method }) => [metric, method]),
    ...sequentialMetricNames,
  ]),
]
