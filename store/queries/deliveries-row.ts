import type { DeliveryState } from '../../core/names.ts'

/** One row of table `deliveries`: a webhook on its way. Times are epoch ms unless they say otherwise. */
export interface DeliveryRow {
  /** The webhook-id: the same on every attempt and after every restart. */
  readonly deliveryId: string
  readonly model: string
  readonly monitor: string
  readonly action: string
  readonly transitionIds: readonly string[]
  readonly state: DeliveryState
  readonly attempts: number
  readonly nextAttemptAt: number
  /** After this it is cancelled instead of sent. */
  readonly notAfter: number | null
  readonly body: string
  readonly lastStatus: number | null
  readonly lastError: string
  /** The beginning of the last answer's body. */
  readonly lastResponse: string
  /** JSON array: what happened to it, oldest first. */
  readonly history: string
  readonly createdAt: number
  readonly deliveredAt: number | null
  /** Epoch microseconds: several changes may fall into one millisecond. */
  readonly changedAtUs: number
}

/** The select list that `toDeliveryRow` understands. */
export const deliveryColumns = `
  delivery_id, model, monitor, action, transition_ids, state, attempts,
  toUnixTimestamp64Milli(next_attempt_at) AS next_ms,
  toUnixTimestamp64Milli(not_after) AS not_after_ms,
  body, last_status, last_error, last_response, history,
  toUnixTimestamp64Milli(created_at) AS created_ms,
  toUnixTimestamp64Milli(delivered_at) AS delivered_ms,
  toUnixTimestamp64Micro(changed_at) AS changed_us`

export function toDeliveryRow(raw: Readonly<Record<string, unknown>>): DeliveryRow {
  return {
    deliveryId: String(raw['delivery_id']),
    model: String(raw['model']),
    monitor: String(raw['monitor']),
    action: String(raw['action']),
    transitionIds: raw['transition_ids'] as string[],
    state: raw['state'] as DeliveryState,
    attempts: Number(raw['attempts']),
    nextAttemptAt: Number(raw['next_ms']),
    notAfter: numberOrNull(raw['not_after_ms']),
    body: String(raw['body']),
    lastStatus: numberOrNull(raw['last_status']),
    lastError: String(raw['last_error']),
    lastResponse: String(raw['last_response']),
    history: String(raw['history']),
    createdAt: Number(raw['created_ms']),
    deliveredAt: numberOrNull(raw['delivered_ms']),
    changedAtUs: Number(raw['changed_us']),
  }
}

const numberOrNull = (value: unknown): number | null => (value === null ? null : Number(value))
