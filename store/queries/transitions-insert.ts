import type { Store } from '../client.ts'
import { insertRows } from '../insert-rows.ts'
import type { TransitionRow } from './transitions-row.ts'

const columns = [
  'model',
  'monitor',
  'version',
  'variant',
  'slice',
  'feature',
  'window_start',
  'window_end',
  'transition_id',
  'from_state',
  'to_state',
  'valid',
  'evidence',
  'revision',
  'created_at',
  'changed_at',
] as const

/** Stores transitions; a row replaces the one of its series and window. Safe to repeat. */
export async function insertTransitions(
  store: Pick<Store, 'command'>,
  transitions: readonly TransitionRow[],
): Promise<void> {
  const rows = transitions.map((t) => [
    t.model,
    t.monitor,
    t.version,
    t.variant,
    t.slice,
    t.feature,
    new Date(t.windowStart),
    new Date(t.windowEnd),
    t.transitionId,
    t.from,
    t.to,
    t.valid,
    t.evidence,
    t.revision,
    new Date(t.createdAt),
    new Date(t.changedAt),
  ])
  await insertRows(store, 'transitions', columns, rows)
}
