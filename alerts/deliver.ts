import { setTimeout as sleep } from 'node:timers/promises'
import { AppError } from '../core/errors.ts'
import type { ActionSpec } from '../core/model-spec.ts'
import { traced } from '../core/tracing.ts'
import type { DeliveryRow } from '../store/queries/deliveries-row.ts'
import { attempt, type AttemptDeps } from './attempt.ts'
import { afterFailure, closedBreaker, isOpen, type Breaker } from './breaker.ts'
import type { AlertEvents } from './events.ts'
import { startedAt } from './history.ts'
import type { Outbox } from './ports.ts'
import { afterAttempt, postponed, withoutAttempt, type AttemptResult } from './settle.ts'

export interface DelivererDeps extends AttemptDeps {
  readonly outbox: Outbox
  /** What the model file says now; undefined once it no longer names the action. */
  readonly action: (model: string, name: string) => ActionSpec | undefined
  readonly events: AlertEvents
  /** Uniform in [0, 1). */
  readonly random: () => number
  /** Pause between two looks into the outbox. */
  readonly pollMs: number
}

export interface Deliverer {
  /** Looks once, makes the attempts that are due and waits for them. */
  tick: () => Promise<void>
  /**
   * Looks again and again until `signal` aborts, then waits for the attempts on their way. A slow
   * receiver holds up nobody else. Rejects only on a bug: a store that is down is waited for.
   */
  run: (signal: AbortSignal) => Promise<void>
}

/** Attempts at a time, over all targets. */
const maxParallel = 32

/**
 * Sends what the outbox holds. A target (model and action) gets one delivery at a time, in the order
 * they were planned; nothing overtakes one that waits for its retry. What is due is read from the
 * outbox at every look, so a restart continues where the last process stopped: an attempt whose
 * outcome was not stored is made again under the same id.
 */
export function createDeliverer(deps: DelivererDeps): Deliverer {
  const busy = new Set<string>()
  const breakers = new Map<string, Breaker>()
  // Outcomes the store has not acknowledged: sending again must wait for it, not for luck.
  const unsaved = new Map<string, DeliveryRow>()

  const save = async (row: DeliveryRow): Promise<void> => {
    unsaved.set(targetOf(row), row)
    await deps.outbox.save([row])
    unsaved.delete(targetOf(row))
    if (row.state !== 'failed_retry' && row.state !== 'pending') deps.events.settled(row)
  }

  const deliver = async (row: DeliveryRow): Promise<void> => {
    const target = targetOf(row)
    busy.add(target)
    try {
      const { next, breaker } = await advance(deps, row, breakers.get(target) ?? closedBreaker)
      breakers.set(target, breaker)
      await save(next)
    } finally {
      busy.delete(target)
    }
  }

  const look = async (): Promise<Promise<void>[]> => {
    for (const [target, row] of unsaved) if (!busy.has(target)) await save(row)
    const free = maxParallel - busy.size
    if (free <= 0) return []
    const due = await deps.outbox.due(deps.now(), free + busy.size)
    const ready = due.filter((row) => !busy.has(targetOf(row))).slice(0, free)
    return ready.map((row) => deliver(row).catch(tolerate(deps.events)))
  }

  return {
    tick: async () => {
      await Promise.all(await look())
    },
    run: (signal) => poll(deps, look, signal),
  }
}

const targetOf = ({ model, action }: DeliveryRow): string => JSON.stringify([model, action])

/** The next state of a delivery whose time has come. */
async function advance(
  deps: DelivererDeps,
  row: DeliveryRow,
  breaker: Breaker,
): Promise<{ next: DeliveryRow; breaker: Breaker }> {
  const now = deps.now()
  const action = deps.action(row.model, row.action)
  if (action === undefined) {
    return { next: withoutAttempt(row, 'cancelled', 'action removed', now), breaker }
  }
  if (row.notAfter !== null && now > row.notAfter) {
    return { next: withoutAttempt(row, 'cancelled', 'not_after', now), breaker }
  }
  const byHand = startedAt(row) !== row.createdAt
  if (breaker.goneUrl === action.url && !byHand) {
    return { next: withoutAttempt(row, 'dead', 'receiver is gone (410)', now), breaker }
  }
  if (isOpen(breaker, now)) return { next: postponed(row, breaker.openUntil, now), breaker }

  const { model, action: actionName, deliveryId } = row
  const attributes = { model, action: actionName, 'delivery.id': deliveryId }
  return traced('deliver webhook', { attributes, kind: 'client' }, async () => {
    const result = await attempt(deps, row, action)
    const next = afterAttempt(row, result, deps.random())
    deps.events.attempted(next, result)
    return { next, breaker: afterResult(breaker, result, action.url) }
  })
}

/** Only a receiver that is down or overloaded opens the breaker: any other answer shows that it lives. */
function afterResult(breaker: Breaker, result: AttemptResult, url: string): Breaker {
  if (result.outcome === 'gone') return { ...closedBreaker, goneUrl: url }
  return result.outcome === 'retry' ? afterFailure(breaker, result.endedAt) : closedBreaker
}

/** The store is waited for; anything else is a bug and ends the process. */
function tolerate(events: AlertEvents): (error: unknown) => void {
  return (error) => {
    if (!(error instanceof AppError && error.retryable)) throw error
    events.outboxFailed(error)
  }
}

async function poll(
  { events, pollMs }: Pick<DelivererDeps, 'events' | 'pollMs'>,
  look: () => Promise<Promise<void>[]>,
  signal: AbortSignal,
): Promise<void> {
  const onTheirWay = new Set<Promise<void>>()
  let bug: { readonly error: unknown } | undefined
  while (!signal.aborted && bug === undefined) {
    const started = await look().catch((error: unknown) => {
      tolerate(events)(error)
      return []
    })
    for (const one of started) {
      const watched = one
        .catch((error: unknown) => {
          bug = { error }
        })
        .finally(() => onTheirWay.delete(watched))
      onTheirWay.add(watched)
    }
    await sleep(pollMs, undefined, { signal }).catch(() => undefined)
  }
  await Promise.all(onTheirWay)
  if (bug !== undefined) throw bug.error
}
