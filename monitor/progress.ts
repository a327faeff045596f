import type { LedgerTouch } from '../store/queries/ledger-touches.ts'
import { LabelBacklog } from './label-backlog.ts'

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

type Waiting = readonly Map<number, number>[]

/**
 * Which windows of one model still have to be computed, told by the ledger alone. A window is
 * pending from the first batch that touched it until it has been evaluated; it is due once the
 * watermark has passed its end. A batch that touches a window again makes it pending again, however
 * old it is. Labels name no windows: `labels` says which batches brought some, and once the windows of
 * their events are found, `labelled` waits for these in the same way. Times are epoch ms.
 */
export class ModelProgress {
  readonly #options: ProgressOptions
  readonly #partitions = new Map<string, PartitionClock>()
  /** By width: window start → when the oldest batch that still waits for it was written. */
  readonly #pending: Waiting
  readonly #labelled: Waiting
  readonly labels = new LabelBacklog()

  constructor(options: ProgressOptions) {
    this.#options = options
    this.#pending = options.windowsMs.map(() => new Map<number, number>())
    this.#labelled = options.windowsMs.map(() => new Map<number, number>())
  }

  observe(touch: LedgerTouch): void {
    if (touch.rows > 0) {
      const clock = this.#partitions.get(touch.partition)
      this.#partitions.set(touch.partition, {
        maxEventTime: Math.max(clock?.maxEventTime ?? Number.NEGATIVE_INFINITY, touch.maxEventTime),
        seenAt: Math.max(clock?.seenAt ?? Number.NEGATIVE_INFINITY, touch.insertedAt),
      })
    }
    if (touch.labels > 0) this.labels.add(touch.insertedAt, touch.labels)
    this.#wait(this.#pending, touch.windows, touch.insertedAt)
  }

  /** Labels of events in these base windows have come, in batches written at `since` or later. */
  observeLabelled(windows: readonly number[], since: number): void {
    this.#wait(this.#labelled, windows, since)
  }

  #wait(pending: Waiting, windows: readonly number[], at: number): void {
    for (const window of windows) {
      this.#options.windowsMs.forEach((width, i) => {
        const start = Math.floor(window / width) * width
        const waiting = pending[i]
        const since = waiting?.get(start)
        if (since === undefined || at < since) waiting?.set(start, at)
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
    return this.#closed(this.#pending, widthMs, now)
  }

  /** The same of windows to which labels have come. */
  dueLabelled(widthMs: number, now: number): number[] {
    return this.#closed(this.#labelled, widthMs, now)
  }

  #closed(pending: Waiting, widthMs: number, now: number): number[] {
    const watermark = this.watermark(now)
    const waiting = pending[this.#options.windowsMs.indexOf(widthMs)]
    return [...(waiting?.keys() ?? [])]
      .filter((start) => start + widthMs <= watermark)
      .sort((a, b) => a - b)
  }

  /** These windows of one width have been evaluated with all that was observed so far. */
  done(widthMs: number, starts: readonly number[]): void {
    this.#forget(this.#pending, widthMs, starts)
  }

  doneLabelled(widthMs: number, starts: readonly number[]): void {
    this.#forget(this.#labelled, widthMs, starts)
  }

  #forget(pending: Waiting, widthMs: number, starts: readonly number[]): void {
    const waiting = pending[this.#options.windowsMs.indexOf(widthMs)]
    for (const start of starts) waiting?.delete(start)
  }

  get isIdle(): boolean {
    const nothing = (waiting: ReadonlyMap<number, number>): boolean => waiting.size === 0
    return this.#pending.every(nothing) && this.#labelled.every(nothing) && this.labels.isEmpty
  }

  pendingCount(widthMs: number): number {
    return this.#pending[this.#options.windowsMs.indexOf(widthMs)]?.size ?? 0
  }

  /** From where the ledger must be read again after a restart, so that no pending window is forgotten. */
  oldestPending(): number {
    let oldest = this.labels.oldest
    for (const waiting of [...this.#pending, ...this.#labelled]) {
      for (const since of waiting.values()) oldest = Math.min(oldest, since)
    }
    return oldest
  }
}
