import type { ModelSpec } from '../core/model-spec.ts'
import type { DeliveryRow } from '../store/queries/deliveries-row.ts'
import type { MetricRow } from '../store/queries/metric-row.ts'
import type { TransitionRow } from '../store/queries/transitions-row.ts'
import type { LimitHistory } from './limit-history.ts'
import type { Told } from './notices.ts'
import type { MonitorPolicy } from './policy.ts'

/** What evaluating monitors reads. Windows are epoch ms. */
export interface AlertHistory extends LimitHistory {
  /**
   * Metrics a monitor looks at from a window on, and of every series the last `limit` windows before it
   * that have enough data, within reach.
   */
  metrics: (
    model: string,
    policy: MonitorPolicy,
    ask: { readonly from: number; readonly limit: number },
  ) => Promise<{ rows: MetricRow[]; previous: MetricRow[] }>
  /** Stored transitions from a window on, and the last valid one of every series before it. */
  transitions: (
    model: string,
    monitor: string,
    from: number,
  ) => Promise<{ stored: TransitionRow[]; before: TransitionRow[] }>
  /** By `toldKey`; the ids told are those of windows from `since` on. */
  told: (model: string, monitor: string, since: number) => Promise<Map<string, Told>>
  /** When each action of a model last fired. */
  lastFiring: (model: string) => Promise<Map<string, number>>
  saveTransitions: (transitions: readonly TransitionRow[]) => Promise<void>
}

/** Deliveries at rest. Everything the deliverer knows is here, so a restart forgets nothing. */
export interface Outbox {
  /** Of every target (model and action) the oldest open delivery, where its time has come. */
  due: (now: number, limit: number) => Promise<DeliveryRow[]>
  find: (deliveryId: string) => Promise<DeliveryRow | undefined>
  save: (deliveries: readonly DeliveryRow[]) => Promise<void>
}

/** One comparison that breached a limit. */
export interface Breach {
  readonly version: string
  readonly variant: string
  readonly slice: string
  readonly feature: string
  /** Epoch ms. */
  readonly windowStart: number
  readonly baseline: string
  readonly metric: string
}

/** What one bin has to do with a breach, as it is stored and sent: shares from 0 to 1. */
export interface BinChange {
  readonly kind: string
  /** For people: `30 … 45`, `DE`, `missing`. */
  readonly label: string
  readonly reference_share: number
  readonly current_share: number
  /** Current less reference share. */
  readonly change: number
  /** Of all that the bins differ by, measured as `by` says. */
  readonly share: number
}

export interface Explanation {
  /** The sum over bins that `share` is a part of. */
  readonly by: 'psi' | 'js' | 'linf'
  /** Those that matter most, the greatest first. */
  readonly contributions: readonly BinChange[]
}

export interface Finding {
  readonly feature: string
  readonly slice: string
  readonly effect: number
  readonly pValue: number
}

/** Says what a breach is made of. */
export interface Explainer {
  /**
   * One answer a breach, in their order: null where its metric is no sum over bins, or its profiles
   * are gone. A function of stored profiles alone: asked again it answers the same.
   */
  explain: (
    spec: ModelSpec,
    windowMs: number,
    breaches: readonly Breach[],
  ) => Promise<readonly (Explanation | null)[]>
  /** Features and slices by what they add to the drift; `level` is what a p-value must not exceed. */
  rank: <F extends Finding>(
    findings: readonly F[],
    level: number,
  ) => (F & { readonly rank: number; readonly share: number; readonly significant: boolean })[]
}
