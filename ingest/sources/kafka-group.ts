import { setTimeout as sleep } from 'node:timers/promises'
import { setMaxListeners } from 'node:events'
import type { Clock } from '../../core/clock.ts'
import { AppError } from '../../core/errors.ts'
import { Commits } from './kafka-commits.ts'
import type { KafkaEvents, PartitionFacts } from './kafka-events.ts'
import { locate, type LocateDeps } from './kafka-locate.ts'
import { OwnedPartition, type ReadTopic } from './kafka-owned-partition.ts'
import type {
  Assignment,
  DamagedBatch,
  FetchedBatch,
  GroupHandlers,
  GroupSession,
  TopicPartition,
} from './kafka-ports.ts'
import type { SizedRun, SliceLimits } from './kafka-queue.ts'
import type { SliceSink } from './partition-slice.ts'

export interface GroupOptions {
  readonly cluster: string
  readonly slice: SliceLimits
  /** Messages fetched and not yet stored, over all partitions. */
  readonly bufferBytes: number
  /** Slices on their way at once. */
  readonly concurrency: number
  /** Pause before something is tried again, ms. */
  readonly retryMs: number
  /** Pause before a partition that the sink has halted is offered to it again, ms. */
  readonly haltedMs: number
}

export interface GroupDeps extends Omit<LocateDeps, 'commit'> {
  readonly sink: SliceSink
  readonly clock: Clock
  readonly events: KafkaEvents
  /** How a topic is read. */
  readonly readTopic: (topic: string) => ReadTopic
  /** A bug or a refusal: this member cannot go on. */
  readonly failed: (error: unknown) => void
}

const slicesOfPartition = 8

/**
 * What one member of a group does with its partitions: finds where each stands, queues what is
 * fetched, hands slices to the sink in turn, and commits what the sink has stored. Fetching never
 * waits for the sink: a partition whose queue is full is paused instead, so that heartbeats go on for
 * as long as the store is away.
 *
 * A new generation starts all of it afresh. Slices of an earlier one that are still on their way are
 * not called back, and not committed either; what they stored is read once more and collapses.
 */
export class GroupMember implements GroupHandlers {
  readonly #options: GroupOptions
  readonly #deps: GroupDeps
  readonly #commits: Commits
  #session: GroupSession | null = null
  #epoch = 0
  #generation = new AbortController()
  #owned = new Map<string, OwnedPartition>()
  #turn: OwnedPartition[] = []
  #inFlight = 0
  #buffered = 0
  #draining = false
  #aliveAt: number
  #idle: (() => void)[] = []

  constructor(options: GroupOptions, deps: GroupDeps) {
    this.#options = options
    this.#deps = deps
    this.#aliveAt = deps.clock.monotonic()
    this.#commits = new Commits({ ...deps, cluster: options.cluster, retryMs: options.retryMs })
  }

  readonly joined = (session: GroupSession, assignment: Assignment): void => {
    this.#end()
    this.#session = session
    const generation = new AbortController()
    // Every slice that waits to be offered again listens; they are bounded by `concurrency`.
    setMaxListeners(0, generation.signal)
    this.#generation = generation
    this.#commits.begin(session, generation.signal)
    for (const [topic, partitions] of assignment) {
      for (const partition of partitions) {
        const owned = new OwnedPartition({ topic, partition }, this.#deps.readTopic(topic))
        this.#owned.set(keyOf(owned.at), owned)
        session.pause(owned.at)
      }
    }
    this.#turn = [...this.#owned.values()]
    const { cluster } = this.#options
    this.#deps.events.joined({ cluster, epoch: this.#epoch, partitions: this.#turn.length })
    if (!this.#draining) this.#inBackground(this.#locate(this.#turn, generation.signal))
  }

  readonly lost = (): void => {
    if (this.#owned.size > 0) this.#deps.events.lost(this.#options.cluster)
    this.#end()
  }

  readonly fetched = (batch: FetchedBatch): boolean => {
    const owned = this.#owned.get(keyOf(batch))
    if (owned?.status !== 'reading' || this.#draining) return false
    if (batch.fetched !== owned.expected) {
      // The client moved by itself: what it should have read is not there any more.
      this.#relocate(owned)
      return false
    }
    this.#buffered += owned.take(batch)
    if (this.#isFull(owned)) this.#pause(owned)
    this.#pump()
    return true
  }

  readonly skipped = (at: TopicPartition, last: number): void => {
    const owned = this.#owned.get(keyOf(at))
    if (owned?.status !== 'reading' || last < owned.expected) return
    owned.skip(last)
    this.#pump()
  }

  readonly damaged = ({ offsets, reason }: DamagedBatch): void => {
    const { cluster } = this.#options
    this.#deps.events.damaged({ cluster, reason, first: offsets?.first ?? null })
    for (const owned of this.#turn) {
      if (!owned.isStuckAt(offsets, this.#deps.clock.monotonic())) continue
      const { topic, partition } = owned.at
      const message = `${topic}, partition ${partition}, offset ${owned.expected}: a batch cannot be unpacked (${reason})`
      this.#stop(owned, new AppError('KAFKA_BATCH_UNREADABLE', message))
      this.#pump()
    }
  }

  readonly alive = (): void => {
    this.#aliveAt = this.#deps.clock.monotonic()
  }

  readonly believed = (): void => {
    this.alive()
  }

  readonly failed = (error: AppError): void => {
    this.#end()
    this.#deps.failed(error)
  }

  /** Since the client last showed a sign of life, ms. */
  get silentMs(): number {
    return this.#deps.clock.monotonic() - this.#aliveAt
  }

  get inFlight(): number {
    return this.#inFlight
  }

  get bufferedBytes(): number {
    return this.#buffered
  }

  partitions(): readonly PartitionFacts[] {
    return this.#turn.map((owned) => owned.facts())
  }

  /** Looks where the partitions end: for the lag, and for those that ended or began anew unseen. */
  async checkWatermarks(): Promise<void> {
    const { signal } = this.#generation
    for (const topic of new Set(this.#turn.map(({ at }) => at.topic))) {
      const watermarks = await this.#deps.watermarks(topic)
      if (signal.aborted) return
      for (const owned of this.#turn) {
        const found = owned.at.topic === topic ? watermarks.get(owned.at.partition) : undefined
        if (found === undefined) continue
        owned.high = found.high
        const outside = owned.expected > found.high || owned.expected < found.low
        if (outside && owned.status === 'reading') this.#relocate(owned)
      }
    }
  }

  /** Takes nothing more, and resolves when what was handed to the sink is stored and committed. */
  async drain(): Promise<void> {
    this.#draining = true
    for (const owned of this.#turn) this.#session?.pause(owned.at)
    while (this.#turn.some((owned) => owned.inFlight > 0)) {
      await new Promise<void>((resolve) => this.#idle.push(resolve))
    }
    await this.#commits.flush(this.#turn)
  }

  #end(): void {
    this.#epoch++
    this.#generation.abort()
    for (const owned of this.#turn) this.#buffered -= owned.queuedBytes
    this.#owned.clear()
    this.#turn = []
    this.#wake()
  }

  #wake(): void {
    const waiting = this.#idle
    this.#idle = []
    for (const resolve of waiting) resolve()
  }

  #inBackground(work: Promise<void>): void {
    work.catch((error: unknown) => {
      this.#deps.failed(error)
    })
  }

  /** Finds where the partitions stand, for as long as it takes, and starts reading them. */
  async #locate(partitions: readonly OwnedPartition[], signal: AbortSignal): Promise<void> {
    const { cluster, retryMs } = this.#options
    const started = (owned: OwnedPartition): void => {
      if (signal.aborted || this.#session === null) return
      // Also what the group did not know is known from now on, such as where `latest` was.
      if (owned.uncommitted !== null) this.#commits.soon(owned)
      this.#session.seek(owned.at, owned.expected)
      this.#session.resume(owned.at)
      this.#pump()
    }
    const commit: GroupSession['commit'] = async (positions) => {
      if (!signal.aborted) await this.#session?.commit(positions)
    }
    while (!signal.aborted) {
      try {
        await locate(partitions, { ...this.#deps, cluster, commit }, { signal, started })
        return
      } catch (error) {
        if (!(error instanceof AppError && error.retryable)) throw error
        this.#deps.events.retried(cluster, 'locate', error)
        await pause(retryMs, signal)
      }
    }
  }

  /** Once everything before is stored, since it may be the end of a stream. */
  #relocate(owned: OwnedPartition): void {
    owned.status = 'locating'
    this.#session?.pause(owned.at)
    const { signal } = this.#generation
    const settle = async (): Promise<void> => {
      while (!owned.idle && !signal.aborted) {
        await new Promise<void>((resolve) => this.#idle.push(resolve))
      }
      if (!signal.aborted) await this.#locate([owned], signal)
    }
    this.#inBackground(settle())
  }

  #isFull(owned: OwnedPartition): boolean {
    const { bufferBytes, slice } = this.#options
    const share = Math.max(bufferBytes / this.#turn.length, slice.bytes)
    return owned.bufferedBytes > share || this.#buffered > bufferBytes
  }

  #pause(owned: OwnedPartition): void {
    owned.paused = true
    this.#session?.pause(owned.at)
  }

  #resumeWhatFits(): void {
    const { bufferBytes, slice } = this.#options
    const share = Math.max(bufferBytes / this.#turn.length, slice.bytes)
    if (this.#draining || this.#buffered > bufferBytes * 0.75) return
    for (const owned of this.#turn) {
      if (!owned.paused || owned.status !== 'reading' || owned.bufferedBytes > share / 2) continue
      owned.paused = false
      this.#session?.resume(owned.at)
    }
  }

  #stop(owned: OwnedPartition, error: AppError): void {
    owned.status = 'stopped'
    this.#session?.pause(owned.at)
    const { cluster } = this.#options
    if (error.code === 'PARTITION_HALTED') this.#inBackground(this.#offerAgain(owned))
    else this.#deps.events.stopped({ ...owned.at, cluster, offset: owned.stored, error })
  }

  /** Who has halted it knows when it may go on, and refuses it until then. */
  async #offerAgain(owned: OwnedPartition): Promise<void> {
    const { signal } = this.#generation
    // Nothing is lost where the process ends meanwhile.
    const unheld = { signal, ref: false }
    await sleep(this.#options.haltedMs, undefined, unheld).catch(() => undefined)
    if (isOver(signal) || this.#draining) return
    const again = owned.again()
    this.#owned.set(keyOf(owned.at), again)
    this.#turn = this.#turn.map((other) => (other === owned ? again : other))
    await this.#locate([again], signal)
  }

  /** Partitions take turns slice by slice, so that a busy one holds up nobody. */
  #pump(): void {
    let passed = 0
    while (!this.#draining && this.#inFlight < this.#options.concurrency) {
      const owned = this.#turn[0]
      if (owned === undefined || passed === this.#turn.length) return
      this.#turn.push(...this.#turn.splice(0, 1))
      const run = owned.inFlight < slicesOfPartition ? owned.next(this.#options.slice) : null
      passed = run === null ? passed + 1 : 0
      if (run !== null) this.#inBackground(this.#send(owned, run))
    }
  }

  async #send(owned: OwnedPartition, run: SizedRun): Promise<void> {
    const epoch = this.#epoch
    const { signal } = this.#generation
    this.#inFlight++
    try {
      const stored = await this.#deliver(owned, run, signal)
      if (epoch !== this.#epoch) {
        const { cluster } = this.#options
        if (stored) this.#deps.events.staleSlice({ ...owned.at, cluster, epoch })
        return
      }
      if (stored && owned.settle(run)) this.#commits.soon(owned)
    } finally {
      this.#inFlight--
      this.#buffered -= run.bytes
      this.#wake()
      this.#resumeWhatFits()
      this.#pump()
    }
  }

  /** False: not stored, and not to be offered again by this member. */
  async #deliver(owned: OwnedPartition, run: SizedRun, signal: AbortSignal): Promise<boolean> {
    const { cluster, retryMs } = this.#options
    const slice = owned.sliceOf(run, `kafka:${cluster}`)
    for (;;) {
      try {
        await this.#deps.sink.receive(slice)
        return true
      } catch (error) {
        if (signal.aborted || !owned.awaits(run)) return false
        if (!(error instanceof AppError)) throw error
        if (!error.retryable) {
          // What comes behind it must not be stored before it.
          this.#buffered -= owned.refuse(run)
          this.#stop(owned, error)
          return false
        }
        this.#deps.events.retried(cluster, 'store', error)
        await pause(retryMs, signal)
        if (isOver(signal)) return false
      }
    }
  }
}

const keyOf = ({ topic, partition }: TopicPartition): string => `${topic}/${partition}`

/** As a function, since it changes while something is awaited. */
const isOver = (signal: AbortSignal): boolean => signal.aborted

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined)
}
