import { setTimeout as sleep } from 'node:timers/promises'
import { AppError } from '../core/errors.ts'
import type { Logger } from '../core/log.ts'

interface Repeating {
  readonly signal: AbortSignal
  readonly log: Logger
  /** What the work does, as it follows "cannot". */
  readonly what: string
}

/** Does work again and again with a pause before each, until it is told to stop. A bug ends it. */
export async function every(
  ms: number,
  work: () => Promise<unknown>,
  { signal, log, what }: Repeating,
): Promise<void> {
  for (;;) {
    try {
      await sleep(ms, undefined, { signal })
    } catch {
      return
    }
    try {
      await work()
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      log.warn({ err: error }, `cannot ${what}, trying again`)
    }
  }
}
