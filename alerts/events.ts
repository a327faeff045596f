import type { Logger } from 'pino'
import { Counter, type Registry } from 'prom-client'
import type { AppError } from '../core/errors.ts'
import { alertStates } from '../core/names.ts'
import type { DeliveryRow } from '../store/queries/deliveries-row.ts'
import type { TransitionRow } from '../store/queries/transitions-row.ts'
import { outcomes } from './retry.ts'
import type { AttemptResult } from './settle.ts'

/** What happens in this folder: each a log line and a count at once. */
export interface AlertEvents {
  transitioned: (transition: TransitionRow) => void
  planned: (delivery: DeliveryRow) => void
  attempted: (delivery: DeliveryRow, result: AttemptResult) => void
  /** Delivered, dead or cancelled: nothing more will be done by itself. */
  settled: (delivery: DeliveryRow) => void
  /** The outbox could not be read or written; it will be tried again. */
  outboxFailed: (error: AppError) => void
}

const metrics = {
  transitions: {
    name: 'tidegauge_alerts_transitions_total',
    help: 'Changes of an alert state, by the state entered; `withdrawn` where late data undid one. A burst means drift or a threshold below the noise floor.',
    labelNames: ['state'],
  },
  attempts: {
    name: 'tidegauge_alerts_attempts_total',
    help: 'Webhook attempts by outcome. `retry` that grows means a receiver is down: see the deliveries of the model.',
    labelNames: ['outcome'],
  },
  deliveries: {
    name: 'tidegauge_alerts_deliveries_total',
    help: 'Webhooks by final state. Each `dead` is a message nobody got: redeliver it once the receiver works.',
    labelNames: ['state'],
  },
  outboxFailures: {
    name: 'tidegauge_alerts_outbox_failures_total',
    help: 'Times the outbox could not be read or written. Nothing is lost, everything waits: look at the store.',
    labelNames: [],
  },
} as const

const finalStates = ['delivered', 'dead', 'cancelled'] as const

export function createAlertEvents(
  log: Pick<Logger, 'info' | 'warn' | 'error'>,
  registry: Registry,
): AlertEvents {
  const registers = [registry]
  const transitions = new Counter({ ...metrics.transitions, registers })
  const attempts = new Counter({ ...metrics.attempts, registers })
  const deliveries = new Counter({ ...metrics.deliveries, registers })
  const outboxFailures = new Counter({ ...metrics.outboxFailures, registers })
  // A counter that begins with its first happening hides exactly that one from rate() and increase().
  for (const state of [...alertStates, 'withdrawn']) transitions.inc({ state }, 0)
  for (const outcome of outcomes) attempts.inc({ outcome }, 0)
  for (const state of finalStates) deliveries.inc({ state }, 0)
  return {
    transitioned: (transition) => {
      const state = transition.valid ? transition.to : 'withdrawn'
      transitions.inc({ state })
      log.info(transitionFacts(transition), 'alert changed')
    },
    planned: (delivery) => {
      log.info({ ...deliveryFacts(delivery), notAfter: delivery.notAfter }, 'delivery planned')
    },
    attempted: (delivery, { outcome, status, error, startedAt, endedAt }) => {
      attempts.inc({ outcome })
      const facts = { ...deliveryFacts(delivery), outcome, status, error, ms: endedAt - startedAt }
      if (outcome === 'delivered') log.info(facts, 'webhook delivered')
      else log.warn(facts, 'webhook failed')
    },
    settled: (delivery) => {
      deliveries.inc({ state: delivery.state })
      const facts = { ...deliveryFacts(delivery), reason: delivery.lastError }
      if (delivery.state === 'dead') log.error(facts, 'delivery given up')
      else if (delivery.state === 'cancelled') log.info(facts, 'delivery cancelled')
    },
    outboxFailed: (error) => {
      outboxFailures.inc()
      log.warn({ code: error.code, err: error }, 'outbox not available')
    },
  }
}

const transitionFacts = (t: TransitionRow) => ({
  model: t.model,
  monitor: t.monitor,
  version: t.version,
  variant: t.variant,
  slice: t.slice,
  feature: t.feature,
  windowStart: new Date(t.windowStart).toISOString(),
  from: t.from,
  to: t.to,
  valid: t.valid,
})

const deliveryFacts = (d: DeliveryRow) => ({
  deliveryId: d.deliveryId,
  model: d.model,
  monitor: d.monitor,
  action: d.action,
  state: d.state,
  attempts: d.attempts,
})
