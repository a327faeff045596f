import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from '../../core/clock.ts'
import { AppError } from '../../core/errors.ts'
import type { KafkaEvents } from './kafka-events.ts'
import type { OwnedPartition } from './kafka-owned-partition.ts'
import type { GroupSession } from './kafka-ports.ts'

export interface CommitsDeps {
  readonly cluster: string
  readonly clock: Clock
  readonly events: KafkaEvents
  readonly retryMs: number
  readonly failed: (error: unknown) => void
}

// What several partitions have stored within this time goes into one request.
const gatherMs = 100

/** Commits what is stored, of several partitions at once, one request at a time. */
export class Commits {
  readonly #deps: CommitsDeps
  #session: GroupSession | null = null
  #signal = AbortSignal.abort()
  #waiting = new Set<OwnedPartition>()
  #running: Promise<void> | null = null

  constructor(deps: CommitsDeps) {
    this.#deps = deps
  }

  /** A new generation: what the last one had not committed belongs to others now. */
  begin(session: GroupSession, signal: AbortSignal): void {
    this.#session = session
    this.#signal = signal
    this.#waiting = new Set()
  }

  soon(owned: OwnedPartition): void {
    this.#waiting.add(owned)
    this.#running ??= this.#run().finally(() => {
      this.#running = null
    })
  }

  /** Resolves when everything these partitions have stored is committed, or their generation over. */
  async flush(partitions: readonly OwnedPartition[]): Promise<void> {
    for (const owned of partitions) if (owned.uncommitted !== null) this.soon(owned)
    await this.#running
  }

  async #run(): Promise<void> {
    let waitMs = gatherMs
    while (this.#waiting.size > 0) {
      await sleep(waitMs)
      const partitions = [...this.#waiting]
      this.#waiting = new Set()
      const done = await this.#commit(partitions)
      if (done) waitMs = gatherMs
      else {
        waitMs = this.#deps.retryMs
        if (!this.#signal.aborted) for (const owned of partitions) this.#waiting.add(owned)
      }
    }
  }

  /** True unless it is to be tried again. */
  async #commit(partitions: readonly OwnedPartition[]): Promise<boolean> {
    const { cluster, clock, events, failed } = this.#deps
    const signal = this.#signal
    if (signal.aborted || this.#session === null) return true
    const positions = partitions.flatMap((owned) =>
      owned.uncommitted === null ? [] : [{ owned, ...owned.at, next: owned.uncommitted }],
    )
    if (positions.length === 0) return true
    const startedAt = clock.monotonic()
    try {
      await this.#session.commit(
        positions.map(({ topic, partition, next }) => ({ topic, partition, next })),
      )
    } catch (error) {
      if (isOver(signal)) return true
      if (!(error instanceof AppError && error.retryable)) {
        failed(error)
        return true
      }
      events.retried(cluster, 'commit', error)
      return false
    }
    events.committed(cluster, (clock.monotonic() - startedAt) / 1000)
    for (const { owned, next } of positions) owned.committed(next)
    return true
  }
}

/** As a function, since it changes while something is awaited. */
const isOver = (signal: AbortSignal): boolean => signal.aborted
