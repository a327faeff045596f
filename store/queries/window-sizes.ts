import type { ModelSpec } from '../../core/model-spec.ts'
import { identifier, type Query } from '../query.ts'
import { eventsTableName } from '../tables/events-table.ts'
import { eventsRelation } from './profile-source.ts'
import { joinedRanges } from './profile-windows.ts'

export interface WindowSize {
  /** Epoch ms. */
  readonly start: number
  /** Rows that a scan of the window reads: its events, those that came twice not told apart. */
  readonly n: number
}

/** How much is stored of some base windows; those without rows are left out. At least one start. */
export function windowSizes(spec: ModelSpec, starts: readonly number[]): Query<WindowSize> {
  const sorted = [...starts].sort((a, b) => a - b).map((start) => ({ start }))
  const { where, params } = eventsRelation(spec, joinedRanges(sorted, spec.windowMs))
  return {
    name: 'window-sizes',
    sql: `
SELECT intDiv(toUnixTimestamp64Milli(ts), {width:Int64}) * {width:Int64} AS start, count() AS n
FROM ${identifier(eventsTableName(spec.model))}
WHERE ${where}
GROUP BY start`,
    params: { ...params, width: spec.windowMs },
    toRow: (raw) => ({ start: Number(raw['start']), n: Number(raw['n']) }),
  }
}
