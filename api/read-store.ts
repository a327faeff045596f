import type { Store } from '../store/client.ts'
import { auditIntervals } from '../store/ledger-audit.ts'
import { deadLetterPageKey, deadLettersList } from '../store/queries/dead-letters-list.ts'
import { getEvent } from '../store/queries/get-event.ts'
import { getLabel } from '../store/queries/get-label.ts'
import { ledgerIntervals } from '../store/queries/ledger-audit.ts'
import { listBaselines } from '../store/queries/list-baselines.ts'
import { deliveryKey, listDeliveries } from '../store/queries/list-deliveries.ts'
import { listMetrics, metricKey } from '../store/queries/list-metrics.ts'
import {
  alertKey,
  listAlerts,
  listTransitions,
  transitionKey,
} from '../store/queries/list-transitions.ts'
import { listOutliers, outlierKey } from '../store/queries/list-outliers.ts'
import { listWindows, windowKey } from '../store/queries/list-windows.ts'
import { readPage } from './paging.ts'
import type {
  Alerts,
  Baselines,
  DeadLetters,
  Deliveries,
  Ledger,
  Outliers,
  Results,
} from './ports.ts'

type Reader = Pick<Store, 'query'>

/** Windows, metrics and single events, from the store. */
export const storeResults = (store: Reader): Results => ({
  windows: (filter, page) =>
    readPage(page, windowKey, (wanted) => store.query(listWindows(filter, wanted))),
  metrics: (filter, page) =>
    readPage(page, metricKey, (wanted) => store.query(listMetrics(filter, wanted))),
  event: async (model, id) => {
    const [[event = null], [label = null]] = await Promise.all([
      store.query(getEvent(model, id)),
      store.query(getLabel(model, id)),
    ])
    return { event, label }
  },
})

export const storeOutliers = (store: Reader): Outliers => ({
  list: (filter, page) =>
    readPage(page, outlierKey, (wanted) => store.query(listOutliers(filter, wanted))),
})

/** Baselines as they are; making one is another's. */
export const storeBaselines = (store: Reader): Pick<Baselines, 'list' | 'get'> => ({
  list: (model) => store.query(listBaselines(model)),
  get: async (model, baseline) => (await store.query(listBaselines(model, baseline)))[0],
})

export const storeAlerts = (store: Reader): Alerts => ({
  current: (filter, page) =>
    readPage(page, alertKey, (wanted) => store.query(listAlerts(filter, wanted))),
  transitions: (filter, page) =>
    readPage(page, transitionKey, (wanted) => store.query(listTransitions(filter, wanted))),
})

export const storeDeliveries = (store: Reader): Pick<Deliveries, 'list'> => ({
  list: (filter, page) =>
    readPage(page, deliveryKey, (wanted) => store.query(listDeliveries(filter, wanted))),
})

export const storeDeadLetters = (store: Reader): Pick<DeadLetters, 'list'> => ({
  list: (filter, page) =>
    readPage(page, deadLetterPageKey, (wanted) => store.query(deadLettersList(filter, wanted))),
})

export const storeLedger = (store: Reader): Ledger => ({
  audit: async () => auditIntervals(await store.query(ledgerIntervals())),
})
