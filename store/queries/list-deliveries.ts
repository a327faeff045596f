import type { Query } from '../query.ts'
import { amongModels, equal, isoTimes, when, where } from './list-filters.ts'

/** One webhook on its way, or arrived, or given up. */
export interface DeliveryRecord {
  readonly delivery_id: string
  readonly model: string
  readonly monitor: string
  readonly action: string
  readonly transition_ids: readonly string[]
  readonly state: string
  readonly attempts: number
  readonly next_attempt_at: string
  readonly not_after: string | null
  /** What is sent, as text. */
  readonly body: string
  readonly last_status: number | null
  readonly last_error: string
  readonly last_response: string
  readonly created_at: string
  readonly delivered_at: string | null
  readonly changed_at: string
}

export interface DeliveryFilter {
  readonly models: readonly string[] | null
  readonly model?: string
  readonly state?: string
  readonly delivery_id?: string
}

/** Creation in ms, and the delivery's id. */
export type DeliveryKey = readonly [number, string]

/** Deliveries, newest first. */
export function listDeliveries(
  { models, model, state, delivery_id }: DeliveryFilter,
  page: { limit: number; after: DeliveryKey | null },
): Query<DeliveryRecord> {
  const { text, params } = where(
    amongModels(models),
    equal({ model, state, delivery_id }),
    when(
      page.after !== null,
      "(created_at, delivery_id) < (fromUnixTimestamp64Milli({after_created:Int64}, 'UTC'), {after_id:String})",
      { after_created: page.after?.[0], after_id: page.after?.[1] },
    ),
  )
  return {
    name: 'list-deliveries',
    sql: `
SELECT delivery_id, model, monitor, action, transition_ids, state, attempts, next_attempt_at,
  not_after, body, last_status, last_error, last_response, created_at, delivered_at, changed_at
FROM deliveries FINAL
${text}
ORDER BY created_at DESC, delivery_id DESC
LIMIT {limit:UInt32}`,
    params: { ...params, limit: page.limit },
    settings: isoTimes,
    toRow: (raw) => raw as unknown as DeliveryRecord,
  }
}

export const deliveryKey = (row: DeliveryRecord): DeliveryKey => [
  Date.parse(row.created_at),
  row.delivery_id,
]
