import type { Query } from '../query.ts'
import { deliveryColumns, toDeliveryRow, type DeliveryRow } from './deliveries-row.ts'

// Of each target only the oldest open delivery may go, so that nothing overtakes it. The inner
// query leaves the bodies unread.
const sql = `
SELECT ${deliveryColumns}
FROM deliveries FINAL
WHERE (model, delivery_id) IN (
  SELECT model, delivery_id
  FROM (
    SELECT model, delivery_id, next_attempt_at, created_at
    FROM deliveries FINAL
    WHERE state IN ('pending', 'failed_retry')
      AND ({every:Bool} OR model IN {models:Array(String)})
    ORDER BY created_at, delivery_id
    LIMIT 1 BY model, action
  )
  WHERE next_attempt_at <= fromUnixTimestamp64Milli({now:Int64}, 'UTC')
  ORDER BY created_at, delivery_id
  LIMIT {limit:UInt32}
)
ORDER BY created_at, delivery_id`

/**
 * The delivery that is next for every target (model and action), where its time has come; of these
 * models, or of all where that is null.
 */
export function deliveriesDue(
  now: number,
  limit: number,
  models: readonly string[] | null,
): Query<DeliveryRow> {
  return {
    name: 'deliveries-due',
    sql,
    params: { now, limit, every: models === null, models: models ?? [] },
    // On a cluster each shard holds whole models, but the planner cannot know that.
    settings: { distributed_product_mode: 'global' },
    toRow: toDeliveryRow,
  }
}
