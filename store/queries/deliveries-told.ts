import type { AlertState } from '../../core/names.ts'
import type { Query } from '../query.ts'

/** What one action has been told about one series of a monitor. */
export interface ToldRow {
  readonly action: string
  readonly seriesId: string
  /** The last state it was told, and of which window (epoch ms). */
  readonly state: AlertState
  readonly windowStart: number
  /** Transitions it was told, of windows from `since` on. */
  readonly transitionIds: readonly string[]
}

// A transition's id says its series, window and state (alerts/transition.ts), so what was told
// stands even when late data has replaced the transition's row. A delivery that was cancelled
// counts: silence was the decision.
const sql = `
SELECT
  action,
  parts[2] AS series,
  argMax((parts[4], toInt64(parts[3])), (created_at, toInt64(parts[3]))) AS last,
  groupUniqArrayIf(id, toInt64(parts[3]) * 1000 >= {since:Int64}) AS ids
FROM (
  SELECT action, created_at, id, splitByChar('_', id) AS parts
  FROM deliveries FINAL
  ARRAY JOIN transition_ids AS id
  WHERE model = {model:String} AND monitor = {monitor:String}
)
GROUP BY action, series
ORDER BY action, series`

export function deliveriesTold(model: string, monitor: string, since: number): Query<ToldRow> {
  return {
    name: 'deliveries-told',
    sql,
    params: { model, monitor, since },
    toRow: (raw) => {
      const [state, seconds] = tuple(raw['last'])
      return {
        action: String(raw['action']),
        seriesId: String(raw['series']),
        state: state as AlertState,
        windowStart: Number(seconds) * 1000,
        transitionIds: raw['ids'] as string[],
      }
    },
  }
}

/** JSON answers give a tuple as an array, or by element names where the server has them. */
const tuple = (value: unknown): unknown[] =>
  Array.isArray(value) ? value : Object.values(value as Record<string, unknown>)
