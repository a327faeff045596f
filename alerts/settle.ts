import type { DeliveryRow } from '../store/queries/deliveries-row.ts'
import { startedAt, withEntry } from './history.ts'
import { nextAttemptAt, type Outcome } from './retry.ts'

/** How one attempt went. */
export interface AttemptResult {
  readonly outcome: Outcome
  /** Null where no status came. */
  readonly status: number | null
  /** '' for a success. */
  readonly error: string
  readonly response: string
  readonly retryAfter: string | null
  readonly startedAt: number
  readonly endedAt: number
}

/** A delivery after an attempt. `random` is uniform in [0, 1). */
export function afterAttempt(
  delivery: DeliveryRow,
  result: AttemptResult,
  random: number,
): DeliveryRow {
  const attempts = delivery.attempts + 1
  const next =
    result.outcome === 'retry'
      ? nextAttemptAt({
          attempts,
          since: startedAt(delivery),
          now: result.endedAt,
          retryAfter: result.retryAfter,
          random,
        })
      : null
  const failed = next === null ? 'dead' : 'failed_retry'
  const delivered = result.outcome === 'delivered'
  return {
    ...delivery,
    state: delivered ? 'delivered' : failed,
    attempts,
    nextAttemptAt: next ?? delivery.nextAttemptAt,
    lastStatus: result.status,
    lastError: result.error,
    lastResponse: result.response,
    history: withEntry(delivery, {
      at: new Date(result.startedAt).toISOString(),
      event: 'attempt',
      attempt: attempts,
      outcome: result.outcome,
      ...(result.status === null ? {} : { status: result.status }),
      ...(result.error === '' ? {} : { error: result.error }),
      ms: result.endedAt - result.startedAt,
    }),
    deliveredAt: delivered ? result.endedAt : null,
    changedAtUs: changeAfter(delivery, result.endedAt),
  }
}

/** A delivery that is not to be sent, and why; `dead` where the receiver is gone. */
export function withoutAttempt(
  delivery: DeliveryRow,
  state: 'cancelled' | 'dead',
  reason: string,
  now: number,
): DeliveryRow {
  return {
    ...delivery,
    state,
    lastError: reason,
    history: withEntry(delivery, {
      at: new Date(now).toISOString(),
      event: 'cancelled',
      error: reason,
    }),
    changedAtUs: changeAfter(delivery, now),
  }
}

/** A delivery that waits without an attempt, so that it does not stand in the way of other targets. */
export function postponed(delivery: DeliveryRow, until: number, now: number): DeliveryRow {
  return { ...delivery, nextAttemptAt: until, changedAtUs: changeAfter(delivery, now) }
}

/** A delivery as if just planned, with its id and body: what redelivering by hand means. */
export function startedAgain(delivery: DeliveryRow, now: number): DeliveryRow {
  return {
    ...delivery,
    state: 'pending',
    attempts: 0,
    nextAttemptAt: now,
    // Whoever asks for it wants it sent, however old.
    notAfter: null,
    lastError: '',
    history: withEntry(delivery, { at: new Date(now).toISOString(), event: 'redelivered' }),
    deliveredAt: null,
    changedAtUs: changeAfter(delivery, now),
  }
}

/** The greatest change wins in the table, so a clock that was set back must not hide this one. */
const changeAfter = (delivery: DeliveryRow, now: number): number =>
  Math.max(now * 1000, delivery.changedAtUs + 1)
