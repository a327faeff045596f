import type { ModelSpec } from '../../core/model-spec.ts'
import type { Query } from '../query.ts'
import { errorKind, eventErrors } from './event-errors.ts'
import { labelsOfEvents } from './labels-of-events.ts'
import { eventsRelation, finalSettings } from './profile-source.ts'
import { joinedRanges } from './profile-windows.ts'

/** The errors of one arm in one window, in the order of its events: by time, then by id. */
export interface ArmErrors {
  readonly version: string
  readonly variant: string
  /** Epoch ms. */
  readonly start: number
  readonly predicted: number
  /** How wrong each labelled prediction was (event-errors.ts). */
  readonly errors: readonly number[]
}

/** The errors of some windows, window after window. Throws a RangeError for a model that has none. */
export function sequentialErrors(
  spec: ModelSpec,
  widthMs: number,
  starts: readonly number[],
): Query<ArmErrors> {
  const kind = errorKind(spec)
  if (kind === null) throw new RangeError(`nothing tells errors of ${spec.model}`)
  const relation = eventsRelation(
    spec,
    joinedRanges(
      starts.map((start) => ({ start })),
      widthMs,
    ),
  )
  return {
    name: 'sequential-errors',
    sql: `
SELECT w AS start, version, variant, count() AS predicted,
  arrayMap(e -> e.3, arraySort(groupArrayIf((ts, event_id, assumeNotNull(off)), off IS NOT NULL))) AS errors
FROM (
  SELECT w, version, variant, ts, event_id, ${eventErrors[kind]} AS off
  FROM (
    SELECT event_id, ts, intDiv(toUnixTimestamp64Milli(ts), {width:Int64}) * {width:Int64} AS w,
      version, variant, prediction
    FROM ${relation.from}
    WHERE ${relation.where}
  ) AS e
  LEFT ANY JOIN (
    ${labelsOfEvents(relation)}
  ) AS l USING (event_id)
)
GROUP BY start, version, variant
HAVING notEmpty(errors)
ORDER BY start, version, variant`,
    params: { ...relation.params, model: spec.model, width: widthMs },
    // Events and labels are sharded by the same hash of the event id, so each shard joins its own.
    settings: { ...finalSettings, distributed_product_mode: 'local' },
    toRow: (raw) => ({
      version: String(raw['version']),
      variant: String(raw['variant']),
      start: Number(raw['start']),
      predicted: Number(raw['predicted']),
      errors: raw['errors'] as number[],
    }),
  }
}
