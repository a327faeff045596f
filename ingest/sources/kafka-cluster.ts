import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from '../../core/clock.ts'
import type { Config } from '../../core/config.ts'
import { AppError } from '../../core/errors.ts'
import type { KafkaEvents, KafkaFacts } from './kafka-events.ts'
import { GroupMember } from './kafka-group.ts'
import type { ReadLedgerPosition } from './kafka-locate.ts'
import type { ClusterClient, GroupSession } from './kafka-ports.ts'
import { matchedTopics, missingTopics } from './kafka-topics.ts'
import type { SliceSink } from './partition-slice.ts'

type Kafka = Config['kafka']

export interface ClusterSourceOptions {
  readonly name: string
  readonly cluster: Kafka['clusters'][string]
  /** Entries of this cluster, in their order. */
  readonly sources: Kafka['sources']
  readonly topicsRefreshMs: number
  /** How often the ends of partitions are looked for, ms. */
  readonly lookMs: number
  /** Pause before something is tried again, ms. */
  readonly retryMs: number
  /** Pause before a halted partition is offered again, ms. */
  readonly haltedMs: number
  /** How long a topic must look made anew before it is believed, ms. */
  readonly confirmMs: number
  /** Silence of the client, ms, that is taken for its end. */
  readonly stallMs: number
  /** How long stopping may take, ms. */
  readonly stopMs: number
}

export interface ClusterSourceDeps {
  readonly client: ClusterClient
  readonly sink: SliceSink
  readonly ledgerPosition: ReadLedgerPosition
  readonly clock: Clock
  readonly events: KafkaEvents
}

/** How long slices may take to be stored before the group is left for new topics, ms. */
const rejoinMs = 10_000

/**
 * Reads one cluster: finds its topics, is a member of its group, and joins again when topics come or
 * go. Waits for brokers for as long as it takes; ends with what a human must see.
 */
export class ClusterSource {
  /** Rejects when this cluster cannot be read any more: the process should end. */
  readonly failed: Promise<never>
  readonly #options: ClusterSourceOptions
  readonly #deps: ClusterSourceDeps
  readonly #stopping = new AbortController()
  readonly #loop: Promise<void>
  #fail: (error: unknown) => void = () => undefined
  #topics: readonly string[] = []
  #missing: readonly string[] = []
  #member: GroupMember | null = null
  #session: GroupSession | null = null
  #refreshedAt = -Infinity
  // The first look shows what was there before this process; what comes later is new.
  #known: ReadonlySet<string> | null = null

  constructor(options: ClusterSourceOptions, deps: ClusterSourceDeps) {
    this.#options = options
    this.#deps = deps
    this.failed = new Promise<never>((_, reject) => {
      this.#fail = reject
    })
    // Whoever starts a source need not listen before something fails.
    this.failed.catch(() => undefined)
    deps.events.observe(() => this.facts())
    this.#loop = this.#run().catch((error: unknown) => {
      this.#fail(error)
    })
  }

  facts(): KafkaFacts {
    const member = this.#member
    return {
      cluster: this.#options.name,
      partitions: member?.partitions() ?? [],
      slicesInFlight: member?.inFlight ?? 0,
      bufferedBytes: member?.bufferedBytes ?? 0,
      secondsSinceAlive: (member?.silentMs ?? 0) / 1000,
    }
  }

  /**
   * Takes nothing more, waits for what is on its way to the store, commits it and leaves the group, all
   * within `stopMs`. What was not stored by then is read again by whoever comes next.
   */
  async stop(): Promise<void> {
    const { stopMs, name } = this.#options
    this.#stopping.abort()
    const drained = await within(stopMs * 0.7, this.#member?.drain() ?? Promise.resolve())
    await within(stopMs * 0.2, this.#session?.leave() ?? Promise.resolve())
    await within(stopMs * 0.1, this.#deps.client.close())
    this.#deps.events.ended(name, drained)
    await within(stopMs * 0.1, this.#loop)
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping
    const { lookMs, retryMs, name } = this.#options
    const watchdog = setInterval(() => {
      this.#watch()
    }, 1000)
    try {
      while (!signal.aborted) {
        const done = await this.#look().catch((error: unknown) => {
          if (!(error instanceof AppError && error.retryable)) throw error
          if (!signal.aborted) this.#deps.events.retried(name, 'topics', error)
          return false
        })
        await sleep(done ? lookMs : retryMs, undefined, { signal }).catch(() => undefined)
      }
    } finally {
      clearInterval(watchdog)
    }
  }

  #watch(): void {
    if (this.#session === null || (this.#member?.silentMs ?? 0) < this.#options.stallMs) return
    const { name, stallMs } = this.#options
    this.#fail(
      new AppError(
        'KAFKA_CLIENT_FAILED',
        `cluster ${name}: no sign of life for ${stallMs / 1000} s`,
      ),
    )
  }

  async #look(): Promise<boolean> {
    const { clock } = this.#deps
    if (clock.monotonic() - this.#refreshedAt >= this.#options.topicsRefreshMs) {
      await this.#refresh()
      this.#refreshedAt = clock.monotonic()
    }
    try {
      await this.#member?.checkWatermarks()
    } catch (error) {
      // A topic that was deleted shows here first.
      this.#refreshedAt = -Infinity
      throw error
    }
    return true
  }

  async #refresh(): Promise<void> {
    const { sources, name } = this.#options
    const present = await this.#deps.client.topics()
    const matched = matchedTopics(present, sources)
    const missing = missingTopics(present, sources)
    if (missing.some((topic) => !this.#missing.includes(topic))) {
      this.#deps.events.missingTopics(name, missing)
    }
    this.#missing = missing
    this.#known ??= new Set(matched.keys())
    const topics = [...matched.keys()]
    const same =
      topics.length === this.#topics.length && topics.every((t, i) => t === this.#topics[i])
    if (same && (this.#session !== null || topics.length === 0)) return
    await this.#leave()
    if (topics.length > 0 && !this.#stopping.signal.aborted) await this.#join(matched)
    this.#topics = topics
    this.#deps.events.topics(name, topics)
  }

  async #leave(): Promise<void> {
    const session = this.#session
    if (session === null) return
    await within(rejoinMs, this.#member?.drain() ?? Promise.resolve())
    this.#session = null
    await session.leave()
    this.#member?.lost()
  }

  async #join(matched: ReturnType<typeof matchedTopics>): Promise<void> {
    const { cluster, name, retryMs, haltedMs, confirmMs } = this.#options
    const { client } = this.#deps
    const member = new GroupMember(
      {
        cluster: name,
        slice: { rows: cluster.sliceRows, bytes: cluster.sliceBytes },
        bufferBytes: cluster.bufferBytes,
        concurrency: cluster.concurrency,
        retryMs,
        haltedMs,
      },
      {
        ...this.#deps,
        cluster: name,
        confirmMs,
        watermarks: (topic) => client.watermarks(topic),
        committed: (topics) => client.committed(topics),
        readTopic: (topic) => this.#readTopic(topic, matched),
        failed: this.#fail,
      },
    )
    this.#member = member
    const session = await client.join([...matched.keys()], member)
    // Joining takes as long as the group's balance: the one to be left may have come too late for that.
    if (this.#stopping.signal.aborted) await session.leave()
    else this.#session = session
  }

  #readTopic(topic: string, matched: ReturnType<typeof matchedTopics>) {
    const { decoding = 'auto', backfill = false, start = 'earliest' } = matched.get(topic) ?? {}
    // One that appeared while this process ran has no history that anybody could want to leave out.
    const appeared = this.#known?.has(topic) === false
    return { decoding, backfill, start: appeared ? ('earliest' as const) : start }
  }
}

/** Whether the work ended in time. It is not called back when it did not. */
async function within(ms: number, work: Promise<unknown>): Promise<boolean> {
  const late = new AbortController()
  const done = work.then(
    () => true,
    () => true,
  )
  const waited = sleep(ms, false, { signal: late.signal }).catch(() => false)
  const ended = await Promise.race([done, waited])
  late.abort()
  return ended
}
