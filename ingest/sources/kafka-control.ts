import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from '../../core/clock.ts'
import { AppError } from '../../core/errors.ts'
import type { Logger } from '../../core/log.ts'
import type { Assignment, ClusterClient, GroupHandlers, GroupSession } from './kafka-ports.ts'

export interface ControlGroupOptions {
  readonly topic: string
  /** Partitions of the topic where it is made. */
  readonly partitions: number
  readonly sessionTimeoutMs: number
  /** Pause before something is tried again, ms. Default 1 s. */
  readonly retryMs?: number
}

export interface ControlGroupDeps {
  /** Its group is another one than that of the sources. */
  readonly client: ClusterClient
  readonly clock: Clock
  readonly log: Logger
}

const none: ReadonlySet<number> = new Set()

// Without a heartbeat for this part of the session the membership is in doubt.
const doubtfulPart = 2 / 3

/**
 * Membership for its own sake: the partitions of a topic that nobody writes to are shared out among
 * the members of a group, and with them whatever is mapped to their numbers. Joins in the background,
 * for as long as it takes.
 */
export class ControlGroup implements GroupHandlers {
  /** Rejects with an AppError when this cluster cannot be used any more: the process should end. */
  readonly failure: Promise<never>
  readonly #options: ControlGroupOptions
  readonly #deps: ControlGroupDeps
  readonly #onChange: () => void
  readonly #stopping = new AbortController()
  readonly #joining: Promise<void>
  #fail: (error: unknown) => void = () => undefined
  #partitions = 0
  #owned = none
  #believedAt = -Infinity
  #session: GroupSession | null = null

  /** `onChange` is called with every new assignment. */
  constructor(
    options: ControlGroupOptions,
    deps: ControlGroupDeps,
    onChange: () => void = () => undefined,
  ) {
    this.#options = options
    this.#deps = deps
    this.#onChange = onChange
    this.failure = new Promise<never>((_, reject) => {
      this.#fail = reject
    })
    // Whoever joins need not listen before something fails.
    this.failure.catch(() => undefined)
    this.#joining = this.#join()
    this.#joining.catch(this.#fail)
  }

  /** Partitions of the topic; 0 while not known. */
  readonly count = (): number => this.#partitions

  /**
   * Those assigned to this member: none as soon as the membership is in doubt, which is before the
   * group gives them to another one.
   */
  readonly assigned = (): ReadonlySet<number> => {
    const silentMs = this.#deps.clock.monotonic() - this.#believedAt
    return silentMs > this.#options.sessionTimeoutMs * doubtfulPart ? none : this.#owned
  }

  async leave(): Promise<void> {
    this.#stopping.abort()
    this.#change(none)
    await this.#joining.catch(() => undefined)
    await this.#session?.leave()
    await this.#deps.client.close()
  }

  /** Everything is paused: the group is what is wanted, not the messages. */
  readonly joined = (session: GroupSession, assignment: Assignment): void => {
    const { topic } = this.#options
    const partitions = assignment.get(topic) ?? []
    for (const partition of partitions) session.pause({ topic, partition })
    if (!this.#stopping.signal.aborted) this.#change(new Set(partitions))
  }

  readonly lost = (): void => {
    this.#change(none)
  }

  readonly believed = (): void => {
    this.#believedAt = this.#deps.clock.monotonic()
  }

  readonly failed = (error: AppError): void => {
    this.#change(none)
    this.#fail(error)
  }

  readonly fetched = (): boolean => false
  readonly skipped = (): void => undefined
  readonly damaged = (): void => undefined
  readonly alive = (): void => undefined

  #change(owned: ReadonlySet<number>): void {
    if (owned.size === 0 && this.#owned.size === 0) return
    this.#owned = owned
    const { topic } = this.#options
    this.#deps.log.info({ topic, partitions: owned.size }, 'models are shared out anew')
    this.#onChange()
  }

  async #join(): Promise<void> {
    const { client, log } = this.#deps
    const { topic, retryMs = 1_000 } = this.#options
    const { signal } = this.#stopping
    while (!signal.aborted) {
      try {
        this.#partitions = await partitionsOf(client, this.#options)
        this.#session = await client.join([topic], this)
        return
      } catch (error) {
        if (!(error instanceof AppError && error.retryable)) throw error
        log.warn({ topic, err: error }, 'control group not joined yet, trying again')
      }
      await sleep(retryMs, undefined, { signal }).catch(() => undefined)
    }
  }
}

async function partitionsOf(
  client: ClusterClient,
  { topic, partitions }: ControlGroupOptions,
): Promise<number> {
  if (!(await client.topics()).includes(topic)) await client.createTopic(topic, partitions)
  return (await client.watermarks(topic)).size
}
