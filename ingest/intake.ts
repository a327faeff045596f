import type { Clock } from '../core/clock.ts'
import { AppError } from '../core/errors.ts'
import type { RejectReason } from '../core/names.ts'
import { uuidV7 } from '../core/uuid.ts'
import { commitBatch, type CommitDeps } from './commit.ts'
import { recordText } from './formats/bounded-json.ts'
import { isText, linesOf, nativeRecords, type RawRecord } from './formats/native.ts'
import { GroupCommit, type BatchLimits } from './group-commit.ts'
import type { MessageReader } from './message-reader.ts'
import type { OpenBatch } from './open-batch.ts'
import { readingTime } from './reading-time.ts'
import type { RecordReader } from './record-reader.ts'
import type { Origin } from './segment.ts'
import { fallbackIds, type Delivery } from './validate.ts'

export interface IntakeRequest {
  readonly body: Buffer
  readonly idempotencyKey: string | null
  readonly backfill: boolean
  readonly models: readonly string[] | null
  /** When it arrived, epoch ms, where that was not now: a dead letter is sent in again. */
  readonly receivedAt?: number
  /** Id of the first record, where it brings none and was given one before. */
  readonly fallbackId?: string
  readonly format?: MessageFormat | undefined
}

/** A wire format that is not the native one: the name of a decoding, and the headers it looks at. */
export interface MessageFormat {
  readonly decoding: string
  readonly headers: ReadonlyMap<string, string>
  /** Each line of the body is a message of its own. */
  readonly lines: boolean
}

export interface IntakeAnswer {
  readonly accepted: number
  readonly rejected: { index: number; reason: RejectReason; detail: string }[]
}

export interface IntakeLimits extends BatchLimits {
  readonly eventBytes: number
  /** Bytes received and not yet acknowledged; beyond it requests are answered 429. */
  readonly queueBytes: number
}

export interface IntakeDeps extends CommitDeps {
  readonly reader: RecordReader
  readonly messages: MessageReader
  readonly limits: IntakeLimits
}

/**
 * Events over HTTP, committed in groups. What exceeds `queueBytes` is refused with 429 rather than
 * held.
 */
export class Intake {
  readonly #deps: IntakeDeps
  readonly #clock: Clock
  // Offsets of this process's life: a stream of its own in the ledger, from 0 without a hole.
  readonly #origin: Origin = { source: 'http', topic: uuidV7(Date.now()), partition: 0 }
  readonly #group: GroupCommit
  #nextOffset = 0
  #queuedBytes = 0

  constructor(deps: IntakeDeps) {
    this.#deps = deps
    this.#clock = deps.clock
    this.#group = new GroupCommit({
      clock: deps.clock,
      limits: deps.limits,
      write: (batch) => this.#write(batch),
    })
  }

  /** Resolves once everything accepted is durable. Throws INGEST_OVERLOADED or STORE_UNAVAILABLE: then send all of it again. */
  async receive(request: IntakeRequest): Promise<IntakeAnswer> {
    const { length } = request.body
    if (this.#queuedBytes > 0 && this.#queuedBytes + length > this.#deps.limits.queueBytes) {
      this.#deps.events.refused(this.#queuedBytes)
      throw new AppError('INGEST_OVERLOADED', 'the ingest queue is full', {
        details: { retryAfterSeconds: 1 },
      })
    }
    this.#account(length)
    try {
      const { result, durable } = await this.#group.add((batch) => this.#read(request, batch))
      await durable
      return result
    } finally {
      this.#account(-length)
    }
  }

  /** Commits what is open and answers everybody; refuses what comes after. */
  close(): Promise<void> {
    return this.#group.close()
  }

  #account(bytes: number): void {
    this.#queuedBytes += bytes
    this.#deps.events.queued(this.#queuedBytes)
  }

  async #read(request: IntakeRequest, batch: OpenBatch): Promise<IntakeAnswer> {
    // A batch is one segment here; which offsets it has is known when it is written.
    if (batch.segments.length === 0) batch.enter(this.#origin, 0)
    batch.traces.addActive()
    const delivery = this.#deliveryOf(request)
    return request.format === undefined
      ? this.#readNative(request.body, delivery, batch)
      : this.#readMessages(request.body, { delivery, format: request.format }, batch)
  }

  async #readNative(body: Buffer, delivery: Delivery, batch: OpenBatch): Promise<IntakeAnswer> {
    if (!isText(body)) {
      throw new AppError(
        'REQUEST_INVALID',
        'the body is not valid UTF-8: send UTF-8 and say so in Content-Type',
      )
    }
    const rejected: IntakeAnswer['rejected'] = []
    const pause = readingTime(this.#clock)
    let index = 0
    for (const record of nativeRecords(body)) {
      batch.next()
      const result = this.#deps.reader.read(record, index, batch, delivery)
      const refusal = result instanceof Promise ? await result : result
      if (refusal !== null) {
        const raw = this.#rawOf(record)
        const original = { raw, headers: '', decoding: '', timestamp: delivery.receivedAt }
        batch.refuse(refusal, { ...original, fallbackId: delivery.fallbackId(index) })
        rejected.push({ index, reason: refusal.reason, detail: refusal.detail })
      }
      batch.done()
      index++
      const others = pause()
      if (others !== null) await others
    }
    return { accepted: index - rejected.length, rejected }
  }

  async #readMessages(
    body: Buffer,
    { delivery, format }: { delivery: Delivery; format: MessageFormat },
    batch: OpenBatch,
  ): Promise<IntakeAnswer> {
    const rejected: IntakeAnswer['rejected'] = []
    const pause = readingTime(this.#clock)
    const { decoding, headers } = format
    let accepted = 0
    let index = 0
    let messages = 0
    for (const value of format.lines ? linesOf(body) : [body]) {
      batch.next()
      const first = index
      const message = { value, headers, timestamp: delivery.receivedAt, topic: '' }
      const numbered = { ...delivery, fallbackId: fallbackIds(delivery.fallbackId(messages++)) }
      const outcome = await this.#deps.messages.read(
        { message, decoding, delivery: numbered },
        batch,
      )
      batch.done()
      for (const { index: at, reason, detail } of outcome.refused)
        rejected.push({ index: first + at, reason, detail })
      accepted += outcome.accepted
      index += Math.max(1, outcome.accepted + outcome.refused.length)
      const others = pause()
      if (others !== null) await others
    }
    return { accepted, rejected }
  }

  #rawOf(record: RawRecord): Buffer {
    return Buffer.from(recordText(record) ?? '').subarray(0, this.#deps.limits.eventBytes)
  }

  #deliveryOf({ idempotencyKey, backfill, models, ...request }: IntakeRequest): Delivery {
    const receivedAt = request.receivedAt ?? this.#clock.now()
    return {
      receivedAt,
      backfill,
      models: models === null ? null : new Set(models),
      fallbackId:
        request.fallbackId !== undefined
          ? fallbackIds(request.fallbackId)
          : (index) =>
              idempotencyKey === null ? uuidV7(receivedAt) : `${idempotencyKey}#${index}`,
    }
  }

  /** A batch that is given up leaves no hole: the next one takes its offsets. */
  async #write(batch: OpenBatch): Promise<void> {
    const [segment] = batch.segments
    if (segment !== undefined) segment.first = this.#nextOffset
    try {
      await commitBatch(this.#deps, batch)
      this.#nextOffset += batch.places
    } catch (error) {
      this.#deps.events.abandoned(batch.places, error)
      throw error
    }
  }
}
