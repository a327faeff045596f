import { setTimeout as sleep } from 'node:timers/promises'
import type { KafkaEvents } from './kafka-events.ts'
import type { OwnedPartition } from './kafka-owned-partition.ts'
import { positionOf, type LedgerPosition, type Position } from './kafka-position.ts'
import type { ClusterClient, GroupSession, TopicPartition } from './kafka-ports.ts'

/** What the ledger says of a partition; null if nothing of it was ever stored. */
export type ReadLedgerPosition = (
  partition: TopicPartition & { readonly source: string },
) => Promise<LedgerPosition | null>

export interface LocateDeps extends Pick<ClusterClient, 'watermarks' | 'committed'> {
  readonly cluster: string
  readonly ledgerPosition: ReadLedgerPosition
  readonly commit: GroupSession['commit']
  readonly events: KafkaEvents
  /**
   * How long a partition must look made anew before it is believed, ms: after a leader has changed,
   * it may end earlier for a moment than it did before.
   */
  readonly confirmMs: number
}

export interface Locating {
  readonly signal: AbortSignal
  /** A partition knows where it goes on. */
  readonly started: (owned: OwnedPartition) => void
}

/** Places every partition that is not placed yet. Throws retryable AppErrors: call it again then. */
export async function locate(
  partitions: readonly OwnedPartition[],
  deps: LocateDeps,
  { signal, started }: Locating,
): Promise<void> {
  const open = partitions.filter(({ status }) => status === 'locating')
  const topics = [...new Set(open.map(({ at }) => at.topic))]
  const committed = new Map(await deps.committed(topics))
  for (const { at, topic } of open) {
    if (topic.start === 'latest' && (committed.get(at.topic)?.size ?? 0) === 0) {
      committed.set(at.topic, await pinned(at.topic, deps))
    }
  }
  await Promise.all(
    open.map(async (owned) => {
      const offsets = committed.get(owned.at.topic) ?? new Map<number, number>()
      const position = await positionFor(owned, offsets, deps)
      // Null: the partition does not exist any more.
      if (signal.aborted || position === null) return
      tell(owned, position, deps)
      owned.place(position, offsets.get(owned.at.partition) ?? null)
      started(owned)
    }),
  )
}

/**
 * Commits where all partitions of a topic end, those of other members too: from then on a partition
 * without an offset is a new one.
 */
async function pinned(topic: string, deps: LocateDeps): Promise<ReadonlyMap<number, number>> {
  const source = `kafka:${deps.cluster}`
  const known = await Promise.all(
    [...(await deps.watermarks(topic))].map(async ([partition, { high }]) => {
      const ledger = await deps.ledgerPosition({ topic, partition, source })
      return { partition, next: ledger?.next ?? high }
    }),
  )
  await deps.commit(known.map((position) => ({ ...position, topic })))
  return new Map(known.map(({ partition, next }) => [partition, next]))
}

async function positionFor(
  owned: OwnedPartition,
  offsets: ReadonlyMap<number, number>,
  deps: LocateDeps,
): Promise<Position | null> {
  const { topic, partition } = owned.at
  const ledger = await deps.ledgerPosition({ topic, partition, source: `kafka:${deps.cluster}` })
  // A partition without an offset beside others that have one is new: nothing of it may be left out.
  const start = offsets.size > 0 ? 'earliest' : owned.topic.start
  const committed = owned.reached ?? offsets.get(partition) ?? null
  const look = async (): Promise<Position | null> => {
    const watermarks = (await deps.watermarks(topic)).get(partition)
    if (watermarks === undefined) return null
    owned.high = watermarks.high
    return positionOf({ topic, committed, ledger, watermarks, start })
  }
  const position = await look()
  if (position?.recreated !== true) return position
  await sleep(deps.confirmMs)
  return look()
}

function tell(owned: OwnedPartition, position: Position, { cluster, events }: LocateDeps): void {
  const { stream, next, lost, recreated } = position
  if (recreated) events.recreated({ ...owned.at, cluster, stream })
  if (lost !== null) events.gap({ ...owned.at, cluster, ...lost })
  events.located({ ...owned.at, cluster, stream, next })
}
