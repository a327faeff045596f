import type { Query } from '../query.ts'
import { toTransitionRow, transitionColumns, type TransitionRow } from './transitions-row.ts'

const sql = `
SELECT ${transitionColumns}
FROM transitions FINAL
WHERE model = {model:String} AND monitor = {monitor:String} AND valid
  AND window_start < fromUnixTimestamp64Milli({to:Int64}, 'UTC')
ORDER BY window_start DESC
LIMIT 1 BY version, variant, slice, feature`

/** The last valid transition of every series before a window (epoch ms): the states it starts from. */
export function transitionsBefore(
  model: string,
  monitor: string,
  to: number,
): Query<TransitionRow> {
  return { name: 'transitions-before', sql, params: { model, monitor, to }, toRow: toTransitionRow }
}
