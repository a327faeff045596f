/** Whether a target may be called. In memory only: after a restart one probe tells. */
export interface Breaker {
  /** Failed attempts in a row that say the receiver is down, not that it dislikes a message. */
  readonly failures: number
  /** Epoch ms until which no call is made; the first one after it is the probe. */
  readonly openUntil: number
  /** The URL that answered 410, which is not called again until it changes or somebody asks. */
  readonly goneUrl: string | null
}

export const closedBreaker: Breaker = { failures: 0, openUntil: 0, goneUrl: null }

const opensAfter = 5
const openMs = 60_000
const maxOpenMs = 15 * 60_000

/**
 * Opens after five failures in a row. A probe that fails opens it again for twice as long, up to a
 * quarter of an hour; any answer of the receiver closes it.
 */
export function afterFailure(breaker: Breaker, now: number): Breaker {
  const failures = breaker.failures + 1
  const doublings = failures - opensAfter
  const openUntil = doublings < 0 ? 0 : now + Math.min(openMs * 2 ** doublings, maxOpenMs)
  return { ...breaker, failures, openUntil }
}

export const isOpen = (breaker: Breaker, now: number): boolean => now < breaker.openUntil
