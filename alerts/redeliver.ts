import { AppError } from '../core/errors.ts'
import type { DeliveryRow } from '../store/queries/deliveries-row.ts'
import type { Outbox } from './ports.ts'
import { startedAgain } from './settle.ts'

/**
 * Sends a delivery again whatever became of it: same id, same body, so a receiver that has had it
 * can tell. Answers the row; the deliverer, here or in another process, does the rest. Throws
 * DELIVERY_NOT_FOUND.
 */
export async function redeliver(
  outbox: Pick<Outbox, 'find' | 'save'>,
  deliveryId: string,
  now: number,
): Promise<DeliveryRow> {
  const delivery = await outbox.find(deliveryId)
  if (delivery === undefined) {
    throw new AppError('DELIVERY_NOT_FOUND', `no delivery "${deliveryId}"`)
  }
  const again = startedAgain(delivery, now)
  await outbox.save([again])
  return again
}
