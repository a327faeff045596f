import type { Clock } from '../core/clock.ts'
import { AppError } from '../core/errors.ts'
import { commitBatch, type CommitDeps } from './commit.ts'
import { GroupCommit, type BatchLimits } from './group-commit.ts'
import type { MessageOutcome, MessageReader, MessageToRead } from './message-reader.ts'
import type { OpenBatch } from './open-batch.ts'
import {
  haltedError,
  type Halting,
  type PartitionHalts,
  type PartitionWatch,
} from './partition-halts.ts'
import { readingTime } from './reading-time.ts'
import { fallbackIds } from './validate.ts'
import type { OffsetMessage, PartitionSlice, SliceSink } from './sources/partition-slice.ts'

export interface SliceIntakeDeps extends CommitDeps {
  readonly messages: MessageReader
  readonly limits: BatchLimits
  readonly halts: PartitionHalts
}

/** What was known of a partition before a slice of it was judged. */
type JudgedFrom = Pick<PartitionWatch, 'guard' | 'judged'>

/**
 * Slices of partitions, committed in groups: what several partitions bring shares its inserts. What
 * decoding needs is fetched before a slice queues, so that a schema registry that is away holds up its
 * own partition only, and partitions take turns slice by slice, so that a busy one holds up nobody for longer than that.
 */
export class SliceIntake implements SliceSink {
  readonly #deps: SliceIntakeDeps
  readonly #clock: Clock
  readonly #group: GroupCommit

  constructor(deps: SliceIntakeDeps) {
    this.#deps = deps
    this.#clock = deps.clock
    this.#group = new GroupCommit({
      clock: deps.clock,
      limits: deps.limits,
      write: (batch) => commitBatch(deps, batch),
    })
  }

  /** Throws PARTITION_HALTED too: what comes before the offset where it was halted is durable then. */
  async receive(slice: PartitionSlice): Promise<void> {
    const { halts } = this.#deps
    const watch = halts.watchOf(slice)
    const { before, done } = watch.takeTurn()
    try {
      await halts.admit(watch, slice)
      await this.#deps.messages.prepare(slice.decoding, slice.messages)
      await before
      const { result, durable } = await this.#group.add(async (batch) => {
        if (watch.halted) throw haltedError(watch)
        const start = { guard: watch.guard, judged: watch.judged }
        return { start, halting: await this.#put(slice, { batch, watch }) }
      })
      done()
      await this.#settle(watch, durable, result)
    } finally {
      done()
    }
  }

  /** Commits what is open; refuses what comes after. */
  close(): Promise<void> {
    return this.#group.close()
  }

  async #settle(
    watch: PartitionWatch,
    durable: Promise<void>,
    { start, halting }: { readonly start: JudgedFrom; readonly halting: Halting | null },
  ): Promise<void> {
    try {
      await durable
      await this.#deps.halts.settle(watch, halting)
    } catch (error) {
      if (!(error instanceof AppError && error.code === 'PARTITION_HALTED')) goBack(watch, start)
      throw error
    }
  }

  /** Decoded one by one as they are read: a whole slice in memory twice would outlive its usefulness. */
  #read(to: MessageToRead, batch: OpenBatch): MessageOutcome | Promise<MessageOutcome> {
    const { messages } = this.#deps
    const decoded = messages.decode(to)
    return decoded instanceof Promise
      ? decoded.then((late) => messages.put(late, to, batch))
      : messages.put(decoded, to, batch)
  }

  /** Answers where the partition is halted, if it is: what comes behind that is not in the batch. */
  async #put(
    slice: PartitionSlice,
    { batch, watch }: { readonly batch: OpenBatch; readonly watch: PartitionWatch },
  ): Promise<Halting | null> {
    const { source, stream, partition, first, last } = slice
    const { halts } = this.#deps
    const now = this.#clock.now()
    const pause = readingTime(this.#clock)
    const why = slice.absent === 'retention' ? 'lost' : 'absent'
    const segment = batch.enter({ source, topic: stream, partition }, first)
    for (const message of slice.messages) {
      const { offset } = message
      const next = segment.last + 1
      if (offset > next) batch.pass(offset - next, why)
      batch.next()
      batch.traces.add(message.headers.get('traceparent'))
      const put = this.#read(toRead(message, slice, now), batch)
      const { accepted, refused } = put instanceof Promise ? await put : put
      const [refusal = null] = refused
      const halted = halts.judge(watch, offset, refusal) === 'halt' && refusal !== null
      if (halted && accepted === 0) {
        batch.takeBack()
        return halts.halt(watch, offset, refusal)
      }
      batch.done()
      // Half of the message is stored: it stays, and what follows it does not come.
      if (halted) return halts.halt(watch, offset + 1, refusal)
      const yielded = pause()
      if (yielded !== null) await yielded
    }
    if (last > segment.last) batch.pass(last - segment.last, why)
    watch.judged = last + 1
    return null
  }
}

/** What was judged is not stored: it comes once more, and counts once. */
function goBack(watch: PartitionWatch, { guard, judged }: JudgedFrom): void {
  if (judged > watch.judged) return
  watch.guard = guard
  watch.judged = judged
  watch.halted = false
}

/** A record that brings no time, or one from the future, counts as sent now. */
function toRead(message: OffsetMessage, slice: PartitionSlice, now: number): MessageToRead {
  const { stream, partition, decoding, backfill } = slice
  return {
    message,
    decoding,
    delivery: {
      receivedAt: message.timestamp >= 0 ? Math.min(message.timestamp, now) : now,
      backfill,
      models: null,
      // Few messages need it.
      fallbackId: (index) => fallbackIds(`${stream}:${partition}:${message.offset}`)(index),
    },
  }
}
