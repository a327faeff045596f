import type { Clock } from '../core/clock.ts'
import { commitBatch, type CommitDeps } from './commit.ts'
import type { Decoded } from './formats/decoder.ts'
import { GroupCommit, type BatchLimits } from './group-commit.ts'
import type { MessageReader, MessageToRead } from './message-reader.ts'
import type { OpenBatch } from './open-batch.ts'
import { readingTime } from './reading-time.ts'
import { fallbackIds } from './validate.ts'
import type { OffsetMessage, PartitionSlice, SliceSink } from './sources/partition-slice.ts'

export interface SliceIntakeDeps extends CommitDeps {
  readonly messages: MessageReader
  readonly limits: BatchLimits
}

interface DecodedMessage {
  readonly offset: number
  readonly to: MessageToRead
  readonly decoded: Decoded
}

/**
 * Slices of partitions, committed in groups: what several partitions bring shares its inserts. A slice
 * is decoded before it queues, so that a schema registry that is away holds up its own partition only,
 * and partitions take turns slice by slice, so that a busy one holds up nobody for longer than that.
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

  async receive(slice: PartitionSlice): Promise<void> {
    const messages = await this.#decode(slice)
    const { durable } = await this.#group.add((batch) => this.#put(slice, messages, batch))
    await durable
  }

  /** Commits what is open; refuses what comes after. */
  close(): Promise<void> {
    return this.#group.close()
  }

  async #decode(slice: PartitionSlice): Promise<DecodedMessage[]> {
    const pause = readingTime(this.#clock)
    const messages: DecodedMessage[] = []
    for (const message of slice.messages) {
      const to = toRead(message, slice, this.#clock.now())
      const decoded = this.#deps.messages.decode(to)
      messages.push({
        offset: message.offset,
        to,
        decoded: decoded instanceof Promise ? await decoded : decoded,
      })
      const yielded = pause()
      if (yielded !== null) await yielded
    }
    return messages
  }

  async #put(
    slice: PartitionSlice,
    messages: readonly DecodedMessage[],
    batch: OpenBatch,
  ): Promise<void> {
    const { source, stream, partition, first, last } = slice
    const pause = readingTime(this.#clock)
    const why = slice.absent === 'retention' ? 'lost' : 'absent'
    const segment = batch.enter({ source, topic: stream, partition }, first)
    for (const { offset, to, decoded } of messages) {
      const next = segment.last + 1
      if (offset > next) batch.pass(offset - next, why)
      batch.next()
      const outcome = this.#deps.messages.put(decoded, to, batch)
      if (outcome instanceof Promise) await outcome
      batch.done()
      const yielded = pause()
      if (yielded !== null) await yielded
    }
    if (last > segment.last) batch.pass(last - segment.last, why)
  }
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
      fallbackId: fallbackIds(`${stream}:${partition}:${message.offset}`),
    },
  }
}
