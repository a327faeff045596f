import { setImmediate as nextTurn } from 'node:timers/promises'
import { AppError } from '../core/errors.ts'
import type { Clock } from '../core/clock.ts'
import type { RejectReason } from '../core/names.ts'
import { createTurns } from '../core/turns.ts'
import { uuidV7 } from '../core/uuid.ts'
import { commitBatch, type CommitDeps } from './commit.ts'
import { isText, nativeRecords } from './formats/native.ts'
import { OpenBatch } from './open-batch.ts'
import type { RecordReader } from './record-reader.ts'
import type { Delivery } from './validate.ts'

export interface IntakeRequest {
  readonly body: Buffer
  readonly idempotencyKey: string | null
  readonly backfill: boolean
  readonly models: readonly string[] | null
  /** When it arrived, epoch ms, where that was not now: a dead letter is sent in again. */
  readonly receivedAt?: number
}

export interface IntakeAnswer {
  readonly accepted: number
  readonly rejected: { index: number; reason: RejectReason; detail: string }[]
}

export interface IntakeLimits {
  readonly batchRows: number
  readonly batchBytes: number
  /** Least time a batch stays open for others to join, ms. */
  readonly batchWaitMs: number
  /** Bytes received and not yet acknowledged; beyond it requests are answered 429. */
  readonly queueBytes: number
  readonly maxInsertsPerSecond: number
}

interface Waiter {
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/** How long reading may keep the event loop to itself, ms. */
const sliceMs = 10

/**
 * Group commit for requests over HTTP: what arrives while a batch is open shares its inserts, and
 * each sender is answered when its own rows are durable. At most one batch is being written while
 * the next one fills; what exceeds `queueBytes` is refused with 429 rather than held.
 */
export class Intake {
  readonly #deps: CommitDeps & { reader: RecordReader; limits: IntakeLimits }
  readonly #clock: Clock
  // Offsets of this process's life: a stream of its own in the ledger, from 0 without a hole.
  readonly #origin = { source: 'http', topic: uuidV7(Date.now()), partition: 0 }
  readonly #inTurn = createTurns()
  #nextOffset = 0
  #open: OpenBatch | null = null
  #waiters: Waiter[] = []
  #committing: Promise<void> | null = null
  #reading = false
  #queuedBytes = 0
  #timer: NodeJS.Timeout | undefined
  #closed = false

  constructor(deps: CommitDeps & { reader: RecordReader; limits: IntakeLimits }) {
    this.#deps = deps
    this.#clock = deps.clock
  }

  /** Resolves once everything accepted is durable. Throws INGEST_OVERLOADED or STORE_UNAVAILABLE: then send all of it again. */
  async receive(request: IntakeRequest): Promise<IntakeAnswer> {
    if (this.#closed) throw new AppError('SHUTTING_DOWN', 'the service is stopping')
    const { length } = request.body
    if (this.#queuedBytes > 0 && this.#queuedBytes + length > this.#deps.limits.queueBytes) {
      this.#deps.events.refused(this.#queuedBytes)
      throw new AppError('INGEST_OVERLOADED', 'the ingest queue is full', {
        details: { retryAfterSeconds: 1 },
      })
    }
    this.#account(length)
    try {
      const { answer, durable } = await this.#inTurn(() => this.#read(request))
      await durable
      return answer
    } finally {
      this.#account(-length)
    }
  }

  /** Commits what is open and answers everybody; refuses what comes after. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#inTurn(async () => undefined)
    while (this.#open !== null || this.#committing !== null) {
      if (this.#committing === null) this.#commit()
      await this.#committing
    }
  }

  #account(bytes: number): void {
    this.#queuedBytes += bytes
    this.#deps.events.queued(this.#queuedBytes)
  }

  async #read(request: IntakeRequest): Promise<{ answer: IntakeAnswer; durable: Promise<void> }> {
    // The open batch is full and another is being written: this is where a slow store is felt.
    while (this.#committing !== null && this.#isFull()) await this.#committing
    const batch = (this.#open ??= new OpenBatch(this.#clock.monotonic()))
    const before = batch.records
    this.#reading = true
    try {
      const rejected = await this.#readAll(request, batch)
      const durable = new Promise<void>((resolve, reject) =>
        this.#waiters.push({ resolve, reject }),
      )
      // Nobody may be listening yet when it fails.
      durable.catch(() => undefined)
      return { answer: { accepted: batch.records - before - rejected.length, rejected }, durable }
    } finally {
      this.#reading = false
      this.#schedule()
    }
  }

  async #readAll(request: IntakeRequest, batch: OpenBatch): Promise<IntakeAnswer['rejected']> {
    const delivery = this.#deliveryOf(request)
    const rejected: IntakeAnswer['rejected'] = []
    let sliceEnd = this.#clock.monotonic() + sliceMs
    let index = 0
    for (const record of nativeRecords(request.body)) {
      const result = this.#deps.reader.read(record, index, batch, delivery)
      const rejection = result instanceof Promise ? await result : result
      if (rejection !== null)
        rejected.push({ index, reason: rejection.reason, detail: rejection.detail })
      index++
      if ((index & 127) === 0 && this.#clock.monotonic() > sliceEnd) {
        await nextTurn()
        sliceEnd = this.#clock.monotonic() + sliceMs
      }
    }
    return rejected
  }

  #deliveryOf(request: IntakeRequest): Delivery {
    const { body, idempotencyKey, backfill, models } = request
    if (!isText(body)) {
      throw new AppError(
        'REQUEST_INVALID',
        'the body is not valid UTF-8: send UTF-8 and say so in Content-Type',
      )
    }
    const receivedAt = request.receivedAt ?? this.#clock.now()
    return {
      receivedAt,
      backfill,
      models: models === null ? null : new Set(models),
      fallbackId: (index) =>
        idempotencyKey === null ? uuidV7(receivedAt) : `${idempotencyKey}#${index}`,
    }
  }

  #isFull(): boolean {
    const { batchRows, batchBytes } = this.#deps.limits
    return (
      this.#open !== null && (this.#open.records >= batchRows || this.#open.bytes >= batchBytes)
    )
  }

  /** With many active models a batch is many inserts, so it stays open for longer. */
  #waitMs(batch: OpenBatch): number {
    const { batchWaitMs, maxInsertsPerSecond } = this.#deps.limits
    return Math.max(batchWaitMs, ((batch.events.size + 1) / maxInsertsPerSecond) * 1000)
  }

  #schedule(): void {
    clearTimeout(this.#timer)
    if (this.#open === null || this.#committing !== null || this.#reading) return
    const due = this.#open.openedAt + this.#waitMs(this.#open) - this.#clock.monotonic()
    if (due <= 0 || this.#isFull()) this.#commit()
    else
      this.#timer = setTimeout(() => {
        this.#schedule()
      }, due)
  }

  #commit(): void {
    const batch = this.#open
    const waiters = this.#waiters
    if (batch === null) return
    this.#open = null
    this.#waiters = []
    this.#committing = this.#write(batch, waiters).finally(() => {
      this.#committing = null
      this.#schedule()
    })
  }

  /** A batch that is given up leaves no hole: the next one takes its offsets. */
  async #write(batch: OpenBatch, waiters: readonly Waiter[]): Promise<void> {
    try {
      if (batch.records > 0) await commitBatch(this.#deps, batch, this.#origin, this.#nextOffset)
      this.#nextOffset += batch.records
      for (const { resolve } of waiters) resolve()
    } catch (error) {
      this.#deps.events.abandoned(batch.records, error)
      for (const { reject } of waiters) reject(error)
    }
  }
}
