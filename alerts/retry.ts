/** Waiting times before attempt 1, 2 …; after the last one fails the delivery is dead. */
export const scheduleMs: readonly number[] = [
  0,
  5_000,
  30_000,
  2 * 60_000,
  10 * 60_000,
  30 * 60_000,
  3_600_000,
  2 * 3_600_000,
  4 * 3_600_000,
]

const totalMs = scheduleMs.reduce((sum, ms) => sum + ms, 0)
/** A receiver may ask for patience, but not for more than the longest wait of ours. */
const maxRetryAfterMs = 4 * 3_600_000

export const outcomes = ['delivered', 'retry', 'dead', 'gone'] as const
export type Outcome = (typeof outcomes)[number]

/** What a status that is no success means for the delivery. Redirects are never followed, so never heal. */
export function failureOutcome(status: number): Exclude<Outcome, 'delivered'> {
  if (status === 410) return 'gone'
  const passing = status === 408 || status === 425 || status === 429 || status >= 500
  return passing ? 'retry' : 'dead'
}

export interface RetryInput {
  /** Made so far. */
  readonly attempts: number
  /** When the delivery was planned or redelivered, epoch ms. */
  readonly since: number
  readonly now: number
  /** The header as it came: seconds or an HTTP date. */
  readonly retryAfter: string | null
  /** Uniform in [0, 1). */
  readonly random: number
}

/**
 * When to try again, epoch ms, or null when it has been tried enough: after the last attempt of
 * the schedule, or when its whole span has passed while the delivery waited behind others. That
 * keeps the queue of a dead receiver from growing for ever.
 */
export function nextAttemptAt(input: RetryInput): number | null {
  const wait = scheduleMs[input.attempts]
  if (wait === undefined || input.now - input.since >= totalMs) return null
  const jittered = Math.round(wait * (0.8 + 0.4 * input.random))
  const asked = Math.min(retryAfterMs(input.retryAfter, input.now), maxRetryAfterMs)
  return input.now + Math.max(jittered, asked)
}

function retryAfterMs(header: string | null, now: number): number {
  if (header === null) return 0
  if (/^\s*[0-9]{1,9}\s*$/.test(header)) return Number(header) * 1000
  const at = Date.parse(header)
  return Number.isNaN(at) ? 0 : Math.max(0, at - now)
}
