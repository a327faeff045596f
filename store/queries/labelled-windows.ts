import type { ModelSpec } from '../../core/model-spec.ts'
import { identifier, type Query } from '../query.ts'
import { eventsTableName } from '../tables/events-table.ts'
import type { TimeRange } from './profile-source.ts'

/** When labels came, by the clock of who stored them: epoch ms, both inclusive. */
export interface Arrival {
  readonly from: number
  readonly to: number
}

export interface ArrivedLabels {
  /** Events that are labelled. */
  readonly events: number
  /** The labels' own times, epoch ms; 0 where there are none. */
  readonly oldest: number
  readonly newest: number
}

const arrived = `
FROM labels
WHERE model = {model:String}
  AND ingested_at >= fromUnixTimestamp64Milli({arrivedFrom:Int64}, 'UTC')
  AND ingested_at <= fromUnixTimestamp64Milli({arrivedTo:Int64}, 'UTC')`

/** How many labels came, and from when they are. */
export function arrivedLabels(model: string, { from, to }: Arrival): Query<ArrivedLabels> {
  return {
    name: 'arrived-labels',
    sql: `
SELECT uniqExact(event_id) AS events, toUnixTimestamp64Milli(min(ts)) AS oldest, toUnixTimestamp64Milli(max(ts)) AS newest${arrived}`,
    params: { model, arrivedFrom: from, arrivedTo: to },
    toRow: (raw) => ({
      events: Number(raw['events']),
      oldest: Number(raw['oldest']),
      newest: Number(raw['newest']),
    }),
  }
}

export interface LabelledWindow {
  /** Of the base window, epoch ms. */
  readonly start: number
  /** Events in it whose label came. */
  readonly events: number
}

/**
 * Base windows of the events whose labels came, within an interval of event time or outside of it. Not
 * FINAL: a row that was replaced meanwhile names a window too many, which is then found unchanged.
 */
export function labelledWindows(
  spec: ModelSpec,
  arrival: Arrival,
  { from, to, outside }: TimeRange & { readonly outside: boolean },
): Query<LabelledWindow> {
  return {
    name: 'labelled-windows',
    sql: `
SELECT intDiv(toUnixTimestamp64Milli(ts), {width:Int64}) * {width:Int64} AS start, uniqExact(event_id) AS events
FROM ${identifier(eventsTableName(spec.model))}
WHERE ${outside ? 'NOT ' : ''}(ts >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND ts < fromUnixTimestamp64Milli({to:Int64}, 'UTC'))
  AND event_id IN (SELECT event_id${arrived})
GROUP BY start
ORDER BY start`,
    params: {
      model: spec.model,
      width: spec.windowMs,
      arrivedFrom: arrival.from,
      arrivedTo: arrival.to,
      from,
      to,
    },
    // Events and labels are sharded by the same hash of the event id.
    settings: { distributed_product_mode: 'local' },
    toRow: (raw) => ({ start: Number(raw['start']), events: Number(raw['events']) }),
  }
}
