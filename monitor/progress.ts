import type { LedgerTouch } from '../store/queries/ledger-touches.ts'

export interface ProgressOptions {
  /** Base window first, then the wider ones, each a multiple of it, ms. */
  readonly windowsMs: readonly number[]
  readonly latenessMs: number
  /** Least silence after which a partition is idle, ms; the lateness counts where it is longer. */
  readonly idleMs: number
}

interface PartitionClock {
  readonly maxEventTime: number
  /** When its newest batch was written, wall time. */
  readonly seenAt: number
}

/**
 * Which windows of one model still have to be computed, told by the ledger alone. A window is
 * pending from the first batch that touched it until it has been evaluated; it is due once the
 * watermark has passed its end. A batch that touches a window again makes it pending again, however
 * old it is. Times are epoch ms.
 */
export class ModelProgress {
  readonly #options: ProgressOptions
  readonly #partitions = new Map<string, PartitionClock>()
  /** By width: window start → when the oldest batch that still waits for it was written. */
  readonly #pending: readonly Map<number, number>[]

  constructor(options: ProgressOptions) {
    this.#options = options
    this.#pending = options.windowsMs.map(() => new Map<number, number>())
  }

  observe(touch: LedgerTouch): void {
    if (touch.rows > 0) {
      const clock = this.#partitions.get(touch.partition)
      this.#partitions.set(touch.partition, {
        maxEventTime: Math.max(clock?.maxEventTime ?? Number.NEGATIVE_INFINITY, touch.maxEventTime),
        seenAt: Math.max(clock?.seenAt ?? Number.NEGATIVE_INFINITY, touch.insertedAt),
      })
    }
    for (const window of touch.windows) {
      this.#options.windowsMs.forEach((width, i) => {
        const start = Math.floor(window / width) * width
        const waiting = this.#pending[i]
        const since = waiting?.get(start)
        if (since === undefined || touch.insertedAt < since) waiting?.set(start, touch.insertedAt)
      })
    }
  }

  /**
   * Everything before this instant of event time is taken to have arrived: the least, over the
   * partitions that were active within `lateness` (or `idleMs`) of wall time, of the greatest event time, less
   * the lateness. With no active partition the source is idle and nothing is worth waiting for.
   */
  watermark(now: number): number {
    const idleMs = Math.max(this.#options.latenessMs, this.#options.idleMs)
    let least = Number.POSITIVE_INFINITY
    for (const { maxEventTime, seenAt } of this.#partitions.values()) {
      if (seenAt >= now - idleMs) least = Math.min(least, maxEventTime)
    }
    return least - this.#options.latenessMs
  }

  /** Starts of the windows of one width that are pending and closed, oldest first. */
  due(widthMs: number, now: number): number[] {
    const watermark = this.watermark(now)
    const waiting = this.#pending[this.#options.windowsMs.indexOf(widthMs)]
    return [...(waiting?.keys() ?? [])]
      .filter((start) => start + widthMs <= watermark)
      .sort((a, b) => a - b)
  }

  /** These windows of one width have been evaluated with all that was observed so far. */
  done(widthMs: number, starts: readonly number[]): void {
    const waiting = this.#pending[this.#options.windowsMs.indexOf(widthMs)]
    for (const start of starts) waiting?.delete(start)
  }

  get isIdle(): boolean {
    return this.#pending.every((waiting) => waiting.size === 0)
  }

  pendingCount(widthMs: number): number {
    return this.#pending[this.#options.windowsMs.indexOf(widthMs)]?.size ?? 0
  }

  /** From where the ledger must be read again after a restart, so that no pending window is forgotten. */
  oldestPending(): number {
    let oldest = Number.POSITIVE_INFINITY
    for (const waiting of this.#pending) {
      for (const since of waiting.values()) oldest = Math.min(oldest, since)
    }
    return oldest
  }
}
