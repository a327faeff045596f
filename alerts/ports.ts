import type { DeliveryRow } from '../store/queries/deliveries-row.ts'
import type { MetricRow } from '../store/queries/metric-row.ts'
import type { TransitionRow } from '../store/queries/transitions-row.ts'
import type { Told } from './notices.ts'
import type { MonitorPolicy } from './policy.ts'

/** What evaluating monitors reads. Windows are epoch ms. */
export interface AlertHistory {
  /** Metrics a monitor looks at from a window on, and the last n − 1 judged windows before it. */
  metrics: (
    model: string,
    policy: MonitorPolicy,
    from: number,
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
