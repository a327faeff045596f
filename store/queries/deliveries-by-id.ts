import type { Query } from '../query.ts'
import { deliveryColumns, toDeliveryRow, type DeliveryRow } from './deliveries-row.ts'

const sql = `
SELECT ${deliveryColumns}
FROM deliveries FINAL
WHERE delivery_id = {deliveryId:String}`

/** One delivery, or no row. */
export function deliveriesById(deliveryId: string): Query<DeliveryRow> {
  return { name: 'deliveries-by-id', sql, params: { deliveryId }, toRow: toDeliveryRow }
}
