import type { Clock } from '../core/clock.ts'
import { AppError } from '../core/errors.ts'
import type { Store } from '../store/client.ts'
import { changedHalt, insertPartitionHalt } from '../store/insert-partition-halt.ts'
import { partitionHaltOf } from '../store/queries/partition-halt-of.ts'
import type { PartitionHalt, PartitionName } from '../store/queries/partition-halts-row.ts'
import type { HaltEvents } from './halt-events.ts'
import { judge, watching, type GuardState, type Verdict } from './partition-guard.ts'
import { exceededLimit, inWindow, type RejectLimits } from './reject-guard.ts'
import type { Rejection } from './rejection.ts'
import type { PartitionSlice } from './sources/partition-slice.ts'

export interface PartitionHaltsDeps {
  readonly store: Pick<Store, 'query' | 'command'>
  readonly clock: Clock
  readonly limits: RejectLimits
  readonly events: HaltEvents
}

/** Where and why a partition is halted: what the table says of it, but for its times. */
export type Halting = Pick<
  PartitionHalt,
  'offset' | 'exceeded' | 'reason' | 'detail' | 'refused' | 'seen'
>

/** What this process knows of one partition. */
export class PartitionWatch {
  readonly name: PartitionName
  guard: GuardState = watching
  /** Behind the last message that was judged. */
  judged = 0
  /** Behind the last slice that was offered; null before the first. */
  offered: number | null = null
  /** Monotonic, ms. */
  offeredAt = 0
  /** Nothing is taken until it is released. */
  halted = false
  /** The halt in force, as it is stored. */
  halt: PartitionHalt | null = null
  #last: Promise<void> = Promise.resolve()

  constructor(name: PartitionName) {
    this.name = name
  }

  /** Slices are put into batches in the order they came, however long each takes to decode. */
  takeTurn(): { readonly before: Promise<void>; readonly done: () => void } {
    const before = this.#last
    let done = (): void => undefined
    this.#last = new Promise((resolve) => {
      done = resolve
    })
    return { before, done }
  }
}

// A partition that has not been offered for so long has gone to another instance.
const goneMs = 120_000

/**
 * Keeps a bad deployment from becoming dead letters as a whole: a partition of which too much is
 * refused is halted, nothing of it is taken any more, and the table says where and why. What this
 * process remembers of a partition is looked up again whenever it may have been elsewhere meanwhile.
 */
export class PartitionHalts {
  readonly #deps: PartitionHaltsDeps
  readonly #watches = new Map<string, PartitionWatch>()

  constructor(deps: PartitionHaltsDeps) {
    this.#deps = deps
    deps.events.observe(() => this.#halted())
  }

  watchOf({ source, stream, partition }: PartitionSlice): PartitionWatch {
    const key = `${source}/${stream}/${partition}`
    let watch = this.#watches.get(key)
    if (watch === undefined) {
      watch = new PartitionWatch({ source, topic: stream, partition })
      this.#watches.set(key, watch)
    }
    return watch
  }

  /** Throws PARTITION_HALTED while it is halted and nobody has released it, else what the store throws. */
  async admit(watch: PartitionWatch, { first, last }: PartitionSlice): Promise<void> {
    watch.offeredAt = this.#deps.clock.monotonic()
    const known = !watch.halted && watch.offered === first
    watch.offered = last + 1
    if (known) return
    const [found] = await this.#deps.store.query(partitionHaltOf(watch.name))
    if (watch.halted) this.#leave(watch, found)
    watch.halt = found === undefined || found.state === 'resumed' ? null : found
    // The same slice once more goes on counting where it began.
    const same = watch.guard.mode === 'watching' && first === watch.judged
    if (watch.halt !== null || !same) watch.guard = guardOf(watch.halt)
  }

  #leave(watch: PartitionWatch, found: PartitionHalt | undefined): void {
    if (found === undefined || found.state === 'halted') throw haltedError(watch)
    if (found.state === 'released') this.#deps.events.released(found)
    watch.halted = false
  }

  /** What is to become of a message; `refused` null where it is accepted. */
  judge(watch: PartitionWatch, offset: number, refused: Rejection | null): Verdict {
    const message = { offset, refused: refused !== null }
    const { verdict, next } = judge(this.#deps.limits, watch.guard, message)
    watch.guard = next
    watch.judged = offset + 1
    return verdict
  }

  /** Halts it at an offset, for this process at once; `settle` tells the others. */
  halt(watch: PartitionWatch, offset: number, { reason, detail }: Rejection): Halting {
    watch.halted = true
    const { limits } = this.#deps
    // One that only tried again has counted nothing new.
    if (watch.halt !== null && watch.guard.mode === 'trying')
      return { ...watch.halt, offset, reason, detail }
    const { counts } = watch.guard
    const exceeded = exceededLimit(limits, counts) ?? 'ratio'
    const { refused, seen } =
      exceeded === 'run' ? { refused: counts.run, seen: counts.run } : inWindow(limits, counts)
    return { offset, exceeded, reason, detail, refused, seen }
  }

  /**
   * Stores what has become of the partition, once everything before it is durable. Throws
   * PARTITION_HALTED if it is halted, else what the store throws.
   */
  async settle(watch: PartitionWatch, halting: Halting | null): Promise<void> {
    const { clock, events } = this.#deps
    const { halt } = watch
    if (halting !== null) {
      // Found again where it was: writing it anew could undo a release that came meanwhile.
      if (halt?.state !== 'halted' || halt.offset !== halting.offset) {
        const now = clock.now()
        const changedAt = Math.max(now, (halt?.changedAt ?? 0) + 1)
        await this.#store(watch, {
          ...watch.name,
          ...halting,
          state: 'halted',
          releasedBy: '',
          haltedAt: now,
          changedAt,
        })
      }
      if (watch.halt !== null) events.halted(watch.halt)
      throw haltedError(watch)
    }
    if (halt === null || watch.guard.mode !== 'watching') return
    await this.#store(watch, changedHalt(halt, { state: 'resumed' }, clock.now()))
    watch.halt = null
    events.resumed(halt)
  }

  async #store(watch: PartitionWatch, halt: PartitionHalt): Promise<void> {
    await insertPartitionHalt(this.#deps.store, halt)
    watch.halt = halt
  }

  #halted(): PartitionName[] {
    const since = this.#deps.clock.monotonic() - goneMs
    return [...this.#watches.values()]
      .filter(({ halted, offeredAt }) => halted && offeredAt >= since)
      .map(({ name }) => name)
  }
}

function guardOf(halt: PartitionHalt | null): GuardState {
  if (halt === null) return watching
  const mode = halt.state === 'released' ? 'released' : 'trying'
  return { ...watching, mode, from: halt.offset }
}

export function haltedError({ name, halt }: PartitionWatch): AppError {
  const { topic, partition, source } = name
  const where = halt === null ? '' : ` at offset ${halt.offset}: ${halt.reason}, ${halt.detail}`
  return new AppError(
    'PARTITION_HALTED',
    `${source}, ${topic}, partition ${partition} is halted${where}`,
    { details: { source, topic, partition } },
  )
}
