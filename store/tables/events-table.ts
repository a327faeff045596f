import { createHash } from 'node:crypto'
import type { FeatureKind, ModelSpec, Task } from '../../core/model-spec.ts'
import type { TableDefinition } from '../ddl.ts'
import { identifier } from '../query.ts'

/** The table of a model's events: its name where that is plain, else made plain and told apart by a hash. */
export function eventsTableName(model: string): string {
  if (/^[A-Za-z0-9_-]{1,64}$/.test(model)) return `events_${model}`
  const plain = model.replaceAll(/[^A-Za-z0-9_-]/g, '_').slice(0, 48)
  return `events_${plain}_${createHash('sha256').update(model).digest('hex').slice(0, 10)}`
}

export const featureColumn = (feature: string): string => `features.${feature}`

/** Numbers stay numbers; classes are text. */
export const predictionType = (
  task: Task,
): 'Nullable(Float64)' | 'LowCardinality(Nullable(String))' =>
  task === 'regression' ? 'Nullable(Float64)' : 'LowCardinality(Nullable(String))'

const columnTypes: Readonly<Record<FeatureKind, string>> = {
  numeric: 'Nullable(Float64)',
  categorical: 'LowCardinality(Nullable(String))',
  boolean: 'LowCardinality(Nullable(String))',
  text: 'Nullable(String)',
  // Empty where there is none.
  embedding: 'Array(Float32)',
}

export const featureColumnType = (kind: FeatureKind): string => columnTypes[kind]

/**
 * Of an outlier the features that make it one, with their shares of 1; and what scored the event, 0 for
 * nothing. Only models that score have them: filling them for every event costs a tenth of an insert.
 */
export const outlierColumnDefinitions: readonly string[] = [
  'outlier_features Map(LowCardinality(String), Float64)',
  'outlier_revision UInt32',
]

/** Columns every event has, in the order they are written. */
export const eventColumns = (task: Task): readonly (readonly [name: string, type: string])[] => [
  ['event_id', 'String'],
  ['ts', "DateTime64(3, 'UTC')"],
  ['version', 'LowCardinality(String)'],
  ['variant', 'LowCardinality(String)'],
  ['prediction', predictionType(task)],
  ['score', 'Nullable(Float64)'],
  ['scores', 'Map(LowCardinality(String), Float64)'],
  ['latency_ms', 'Nullable(Float64)'],
  ['error', 'Nullable(String)'],
  // How strange it is, 0 to 1; NULL where nothing scored it.
  ['outlier_score', 'Nullable(Float64)'],
  ['tags', 'Map(LowCardinality(String), String)'],
  // Values that could not be counted as such: which feature, why (invalid, type_mismatch), and what was sent.
  ['issues.feature', 'Array(LowCardinality(String))'],
  ['issues.reason', 'Array(LowCardinality(String))'],
  ['issues.value', 'Array(String)'],
  ['payload_bytes', 'UInt32'],
  ['_source', 'LowCardinality(String)'],
  ['_topic', 'LowCardinality(String)'],
  ['_partition', 'Int32'],
  ['_offset', 'Int64'],
  ['ingested_at', "DateTime64(3, 'UTC')"],
]

/**
 * How parts are kept and merged (docs/adr/0007-parts-of-events.md). What one insert brings keeps its columns
 * in one file: a file for every column took a quarter of all processor time. What is merged of them is wide,
 * because only wide parts are merged column by column; and each event is merged less often than by default.
 */
const partSettings = {
  min_bytes_for_wide_part: 32 * 2 ** 20,
  merge_selector_base: 10,
} as const

/** `events_<model>`: real typed columns, one a feature, replacing by event id within the hour of the event. */
export function eventsTable(spec: ModelSpec): TableDefinition {
  const fixed = eventColumns(spec.task).map(([name, type]) => `${identifier(name)} ${type}`)
  const features = [...spec.features].map(([name, feature]) =>
    featureColumnDefinition(name, feature.type),
  )
  const scoring = spec.outliers === null ? [] : outlierColumnDefinitions
  const days = Math.max(1, Math.ceil(spec.retentionMs.events / 86_400_000))
  return {
    name: eventsTableName(spec.model),
    columns: [...fixed, ...scoring, ...features],
    indexes: ['INDEX event_id event_id TYPE bloom_filter(0.01) GRANULARITY 4'],
    replacing: 'ingested_at',
    partitionBy: 'toDate(ts)',
    orderBy: '(toStartOfHour(ts), event_id)',
    // By the later of both times: history that is loaded today is not expired on arrival.
    ttl: `toDate(greatest(ts, ingested_at)) + INTERVAL ${days} DAY`,
    shardBy: 'cityHash64(event_id)',
    settings: partSettings,
  }
}

export const featureColumnDefinition = (feature: string, kind: FeatureKind): string =>
  `${identifier(featureColumn(feature))} ${featureColumnType(kind)}${kind === 'text' ? ' CODEC(ZSTD(3))' : ''}`
