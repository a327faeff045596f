import type { Watermarks } from './kafka-ports.ts'

/** Where a partition stands according to the ledger. */
export interface LedgerPosition {
  /** The latest stream of the partition: the topic, or `topic@n`. */
  readonly stream: string
  /** The first offset that is not stored. */
  readonly next: number
}

export interface PositionFacts {
  readonly topic: string
  /** What the group has committed; null without an offset. */
  readonly committed: number | null
  /** Read before the watermarks, so that it can be ahead of them for no other reason than a new topic. */
  readonly ledger: LedgerPosition | null
  readonly watermarks: Watermarks
  /** Where to begin if neither knows the partition. */
  readonly start: 'earliest' | 'latest'
}

export interface Position {
  readonly stream: string
  /** The offset to fetch next. */
  readonly next: number
  /** Messages that retention took before anybody stored them. */
  readonly lost: { readonly first: number; readonly last: number } | null
  /** The topic was deleted and made anew. */
  readonly recreated: boolean
}

/**
 * Where to go on. The committed offset counts first, also where somebody moved it by hand: what is
 * read again collapses with what is stored. A partition that ends before what was stored of it, or
 * before what was committed, is another one under the same name: it begins a new stream.
 */
export function positionOf(facts: PositionFacts): Position {
  const { topic, ledger, watermarks } = facts
  const { low, high } = watermarks
  const stream = ledger?.stream ?? topic
  const stored = ledger?.next ?? 0
  const committed = facts.committed ?? 0
  if (Math.max(stored, committed) > high) {
    return { stream: nextStream(topic, stream), next: low, lost: null, recreated: true }
  }
  const wanted = wantedOffset(facts)
  // What was moved back to and is gone has been stored already, up to where the ledger stands.
  const unseen = Math.max(wanted, stored)
  const lost = unseen < low ? { first: unseen, last: low - 1 } : null
  return { stream, next: Math.max(wanted, low), lost, recreated: false }
}

function wantedOffset({ committed, ledger, start, watermarks }: PositionFacts): number {
  if (committed !== null) return committed
  if (ledger !== null) return ledger.next
  return start === 'earliest' ? watermarks.low : watermarks.high
}

/** `topic`, `topic@1`, `topic@2` …: no topic has an @ in its name. */
export function nextStream(topic: string, stream: string): string {
  const generation = stream === topic ? 0 : Number(stream.slice(topic.length + 1))
  return `${topic}@${generation + 1}`
}
