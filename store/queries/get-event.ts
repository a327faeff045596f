import { eventsTableName } from '../tables/events-table.ts'
import { identifier, type Query } from '../query.ts'
import { isoTimes } from './list-filters.ts'

/** Everything kept of one event. Features and tags by name; hostile names are plain keys of a Map. */
export interface EventRecord {
  readonly id: string
  readonly ts: string
  readonly version: string
  readonly variant: string
  readonly prediction: string | number | null
  readonly score: number | null
  readonly scores: Readonly<Record<string, number>>
  readonly latency_ms: number | null
  readonly error: string | null
  readonly outlier_score: number | null
  /** Of an outlier: what makes it one, as shares of 1. */
  readonly outlier_features: Readonly<Record<string, number>>
  /** Which fit of the outlier model scored it; 0 for none. */
  readonly outlier_revision: number
  readonly features: ReadonlyMap<string, unknown>
  readonly tags: Readonly<Record<string, string>>
  readonly issues: readonly { feature: string; reason: string; value: string }[]
  readonly provenance: {
    readonly source: string
    readonly topic: string
    readonly partition: number
    readonly offset: number
    readonly payload_bytes: number
    readonly ingested_at: string
  }
}

/** One event by its id. The same id in two hours is two rows: the one that arrived last is answered. */
export function getEvent(model: string, id: string): Query<EventRecord> {
  return {
    name: 'get-event',
    sql: `
SELECT *
FROM ${identifier(eventsTableName(model))} FINAL
WHERE event_id = {id:String}
ORDER BY ingested_at DESC, ts DESC
LIMIT 1`,
    params: { id },
    settings: isoTimes,
    toRow,
  }
}

const featurePrefix = 'features.'

function toRow(raw: Readonly<Record<string, unknown>>): EventRecord {
  const row = raw as unknown as RawEvent
  const features = Object.entries(raw)
    .filter(([column]) => column.startsWith(featurePrefix))
    .map(([column, value]): [string, unknown] => [
      column.slice(featurePrefix.length),
      // The empty list is what an embedding has that is missing.
      Array.isArray(value) && value.length === 0 ? null : value,
    ])
  return {
    id: row.event_id,
    ts: row.ts,
    version: row.version,
    variant: row.variant,
    prediction: row.prediction,
    score: row.score,
    scores: row.scores,
    latency_ms: row.latency_ms,
    error: row.error,
    outlier_score: row.outlier_score,
    outlier_features: row.outlier_features ?? {},
    outlier_revision: row.outlier_revision ?? 0,
    features: new Map(features),
    tags: row.tags,
    issues: row['issues.feature'].map((feature, at) => ({
      feature,
      reason: row['issues.reason'][at] ?? '',
      value: row['issues.value'][at] ?? '',
    })),
    provenance: {
      source: row._source,
      topic: row._topic,
      partition: row._partition,
      offset: row._offset,
      payload_bytes: row.payload_bytes,
      ingested_at: row.ingested_at,
    },
  }
}

interface RawEvent extends Pick<
  EventRecord,
  | 'ts'
  | 'version'
  | 'variant'
  | 'prediction'
  | 'score'
  | 'scores'
  | 'latency_ms'
  | 'error'
  | 'outlier_score'
  | 'tags'
> {
  readonly event_id: string
  /** Not there where the model has never scored. */
  readonly outlier_features?: Readonly<Record<string, number>>
  readonly outlier_revision?: number
  readonly 'issues.feature': readonly string[]
  readonly 'issues.reason': readonly string[]
  readonly 'issues.value': readonly string[]
  readonly payload_bytes: number
  readonly _source: string
  readonly _topic: string
  readonly _partition: number
  readonly _offset: number
  readonly ingested_at: string
}
