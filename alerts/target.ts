import type { ActionSpec } from '../core/model-spec.ts'
import type { DeliveryRow } from '../store/queries/deliveries-row.ts'

/** One attempt at one delivery, as a target sees it. */
export interface TargetAttempt {
  readonly delivery: DeliveryRow
  readonly action: ActionSpec
  /** Newest first; several while they rotate, none where the action names none. */
  readonly secrets: readonly string[]
  readonly at: Date
}

export interface TargetRequest {
  readonly method: 'POST' | 'PUT'
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** A kind of receiver: how a delivery becomes a request and which answers mean that it arrived. */
export interface Target {
  readonly preset: ActionSpec['preset']
  readonly request: (attempt: TargetAttempt) => TargetRequest
  readonly success: (status: number) => boolean
}
