import type { Store } from '../store/client.ts'
import { alertFamilySizes } from '../store/queries/alert-family-sizes.ts'
import { alertMetricRows, type MonitoredMetrics } from '../store/queries/alert-metric-rows.ts'
import { alertPreviousRows } from '../store/queries/alert-previous-rows.ts'
import { alertSeriesPast } from '../store/queries/alert-series-past.ts'
import { firstEventsRange } from '../store/queries/first-events-range.ts'
import { deliveriesById } from '../store/queries/deliveries-by-id.ts'
import { deliveriesDue } from '../store/queries/deliveries-due.ts'
import { insertDeliveries } from '../store/queries/deliveries-insert.ts'
import { deliveriesLastFiring } from '../store/queries/deliveries-last-firing.ts'
import { deliveriesTold } from '../store/queries/deliveries-told.ts'
import { transitionsBefore } from '../store/queries/transitions-before.ts'
import { transitionsFrom } from '../store/queries/transitions-from.ts'
import { insertTransitions } from '../store/queries/transitions-insert.ts'
import { reachFactor } from './fold.ts'
import { toldKey } from './plan-deliveries.ts'
import type { MonitorPolicy } from './policy.ts'
import type { AlertHistory, Outbox } from './ports.ts'

/** The outbox in table `deliveries`: what is due of all models, or of those that `models` answers. */
export function createStoreOutbox(
  store: Store,
  models: () => readonly string[] | null = () => null,
): Outbox {
  return {
    due: (now, limit) => store.query(deliveriesDue(now, limit, models())),
    find: async (deliveryId) => (await store.query(deliveriesById(deliveryId)))[0],
    save: (deliveries) => insertDeliveries(store, deliveries),
  }
}

/** The history of alerts in tables `metrics`, `transitions` and `deliveries`. */
export function createStoreAlertHistory(store: Store): AlertHistory {
  return {
    metrics: async (model, policy, { from, limit }) => {
      const monitored = monitoredMetrics(model, policy)
      const rows = await store.query(alertMetricRows(monitored, from))
      if (limit === 0) return { rows, previous: [] }
      const reachMs = reachFactor * policy.n * policy.windowMs
      const previous = await store.query(
        alertPreviousRows({
          monitored,
          from: Math.max(0, from - reachMs),
          to: from,
          minSamples: policy.minSamples,
          limit,
        }),
      )
      return { rows, previous }
    },
    families: (model, policy, from) =>
      store.query(
        alertFamilySizes({
          monitored: monitoredMetrics(model, policy),
          from,
          minSamples: policy.minSamples,
        }),
      ),
    past: (model, policy, ask) =>
      store.query(
        alertSeriesPast({
          monitored: monitoredMetrics(model, policy),
          ...ask,
          minSamples: policy.minSamples,
        }),
      ),
    firstEvents: async (model, baseline) =>
      (await store.query(firstEventsRange(model, baseline)))[0] ?? null,
    transitions: async (model, monitor, from) => ({
      stored: await store.query(transitionsFrom(model, monitor, from)),
      before: await store.query(transitionsBefore(model, monitor, from)),
    }),
    told: async (model, monitor, since) => {
      const rows = await store.query(deliveriesTold(model, monitor, since))
      return new Map(rows.map((row) => [toldKey(row.action, row.seriesId), row]))
    },
    lastFiring: async (model) => {
      const rows = await store.query(deliveriesLastFiring(model))
      return new Map(rows.map((row) => [row.action, row.createdAt]))
    },
    saveTransitions: (transitions) => insertTransitions(store, transitions),
  }
}

const monitoredMetrics = (model: string, policy: MonitorPolicy): MonitoredMetrics => ({
  model,
  metric: policy.metric,
  window: policy.window,
  baselines: policy.baselines,
  features: [...(policy.features ?? [])],
  slices: [...(policy.slices ?? [])],
})
