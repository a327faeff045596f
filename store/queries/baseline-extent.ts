import type { ModelSpec } from '../../core/model-spec.ts'
import { identifier, type Query } from '../query.ts'
import { eventsTableName } from '../tables/events-table.ts'
import { finalSettings, type Relation } from './profile-source.ts'

export interface EventsExtent {
  /** Rows, duplicates included: an upper bound that costs no FINAL. */
  readonly rows: number
  /** Epoch ms of the oldest and newest event. */
  readonly oldest: number
  readonly newest: number
  /** When an event was last stored, epoch ms. */
  readonly lastIngested: number
}

/** How many events a model has and how far they reach; no row without any. */
export function eventsExtent(spec: ModelSpec): Query<EventsExtent> {
  return {
    name: 'events-extent',
    sql: `
SELECT count() AS n, toUnixTimestamp64Milli(min(ts)) AS oldest, toUnixTimestamp64Milli(max(ts)) AS newest,
  toUnixTimestamp64Milli(max(ingested_at)) AS last_ingested
FROM ${identifier(eventsTableName(spec.model))}
HAVING n > 0`,
    params: {},
    toRow: (raw) => ({
      rows: Number(raw['n']),
      oldest: Number(raw['oldest']),
      newest: Number(raw['newest']),
      lastIngested: Number(raw['last_ingested']),
    }),
  }
}

/** Event time of the nth event by time, epoch ms; no row when there are fewer. */
export function nthEventTime(spec: ModelSpec, nth: number): Query<number> {
  return {
    name: 'nth-event-time',
    sql: `
SELECT toUnixTimestamp64Milli(ts) AS at
FROM ${identifier(eventsTableName(spec.model))} FINAL
ORDER BY ts
LIMIT 1 OFFSET {skip:UInt64}`,
    params: { skip: nth - 1 },
    settings: finalSettings,
    toRow: (raw) => Number(raw['at']),
  }
}

/** How many rows a relation has. */
export function relationSize(relation: Relation): Query<number> {
  return {
    name: 'relation-size',
    sql: `SELECT count() AS n FROM ${relation.from} WHERE ${relation.where}`,
    params: relation.params,
    settings: finalSettings,
    toRow: (raw) => Number(raw['n']),
  }
}
