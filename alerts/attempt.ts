import { durationMs } from '../core/duration.ts'
import { AppError } from '../core/errors.ts'
import type { ActionSpec } from '../core/model-spec.ts'
import { traceHeaders } from '../core/tracing.ts'
import type { DeliveryRow } from '../store/queries/deliveries-row.ts'
import type { Egress } from './egress.ts'
import { failureOutcome } from './retry.ts'
import { send } from './send.ts'
import type { AttemptResult } from './settle.ts'
import type { Target } from './target.ts'

export interface AttemptDeps {
  readonly targets: Readonly<Record<ActionSpec['preset'], Target>>
  readonly egress: Egress
  /** What a reference in an action stands for now, newest first. Throws CONFIG_INVALID. */
  readonly secrets: (reference: string) => readonly string[]
  /** Epoch ms. */
  readonly now: () => number
  /** Deadline where the action names none. */
  readonly timeoutMs: number
}

/**
 * One attempt: never throws an expected failure. New signature and timestamp each time, the same
 * webhook-id and body always.
 */
export async function attempt(
  deps: AttemptDeps,
  delivery: DeliveryRow,
  action: ActionSpec,
): Promise<AttemptResult> {
  const startedAt = deps.now()
  const target = deps.targets[action.preset]
  const timeoutMs = action.timeout === undefined ? deps.timeoutMs : durationMs(action.timeout)
  try {
    const secrets = action.secret === undefined ? [] : deps.secrets(action.secret)
    const request = target.request({ delivery, action, secrets, at: new Date(startedAt) })
    const headers = { ...traceHeaders(), ...request.headers }
    const { status, body, retryAfter } = await send(deps.egress, { ...request, headers }, timeoutMs)
    const delivered = target.success(status)
    return {
      outcome: delivered ? 'delivered' : failureOutcome(status),
      status,
      error: delivered ? '' : `status ${status}`,
      response: body,
      retryAfter,
      startedAt,
      endedAt: deps.now(),
    }
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return {
      // A secret that is missing now may be there later; an address that is blocked stays so.
      outcome: error.retryable || error.code === 'CONFIG_INVALID' ? 'retry' : 'dead',
      status: null,
      error: error.message,
      response: '',
      retryAfter: null,
      startedAt,
      endedAt: deps.now(),
    }
  }
}
