import type { Query } from '../query.ts'
import {
  amongModels,
  equal,
  isoTimes,
  when,
  where,
  within,
  type TimeRange,
} from './list-filters.ts'

/** One change of one alert's state. */
export interface TransitionRecord {
  readonly transition_id: string
  readonly model: string
  readonly monitor: string
  readonly version: string
  readonly variant: string
  readonly slice: string
  readonly feature: string
  readonly window_start: string
  readonly window_end: string
  readonly from_state: string
  readonly to_state: string
  /** False once late data showed that it never happened. */
  readonly valid: boolean
  readonly evidence: Readonly<Record<string, unknown>>
  readonly revision: number
  readonly created_at: string
  readonly changed_at: string
}

export interface TransitionFilter extends TimeRange {
  readonly models: readonly string[] | null
  readonly model?: string
  readonly monitor?: string
  readonly to_state?: string
  readonly valid?: boolean
}

/** Window start in ms, and the transition's id. */
export type TransitionKey = readonly [number, string]

const columns = `transition_id, model, monitor, version, variant, slice, feature, window_start, window_end,
  from_state, to_state, valid, evidence, revision, created_at, changed_at`

/** Changes of state, newest window first. */
export function listTransitions(
  filter: TransitionFilter,
  page: { limit: number; after: TransitionKey | null },
): Query<TransitionRecord> {
  const { models, model, monitor, to_state, valid, ...range } = filter
  const { text, params } = where(
    amongModels(models),
    equal({ model, monitor, to_state }),
    within('window_start', range),
    when(valid !== undefined, 'valid = {valid:Bool}', { valid }),
    when(
      page.after !== null,
      "(window_start, transition_id) < (toDateTime(fromUnixTimestamp64Milli({after_start:Int64}, 'UTC'), 'UTC'), {after_id:String})",
      { after_start: page.after?.[0], after_id: page.after?.[1] },
    ),
  )
  return {
    name: 'list-transitions',
    sql: `
SELECT ${columns}
FROM transitions FINAL
${text}
ORDER BY window_start DESC, transition_id DESC
LIMIT {limit:UInt32}`,
    params: { ...params, limit: page.limit },
    settings: isoTimes,
    toRow,
  }
}

export const transitionKey = (row: TransitionRecord): TransitionKey => [
  Date.parse(row.window_start),
  row.transition_id,
]

/** The series of an alert: model, monitor, version, variant, slice, feature. */
export type AlertKey = readonly [string, string, string, string, string, string]

export interface AlertFilter {
  readonly models: readonly string[] | null
  readonly model?: string
  readonly monitor?: string
  readonly state?: string
}

const series = 'model, monitor, version, variant, slice, feature'

/** The state of every alert: where its last valid transition led. */
export function listAlerts(
  { models, model, monitor, state }: AlertFilter,
  page: { limit: number; after: AlertKey | null },
): Query<TransitionRecord> {
  const inner = where(
    when(true, 'valid'),
    amongModels(models),
    equal({ model, monitor }),
    when(
      page.after !== null,
      `(${series}) > ({after_0:String}, {after_1:String}, {after_2:String}, {after_3:String}, {after_4:String}, {after_5:String})`,
      Object.fromEntries((page.after ?? []).map((value, at) => [`after_${at}`, value])),
    ),
  )
  const outer = where(when(state !== undefined, 'to_state = {state:String}', { state }))
  return {
    name: 'list-alerts',
    sql: `
SELECT *
FROM (
  SELECT ${columns}
  FROM transitions FINAL
  ${inner.text}
  ORDER BY ${series}, window_start DESC
  LIMIT 1 BY ${series}
)
${outer.text}
ORDER BY ${series}
LIMIT {limit:UInt32}`,
    params: { ...inner.params, ...outer.params, limit: page.limit },
    settings: isoTimes,
    toRow,
  }
}

export const alertKey = (row: TransitionRecord): AlertKey => [
  row.model,
  row.monitor,
  row.version,
  row.variant,
  row.slice,
  row.feature,
]

const toRow = (raw: Readonly<Record<string, unknown>>): TransitionRecord => ({
  ...(raw as unknown as TransitionRecord),
  evidence: JSON.parse(String(raw['evidence']) || '{}') as Record<string, unknown>,
})
