import { createDeliverer, type Deliverer } from '../alerts/deliver.ts'
import { createEgress } from '../alerts/egress.ts'
import { createAlertEvents, type AlertEvents } from '../alerts/events.ts'
import { createPartitionAlerts, operationsAction } from '../alerts/partition-alerts.ts'
import type { Outbox } from '../alerts/ports.ts'
import { createStoreAlertHistory, createStoreOutbox } from '../alerts/store-outbox.ts'
import { targets } from '../alerts/targets.ts'
import { environment } from '../core/config.ts'
import { resolveSecret } from '../core/secrets.ts'
import { untestedMetrics } from '../detectors/metric-names.ts'
import type { BaselineDeps } from '../monitor/baselines.ts'
import { createMonitorEvents } from '../monitor/events.ts'
import { createExplainer } from '../monitor/explain-breach.ts'
import { createGaugeKeeper } from '../monitor/keep-gauges.ts'
import { createModelGauges, type ModelGauges } from '../monitor/model-gauges.ts'
import { ModelBaselines } from '../monitor/model-baselines.ts'
import { Monitor } from '../monitor/monitor.ts'
import { ownsEverything, type Ownership } from '../monitor/ownership.ts'
import { rowFacts } from '../monitor/row-facts.ts'
import { createModelRunner } from '../monitor/run-model.ts'
import { partitionHaltsList } from '../store/queries/partition-halts-list.ts'
import { every } from './every.ts'
import { mirrorDeadLetters } from './letter-mirror.ts'
import { fitOutlierModels } from './outlier-fitting.ts'
import type { Shared } from './shared.ts'

export interface MonitorRole {
  readonly monitor: Monitor
  readonly deliverer: Deliverer
  /** What goes on beside, until the signal: the service tells of itself, mirrors dead letters, fits outlier models. */
  readonly run: (signal: AbortSignal) => Promise<void>
}

/** The monitor of this process, and the deliverer of what its alerts trigger. */
export function createMonitorRole(
  deps: Shared,
  baselineDeps: BaselineDeps,
  owns: Ownership = ownsEverything,
): MonitorRole {
  const { config, store, clock, registry, prometheus, log } = deps
  // What the service itself has to tell belongs to no model; one monitor tells it.
  const owned = (): string[] =>
    ['', ...registry.list().map(({ spec }) => spec.model)].filter((model) => owns(model))
  const outbox = createStoreOutbox(store, owned)
  const gauges = createModelGauges(prometheus, config.metrics.featureLabelLimit)
  const alertEvents = createAlertEvents(log, prometheus)
  const events = createMonitorEvents(prometheus, log)
  const baselines = new ModelBaselines(baselineDeps)
  const history = createStoreAlertHistory(store)
  const explainer = createExplainer({ store, references: baselines })
  const now = (): number => clock.now()
  const runModel = createModelRunner({
    store,
    now,
    clock,
    events,
    gauges,
    references: baselines,
    rowFacts: (ask) => rowFacts({ store, baselines: (model) => baselines.of(model) }, ask),
    binningOf: (model) => baselines.binningOf(model),
    isSettled: (model) => baselines.isSettled(model),
    labelIntervalMs: config.monitor.labelIntervalMs,
    alerts: {
      ...{ history, outbox, now, explainer },
      events: alertEvents,
      untested: untestedMetrics,
    },
  })
  return {
    monitor: new Monitor({
      store,
      registry,
      clock,
      events,
      runModel,
      owns,
      intervalMs: config.monitor.intervalMs,
      ledgerOverlapMs: config.monitor.ledgerOverlapMs,
      idleMs: config.monitor.idleMs,
    }),
    deliverer: delivererOf(deps, outbox, alertEvents),
    run: (signal) => runBeside(deps, { outbox, events: alertEvents, owns, gauges }, signal),
  }
}

function delivererOf(
  { config, clock, registry }: Shared,
  outbox: Outbox,
  events: AlertEvents,
): Deliverer {
  return createDeliverer({
    outbox,
    targets,
    events,
    now: () => clock.now(),
    egress: createEgress(config.alerts.egress),
    action: (model, name) =>
      model === '' && name === operationsAction
        ? config.alerts.operations
        : registry.get(model)?.spec.actions.get(name),
    secrets: (reference) => [resolveSecret(reference, environment()).reveal()],
    random: Math.random,
    pollMs: config.alerts.intervalMs,
    timeoutMs: config.alerts.timeoutMs,
  })
}

interface Telling {
  readonly outbox: Outbox
  readonly events: AlertEvents
  readonly owns: Ownership
  readonly gauges: ModelGauges
}

/** How often models are looked for that were taken over or given away, ms. */
const gaugesMs = 2_000

async function runBeside(deps: Shared, telling: Telling, signal: AbortSignal): Promise<void> {
  const { store, registry, log } = deps
  const { gauges, owns } = telling
  const owned = (): string[] =>
    registry.list().flatMap(({ spec: { model } }) => (owns(model) ? [model] : []))
  const keepGauges = createGaugeKeeper({ store, gauges, owned })
  await Promise.all([
    every(gaugesMs, keepGauges, { signal, log, what: 'read the newest windows of models' }),
    tellOperations(deps, telling, signal),
    mirrorDeadLetters(deps, () => telling.owns(''), signal),
    fitOutlierModels(deps, telling.owns, signal),
  ])
}

async function tellOperations(
  { config, store, clock, log }: Shared,
  { outbox, events, owns }: Telling,
  signal: AbortSignal,
): Promise<void> {
  const { operations, intervalMs } = config.alerts
  if (operations === undefined) return
  const tell = createPartitionAlerts({
    halts: (changedFrom) => store.query(partitionHaltsList({ changedFrom, limit: 10_000 })),
    outbox,
    events,
    now: () => clock.now(),
  })
  const work = async (): Promise<void> => (owns('') ? tell() : undefined)
  await every(intervalMs, work, { signal, log, what: 'tell of halted partitions' })
}
