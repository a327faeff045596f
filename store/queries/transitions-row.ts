import type { AlertState } from '../../core/names.ts'

/** One row of table `transitions`: a series of a monitor changed its state. Times are epoch ms. */
export interface TransitionRow {
  readonly model: string
  readonly monitor: string
  readonly version: string
  readonly variant: string
  readonly slice: string
  readonly feature: string
  readonly windowStart: number
  readonly windowEnd: number
  readonly transitionId: string
  readonly from: AlertState
  readonly to: AlertState
  /** False once late data showed that it never happened. */
  readonly valid: boolean
  /** JSON: what the verdict was made of. */
  readonly evidence: string
  /** Of the metric that made it. */
  readonly revision: number
  readonly createdAt: number
  readonly changedAt: number
}

/** The select list that `toTransitionRow` understands. */
export const transitionColumns = `
  model, monitor, version, variant, slice, feature,
  toUnixTimestamp(window_start) * 1000 AS start_ms, toUnixTimestamp(window_end) * 1000 AS end_ms,
  transition_id, from_state, to_state, valid, evidence, revision,
  toUnixTimestamp64Milli(created_at) AS created_ms, toUnixTimestamp64Milli(changed_at) AS changed_ms`

export function toTransitionRow(raw: Readonly<Record<string, unknown>>): TransitionRow {
  return {
    model: String(raw['model']),
    monitor: String(raw['monitor']),
    version: String(raw['version']),
    variant: String(raw['variant']),
    slice: String(raw['slice']),
    feature: String(raw['feature']),
    windowStart: Number(raw['start_ms']),
    windowEnd: Number(raw['end_ms']),
    transitionId: String(raw['transition_id']),
    from: raw['from_state'] as AlertState,
    to: raw['to_state'] as AlertState,
    valid: raw['valid'] === true,
    evidence: String(raw['evidence']),
    revision: Number(raw['revision']),
    createdAt: Number(raw['created_ms']),
    changedAt: Number(raw['changed_ms']),
  }
}
