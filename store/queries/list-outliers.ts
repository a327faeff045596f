import { identifier, type Query } from '../query.ts'
import { eventsTableName } from '../tables/events-table.ts'
import {
  equal,
  isoTimes,
  when,
  where,
  within,
  type Filters,
  type TimeRange,
} from './list-filters.ts'
import { finalSettings } from './profile-source.ts'

/** One strange event, what makes it strange, and its label once somebody has said one. */
export interface OutlierRecord {
  readonly id: string
  readonly ts: string
  readonly version: string
  readonly variant: string
  readonly prediction: string | number | null
  readonly score: number | null
  readonly outlier_score: number
  readonly outlier_revision: number
  /** Greatest share first. */
  readonly features: readonly { feature: string; share: number; value: unknown }[]
  readonly tags: Readonly<Record<string, string>>
  readonly label: string | null
  readonly labelled_at: string | null
}

export interface OutlierFilter extends TimeRange {
  readonly model: string
  readonly minScore: number
  readonly version?: string
  readonly variant?: string
  /** Only events that this feature is named for. */
  readonly feature?: string
  /** With a label, or without one. */
  readonly reviewed?: boolean
}

/** Event time in ms and event id. */
export type OutlierKey = readonly [number, string]

/** Events of one model with a score of `minScore` and more, newest first. */
export function listOutliers(
  { model, minScore, version, variant, feature, reviewed, ...range }: OutlierFilter,
  page: { limit: number; after: OutlierKey | null },
): Query<OutlierRecord> {
  const events = identifier(eventsTableName(model))
  const strange = [
    when(true, 'outlier_score >= {min_score:Float64}', { min_score: minScore }),
    within('ts', range),
  ]
  // Labels of other events are many: they are left out by key.
  const labels = `FROM labels FINAL WHERE model = {model:String} AND event_id IN (SELECT event_id FROM ${events} ${where(...strange).text})`
  const { text, params } = where(
    ...strange,
    equal({ version, variant }),
    when(feature !== undefined, 'mapContains(outlier_features, {feature:String})', { feature }),
    when(reviewed === true, `event_id IN (SELECT event_id ${labels})`),
    when(reviewed === false, `event_id NOT IN (SELECT event_id ${labels})`),
    afterKey(page.after),
  )
  return {
    name: 'list-outliers',
    sql: `
SELECT e.*, l.label AS label_value, if(l.event_id = '', NULL, l.ts) AS labelled_at
FROM (
  SELECT *
  FROM ${events} FINAL
  ${text}
  ORDER BY ts DESC, event_id DESC
  LIMIT {limit:UInt32}
) AS e
LEFT JOIN (SELECT event_id, label, ts ${labels}) AS l ON l.event_id = e.event_id
ORDER BY e.ts DESC, e.event_id DESC`,
    params: { ...params, model, limit: page.limit },
    // Events and their labels lie on the same shard.
    settings: { ...isoTimes, ...finalSettings, distributed_product_mode: 'local' },
    toRow,
  }
}

function afterKey(after: OutlierKey | null): Filters {
  return when(
    after !== null,
    "(ts, event_id) < (fromUnixTimestamp64Milli({after_ts:Int64}, 'UTC'), {after_id:String})",
    { after_ts: after?.[0], after_id: after?.[1] },
  )
}

export const outlierKey = (row: OutlierRecord): OutlierKey => [Date.parse(row.ts), row.id]

function toRow(raw: Readonly<Record<string, unknown>>): OutlierRecord {
  const shares = Object.entries(raw['outlier_features'] as Record<string, number>)
  return {
    id: String(raw['event_id']),
    ts: String(raw['ts']),
    version: String(raw['version']),
    variant: String(raw['variant']),
    prediction: raw['prediction'] as string | number | null,
    score: raw['score'] as number | null,
    outlier_score: Number(raw['outlier_score']),
    outlier_revision: Number(raw['outlier_revision']),
    features: shares
      .sort(([, a], [, b]) => b - a)
      .map(([feature, share]) => ({ feature, share, value: raw[`features.${feature}`] ?? null })),
    tags: raw['tags'] as Record<string, string>,
    label: raw['labelled_at'] === null ? null : String(raw['label_value']),
    labelled_at: raw['labelled_at'] as string | null,
  }
}
