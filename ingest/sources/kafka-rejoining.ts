import { toKafkaError } from './kafka-errors.ts'
import type { GroupHandlers } from './kafka-ports.ts'

const rejoinAfterMs = 1_000

export interface Membership {
  readonly start: () => Promise<void>
  /** May be called at any time, and again. */
  readonly end: () => Promise<void>
}

/**
 * Joins again after a pause where the client gives up although trying again helps: its search for the
 * group's coordinator counts as hopeless after a few seconds without any broker.
 */
export class Rejoining {
  readonly #membership: Membership
  readonly #handlers: Pick<GroupHandlers, 'alive' | 'failed'>
  #timer: NodeJS.Timeout | undefined
  #left = false

  constructor(membership: Membership, handlers: Pick<GroupHandlers, 'alive' | 'failed'>) {
    this.#membership = membership
    this.#handlers = handlers
  }

  later(): void {
    this.#handlers.alive()
    clearTimeout(this.#timer)
    if (!this.#left) this.#timer = setTimeout(() => void this.#join(), rejoinAfterMs)
  }

  async leave(): Promise<void> {
    this.#left = true
    clearTimeout(this.#timer)
    await this.#end()
  }

  async #join(): Promise<void> {
    try {
      await this.#membership.start()
    } catch (error) {
      const why = toKafkaError(error)
      if (why.code === 'KAFKA_UNAVAILABLE') this.later()
      else if (!this.#left) this.#handlers.failed(why)
    }
    // Whoever left in the meantime may have joined after all.
    if (this.#left) await this.#end()
  }

  async #end(): Promise<void> {
    await this.#membership.end().catch(() => undefined)
  }
}
