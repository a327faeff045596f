import type { ModelSpec } from '../../core/model-spec.ts'
import type { Query } from '../query.ts'
import { eventsRelation, finalSettings, type TimeRange } from './profile-source.ts'
import { blockSettings, derivationsOf, withDerived } from './source.ts'
import {
  numbersOf,
  textsOf,
  type Draw,
  type SampledColumns,
  type SampledRow,
} from './reference-sample.ts'

/** Rows of one arm of a rollout in one window. */
export interface WindowSample {
  readonly version: string
  readonly variant: string
  /** Epoch ms. */
  readonly windowStart: number
  /** How many rows it was drawn from. */
  readonly total: number
  readonly rows: readonly SampledRow[]
}

export interface WindowSampleInput extends Draw {
  readonly spec: ModelSpec
  readonly columns: SampledColumns
  readonly widthMs: number
  /** Events, in intervals aligned to the width. */
  readonly ranges: readonly TimeRange[]
}

/**
 * Up to `limit` events of each window, version and variant, drawn by a hash of their id and the seed:
 * the same events give the same rows in the same order, whenever and in whatever order they came.
 * Events of one id in several hours are drawn together, beyond the limit if need be.
 *
 * Only hashes are sorted over all events; the columns are read of those rows alone that lie at or
 * below the arm's last hash.
 */
export function windowSample(input: WindowSampleInput): Query<WindowSample> {
  const { spec, columns, widthMs, ranges, seed, limit } = input
  if (!Number.isInteger(limit) || limit < 1) throw new RangeError('a sample has one row or more')
  const events = eventsRelation(spec, ranges)
  const values = withDerived(events, columns.numeric)
  return {
    name: 'window-sample',
    sql: `
WITH cuts AS (
  SELECT ${start} AS start, version, variant, count() AS total,
    arrayElement(groupArraySorted(${limit})(${hash}), -1) AS cut
  FROM ${events.from}
  WHERE ${events.where}
  GROUP BY start, version, variant
)
SELECT start, version, variant, total,
  arrayMap(r -> r.4, drawn) AS numbers, arrayMap(r -> r.5, drawn) AS texts
FROM (
  SELECT e.start AS start, e.version AS version, e.variant AS variant, any(c.total) AS total,
    arraySort(r -> (r.1, r.2, r.3), groupArray((e.hash, e.event_id, e.ts, e.numbers, e.texts))) AS drawn
  FROM (
    SELECT ${start} AS start, version, variant, event_id, ts, ${hash} AS hash,
      ${numbersOf(columns)} AS numbers, ${textsOf(columns)} AS texts
    FROM ${values.from}
    WHERE ${values.where}
  ) AS e
  INNER JOIN cuts AS c ON e.start = c.start AND e.version = c.version AND e.variant = c.variant
  WHERE e.hash <= c.cut
  GROUP BY start, version, variant
)
ORDER BY start, version, variant`,
    params: { ...values.params, width: widthMs, seed },
    settings: { ...finalSettings, ...blockSettings(derivationsOf(columns.numeric)) },
    toRow: (raw) => {
      const texts = raw['texts'] as (string | null)[][]
      return {
        version: String(raw['version']),
        variant: String(raw['variant']),
        windowStart: Number(raw['start']),
        total: Number(raw['total']),
        rows: (raw['numbers'] as (number | null)[][]).map((numbers, i) => ({
          numbers,
          texts: texts[i] ?? [],
        })),
      }
    },
  }
}

const start = 'intDiv(toUnixTimestamp64Milli(ts), {width:Int64}) * {width:Int64}'
const hash = 'cityHash64(event_id, {seed:UInt64})'
