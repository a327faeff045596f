/** Names that code, SQL, API, docs and dashboards share: renaming one here breaks the build, not a page. */

/** Pseudo-features: what a profile counts beside the declared features. */
export const pseudoFeatures = ['prediction', 'score', 'latency_ms', 'label'] as const

/** What a metric's number is worth. Only `ok` may change an alert's state. */
export const metricStatuses = ['ok', 'insufficient_data', 'no_data', 'error', 'retracted'] as const
export type MetricStatus = (typeof metricStatuses)[number]

/** Why an event was not accepted. The closed list that dead letters, answers and metrics use. */
export const rejectReasons = [
  'invalid_encoding',
  'invalid_row',
  'invalid_json',
  'not_an_object',
  'unknown_key',
  'missing_model',
  'invalid_name',
  'unknown_model',
  'invalid_type',
  'missing_id',
  'invalid_id',
  'missing_label',
  'invalid_timestamp',
  'timestamp_too_old',
  'timestamp_in_future',
  'event_too_large',
  'too_many_keys',
  'too_deep',
  'string_too_long',
  'too_many_features',
  'unknown_schema',
  'unpaired',
] as const
export type RejectReason = (typeof rejectReasons)[number]

/** What was wrong with a single feature value. All but `truncated` say that it does not count as a value. */
export const issueReasons = ['invalid', 'type_mismatch', 'truncated'] as const
export type IssueReason = (typeof issueReasons)[number]

export const alertStates = ['ok', 'pending', 'warn', 'critical'] as const
export type AlertState = (typeof alertStates)[number]

export const deliveryStates = ['pending', 'delivered', 'failed_retry', 'dead', 'cancelled'] as const
export type DeliveryState = (typeof deliveryStates)[number]

export const scopes = ['ingest', 'read', 'write', 'admin'] as const
export type Scope = (typeof scopes)[number]
