import type { Query } from '../query.ts'
import { toTransitionRow, transitionColumns, type TransitionRow } from './transitions-row.ts'

const sql = `
SELECT ${transitionColumns}
FROM transitions FINAL
WHERE model = {model:String} AND monitor = {monitor:String}
  AND window_start >= fromUnixTimestamp64Milli({from:Int64}, 'UTC')
ORDER BY window_start, version, variant, slice, feature`

/** All transitions of a monitor from one window on (epoch ms), withdrawn ones too, oldest first. */
export function transitionsFrom(
  model: string,
  monitor: string,
  from: number,
): Query<TransitionRow> {
  return { name: 'transitions-from', sql, params: { model, monitor, from }, toRow: toTransitionRow }
}
