import type { PartitionFacts } from './kafka-events.ts'
import type { FetchedBatch, TopicPartition } from './kafka-ports.ts'
import { RunQueue, type Run, type SizedRun, type SliceLimits } from './kafka-queue.ts'
import type { Position } from './kafka-position.ts'
import type { PartitionSlice } from './partition-slice.ts'

/** How a topic is read. */
export interface ReadTopic {
  readonly decoding: string
  readonly backfill: boolean
  /** Where it begins if nobody knows it. */
  readonly start: 'earliest' | 'latest'
}

// Fetches of a healthy partition that has something to bring do not come up empty for as long.
const stuckMs = 2_000

/** A partition in the hands of this member, from the join of one generation to the next. */
export class OwnedPartition {
  readonly at: TopicPartition
  readonly topic: ReadTopic
  status: 'locating' | 'reading' | 'stopped' = 'locating'
  /** Not fetched because what was fetched waits. */
  paused = false
  /** The offset that the next message will get, as far as known. */
  high = 0
  #stream = ''
  #expected = 0
  #stored = 0
  #committed = 0
  readonly #queue = new RunQueue()
  #sent: { run: Run; stored: boolean }[] = []
  #sentBytes = 0
  #stuckSince: number | null = null
  #placed = false

  constructor(at: TopicPartition, topic: ReadTopic) {
    this.at = at
    this.topic = topic
  }

  /** The offset to be fetched next. */
  get expected(): number {
    return this.#expected
  }

  /** The first offset that is not stored. */
  get stored(): number {
    return this.#stored
  }

  /** The stored offset that the group does not know yet; null when it does. */
  get uncommitted(): number | null {
    return this.#stored > this.#committed ? this.#stored : null
  }

  get inFlight(): number {
    return this.#sent.length
  }

  get queuedBytes(): number {
    return this.#queue.bytes
  }

  get bufferedBytes(): number {
    return this.#queue.bytes + this.#sentBytes
  }

  /** Where this member itself has come to; null before it was placed. */
  get reached(): number | null {
    return this.#placed ? this.#stored : null
  }

  get idle(): boolean {
    return this.#queue.empty && this.#sent.length === 0
  }

  facts(): PartitionFacts {
    return {
      ...this.at,
      lag: Math.max(0, this.high - this.#stored),
      paused: this.paused,
      stopped: this.status === 'stopped',
    }
  }

  /** Reading goes on at this position; `committed` is what the group knows, null for nothing. */
  place({ stream, next, lost }: Position, committed: number | null): void {
    this.#stream = stream
    this.#expected = next
    this.#stored = lost?.first ?? next
    // One that is behind, or of a topic that is gone, is put right with the next commit.
    this.#committed = committed === this.#stored ? committed : -1
    if (lost !== null) this.#queue.push({ ...lost, messages: [], absent: 'retention' })
    this.#stuckSince = null
    this.#placed = true
    this.paused = false
    this.status = 'reading'
  }

  /** Answers the bytes that it takes. */
  take({ last, high, messages }: FetchedBatch): number {
    const before = this.#queue.bytes
    this.high = Math.max(this.high, high)
    this.#advance({ first: this.#expected, last, messages, absent: 'compaction' })
    return this.#queue.bytes - before
  }

  /** There is no message up to here. */
  skip(last: number): void {
    this.#advance({ first: this.#expected, last, messages: [], absent: 'compaction' })
  }

  #advance(run: Run): void {
    this.#queue.push(run)
    this.#expected = run.last + 1
    this.#stuckSince = null
  }

  next(limits: SliceLimits): SizedRun | null {
    const run = this.#queue.take(limits)
    if (run !== null) {
      this.#sent.push({ run, stored: false })
      this.#sentBytes += run.bytes
    }
    return run
  }

  sliceOf({ first, last, messages, absent }: Run, source: string): PartitionSlice {
    const { topic, partition } = this.at
    const { decoding, backfill } = this.topic
    const stream = this.#stream
    return { source, stream, topic, partition, first, last, messages, absent, decoding, backfill }
  }

  /** A slice is stored. True if there is more to commit than before: an earlier one may be missing. */
  settle(run: SizedRun): boolean {
    const sent = this.#sent.find((entry) => entry.run === run)
    if (sent !== undefined) sent.stored = true
    this.#sentBytes -= run.bytes
    const before = this.#stored
    while (this.#sent[0]?.stored === true) {
      this.#stored = this.#sent[0].run.last + 1
      this.#sent.shift()
    }
    return this.#stored > before
  }

  committed(next: number): void {
    this.#committed = next
  }

  /** From this run on nothing is to be stored any more. Answers the bytes that were queued behind it. */
  refuse(run: SizedRun): number {
    const { bytes } = this.#queue
    this.#queue.clear()
    const from = this.#sent.findIndex((entry) => entry.run === run)
    if (from >= 0) this.#sent.length = from
    return bytes
  }

  /** Whether the run was sent and still matters. */
  awaits(run: SizedRun): boolean {
    return this.#sent.some((entry) => entry.run === run && !entry.stored)
  }

  /** The same partition once more, from where it is stored, without what is on its way of this one. */
  again(): OwnedPartition {
    const again = new OwnedPartition(this.at, this.topic)
    again.#stored = this.#stored
    again.#placed = this.#placed
    again.high = this.high
    return again
  }

  /**
   * Whether a batch that cannot be unpacked is what keeps this partition where it is: it holds the
   * next offset, there is something to fetch, and nothing has come for a while.
   */
  isStuckAt(offsets: { first: number; last: number } | null, now: number): boolean {
    if (this.status !== 'reading' || this.paused || this.#expected >= this.high) return false
    const next = this.#expected
    if (offsets !== null && (next < offsets.first || next > offsets.last)) return false
    this.#stuckSince ??= now
    return now - this.#stuckSince >= stuckMs
  }
}
