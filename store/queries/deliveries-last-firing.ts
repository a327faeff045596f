import type { Query } from '../query.ts'

export interface LastFiringRow {
  readonly action: string
  /** Epoch ms. */
  readonly createdAt: number
}

const sql = `
SELECT action, toUnixTimestamp64Milli(max(created_at)) AS created_ms
FROM deliveries FINAL
WHERE model = {model:String} AND state != 'cancelled' AND NOT endsWith(transition_ids[1], '_ok')
GROUP BY action
ORDER BY action`

/** When each action of a model was last made to fire: what its cooldown counts from. */
export function deliveriesLastFiring(model: string): Query<LastFiringRow> {
  return {
    name: 'deliveries-last-firing',
    sql,
    params: { model },
    toRow: (raw) => ({ action: String(raw['action']), createdAt: Number(raw['created_ms']) }),
  }
}
