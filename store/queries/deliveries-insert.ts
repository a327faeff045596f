import type { Store } from '../client.ts'
import { insertRows } from '../insert-rows.ts'
import type { DeliveryRow } from './deliveries-row.ts'

const columns = [
  'delivery_id',
  'model',
  'monitor',
  'action',
  'transition_ids',
  'state',
  'attempts',
  'next_attempt_at',
  'not_after',
  'body',
  'last_status',
  'last_error',
  'last_response',
  'history',
  'created_at',
  'delivered_at',
  'changed_at',
] as const

/** Stores deliveries; of one delivery the row that changed last counts. Safe to repeat. */
export async function insertDeliveries(
  store: Pick<Store, 'command'>,
  deliveries: readonly DeliveryRow[],
): Promise<void> {
  const rows = deliveries.map((d) => [
    d.deliveryId,
    d.model,
    d.monitor,
    d.action,
    d.transitionIds,
    d.state,
    d.attempts,
    new Date(d.nextAttemptAt),
    dateOrNull(d.notAfter),
    d.body,
    d.lastStatus,
    d.lastError,
    d.lastResponse,
    d.history,
    new Date(d.createdAt),
    dateOrNull(d.deliveredAt),
    microsText(d.changedAtUs),
  ])
  await insertRows(store, 'deliveries', columns, rows)
}

const dateOrNull = (ms: number | null): Date | null => (ms === null ? null : new Date(ms))

/** ISO 8601 with microseconds, which a Date cannot hold. */
function microsText(us: number): string {
  const millis = new Date(Math.floor(us / 1000)).toISOString().slice(0, -1)
  return `${millis}${String(us % 1000).padStart(3, '0')}Z`
}
