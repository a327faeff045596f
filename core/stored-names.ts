/** Tables that dashboards read. */
export const tables = {
  baselineProfiles: 'baseline_profiles',
  baselines: 'baselines',
  binnings: 'binnings',
  deadLetters: 'dead_letters',
  deliveries: 'deliveries',
  metrics: 'metrics',
  models: 'models',
  profiles: 'profiles',
  transitions: 'transitions',
  windows: 'windows',
} as const

/** Metrics that have a place of their own on dashboards; all others appear there by name. */
export const shown = {
  classShare: 'class_share',
  duplicateBurst: 'duplicate_burst',
  boundaryBurst: 'boundary_burst',
  errorRate: 'error_rate',
  invalidRate: 'invalid_rate',
  latencyQ50: 'latency_ms_q50',
  latencyQ95: 'latency_ms_q95',
  latencyQ99: 'latency_ms_q99',
  max: 'max',
  mean: 'mean',
  meanConfidence: 'mean_confidence',
  min: 'min',
  missingRate: 'missing_rate',
  nearBoundaryRate: 'near_boundary_rate',
  outOfRangeRate: 'out_of_range_rate',
  outlierRate: 'outlier_rate',
  outlierScoreMean: 'outlier_score_mean',
  overconfidenceRate: 'overconfidence_rate',
  positiveRate: 'positive_rate',
  psi: 'psi',
  q05: 'q05',
  q25: 'q25',
  q50: 'q50',
  q75: 'q75',
  q95: 'q95',
  throughput: 'throughput',
  typeMismatchRate: 'type_mismatch_rate',
  unseenRate: 'unseen_rate',
} as const

/** Drift statistics in the order that a page offers them; the first is what it begins with. */
export const driftMetrics = [
  'psi',
  'js',
  'ks',
  'linf',
  'wasserstein',
  'chi2',
  'kl',
  'hellinger',
  'tvd',
  'energy',
  'cvm',
  'ad',
  'mann-whitney',
  't',
  'z',
  'g',
  'cramers-v',
] as const

/** Type of the webhook message that asks for something to be done; `deliveries.body` holds it. */
export const firingMessage = 'tidegauge.alert.firing'
