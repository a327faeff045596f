import { toKafkaError } from './kafka-errors.ts'
import type { GroupHandlers } from './kafka-ports.ts'

const rejoinAfterMs = 1_000

/**
 * Joins again after a pause where the client gives up although trying again helps: its search for the
 * group's coordinator counts as hopeless after a few seconds without any broker.
 */
export class Rejoining {
  readonly #start: () => Promise<void>
  readonly #handlers: Pick<GroupHandlers, 'alive' | 'failed'>
  #timer: NodeJS.Timeout | null = null
  #left = false

  constructor(start: () => Promise<void>, handlers: Pick<GroupHandlers, 'alive' | 'failed'>) {
    this.#start = start
    this.#handlers = handlers
  }

  later(): void {
    this.#handlers.alive()
    if (this.#left) return
    this.#timer = setTimeout(() => {
      this.#start().catch((error: unknown) => {
        const why = toKafkaError(error)
        if (why.code === 'KAFKA_UNAVAILABLE') this.later()
        else this.#handlers.failed(why)
      })
    }, rejoinAfterMs)
  }

  leave(): void {
    this.#left = true
    if (this.#timer !== null) clearTimeout(this.#timer)
  }
}
