import type { Clock } from '../core/clock.ts'
import { AppError } from '../core/errors.ts'
import { createTurns } from '../core/turns.ts'
import { OpenBatch } from './open-batch.ts'

export interface BatchLimits {
  readonly batchRows: number
  readonly batchBytes: number
  /** Least time a batch stays open for others to join, ms. */
  readonly batchWaitMs: number
  readonly maxInsertsPerSecond: number
}

interface GroupCommitDeps {
  readonly clock: Pick<Clock, 'monotonic'>
  readonly limits: BatchLimits
  /** Makes a batch durable. Throws where it had to be given up. */
  readonly write: (batch: OpenBatch) => Promise<void>
}

interface Waiter {
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/** What a sender gets once its messages are read: they are durable once `durable` resolves. */
export interface Reading<T> {
  readonly result: T
  /** Rejects with what gave the batch up. */
  readonly durable: Promise<void>
}

/**
 * Group commit: what senders bring while a batch is open shares its inserts, and each is answered when
 * its own messages are durable. At most one batch is being written while the next one fills.
 */
export class GroupCommit {
  readonly #deps: GroupCommitDeps
  readonly #inTurn = createTurns()
  #open: OpenBatch | null = null
  #waiters: Waiter[] = []
  #committing: Promise<void> | null = null
  #reading = false
  #timer: NodeJS.Timeout | undefined
  #closed = false

  constructor(deps: GroupCommitDeps) {
    this.#deps = deps
  }

  /**
   * Has `read` put messages into the open batch, sender by sender in the order they came; waits while
   * the batch is full and another is being written: that is where a slow store is felt.
   */
  async add<T>(read: (batch: OpenBatch) => Promise<T>): Promise<Reading<T>> {
    if (this.#closed) throw new AppError('SHUTTING_DOWN', 'the service is stopping')
    return this.#inTurn(() => this.#read(read))
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

  async #read<T>(read: (batch: OpenBatch) => Promise<T>): Promise<Reading<T>> {
    while (this.#committing !== null && this.#isFull()) await this.#committing
    const batch = (this.#open ??= new OpenBatch(this.#deps.clock.monotonic()))
    this.#reading = true
    try {
      const result = await read(batch)
      const durable = new Promise<void>((resolve, reject) =>
        this.#waiters.push({ resolve, reject }),
      )
      // Nobody may be listening yet when it fails.
      durable.catch(() => undefined)
      return { result, durable }
    } finally {
      this.#reading = false
      this.#schedule()
    }
  }

  #isFull(): boolean {
    const { batchRows, batchBytes } = this.#deps.limits
    return this.#open !== null && (this.#open.places >= batchRows || this.#open.bytes >= batchBytes)
  }

  /** With many active models a batch is many inserts, so it stays open for longer. */
  #waitMs(batch: OpenBatch): number {
    const { batchWaitMs, maxInsertsPerSecond } = this.#deps.limits
    return Math.max(batchWaitMs, ((batch.events.size + 1) / maxInsertsPerSecond) * 1000)
  }

  #schedule(): void {
    clearTimeout(this.#timer)
    if (this.#open === null || this.#committing !== null || this.#reading) return
    const due = this.#open.openedAt + this.#waitMs(this.#open) - this.#deps.clock.monotonic()
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

  async #write(batch: OpenBatch, waiters: readonly Waiter[]): Promise<void> {
    try {
      if (batch.places > 0) await this.#deps.write(batch)
      for (const { resolve } of waiters) resolve()
    } catch (error) {
      for (const { reject } of waiters) reject(error)
    }
  }
}
