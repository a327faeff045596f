import type { Store } from './client.ts'
import { insertRows } from './insert-rows.ts'
import type { PartitionHalt } from './queries/partition-halts-row.ts'

const columns = [
  'source',
  'topic',
  'partition',
  'state',
  'offset',
  'exceeded',
  'reason',
  'detail',
  'refused',
  'seen',
  'released_by',
  'halted_at',
  'changed_at',
] as const

/** Stores what has become of a halt; of one partition the row that changed last counts. Safe to repeat. */
export async function insertPartitionHalt(
  store: Pick<Store, 'command'>,
  halt: PartitionHalt,
): Promise<void> {
  await insertRows(store, 'partition_halts', columns, [
    [
      halt.source,
      halt.topic,
      halt.partition,
      halt.state,
      halt.offset,
      halt.exceeded,
      halt.reason,
      halt.detail,
      halt.refused,
      halt.seen,
      halt.releasedBy,
      new Date(halt.haltedAt),
      new Date(halt.changedAt),
    ],
  ])
}

/** The same halt in another state. The greatest change wins, so a clock that was set back must not hide this one. */
export function changedHalt(
  halt: PartitionHalt,
  change: Pick<PartitionHalt, 'state'> & Partial<Pick<PartitionHalt, 'releasedBy'>>,
  now: number,
): PartitionHalt {
  return { ...halt, ...change, changedAt: Math.max(now, halt.changedAt + 1) }
}
