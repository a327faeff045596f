import type { ModelSpec } from '../core/model-spec.ts'
import type { DeliveryRow } from '../store/queries/deliveries-row.ts'
import type { TransitionRow } from '../store/queries/transitions-row.ts'
import type { AlertEvents } from './events.ts'
import { evaluateMonitor, type MonitorEvaluation } from './evaluate-monitor.ts'
import { explainTransitions } from './explain-transitions.ts'
import { judgedRows } from './judged-rows.ts'
import { planDeliveries } from './plan-deliveries.ts'
import { monitorPolicy, type MonitorPolicy } from './policy.ts'
import type { AlertHistory, Explainer, Outbox } from './ports.ts'

export interface RunMonitorsDeps {
  readonly history: AlertHistory
  readonly outbox: Pick<Outbox, 'save'>
  readonly events: Pick<AlertEvents, 'transitioned' | 'planned' | 'settled'>
  /** Epoch ms. */
  readonly now: () => number
  readonly links?: (model: string, monitor: string) => Readonly<Record<string, string>>
  /** Absent: nobody is told which bins made a breach. */
  readonly explainer?: Explainer
  /** Metrics that have no p-value, by name or method: they take no part in a false-alarm budget. */
  readonly untested?: readonly string[]
}

export interface RunMonitorsInput {
  readonly spec: ModelSpec
  /** Of the spec. */
  readonly revision: number
  /** Of each window width (ms) the first window whose metrics were written, epoch ms. */
  readonly changedFrom: ReadonlyMap<number, number>
}

export interface MonitorsRun {
  readonly transitions: readonly TransitionRow[]
  readonly deliveries: readonly DeliveryRow[]
}

/**
 * Evaluates every monitor of a model whose windows have changed, and stores what follows: first the
 * deliveries, then the transitions. A crash in between leaves transitions that the next run finds
 * new again and deliveries it finds told already; the other order would lose the notice.
 */
export async function runMonitors(
  deps: RunMonitorsDeps,
  { spec, revision, changedFrom }: RunMonitorsInput,
): Promise<MonitorsRun> {
  const transitions: TransitionRow[] = []
  const deliveries: DeliveryRow[] = []
  for (const monitor of spec.monitors) {
    const policy = monitorPolicy(spec, monitor, deps.untested)
    const from = changedFrom.get(policy.windowMs)
    if (from === undefined) continue
    const run = await runMonitor(deps, { spec, revision, policy, from })
    transitions.push(...run.transitions)
    deliveries.push(...run.deliveries)
  }
  return { transitions, deliveries }
}

interface RunMonitorInput {
  readonly spec: ModelSpec
  readonly revision: number
  readonly policy: MonitorPolicy
  readonly from: number
}

async function runMonitor(
  deps: RunMonitorsDeps,
  { spec, revision, policy, from }: RunMonitorInput,
): Promise<MonitorsRun> {
  const { model } = spec
  const { rows, previous, limits } = await judgedRows(deps.history, { spec, policy, from })
  if (rows.length === 0) return { transitions: [], deliveries: [] }
  const { stored, before } = await deps.history.transitions(model, policy.monitor, from)
  const now = deps.now()
  const decided = evaluateMonitor({
    ...{ model, policy, configRevision: revision, from, now },
    ...{ rows, previous, limits, stored, before },
  })
  const { explainer } = deps
  const evaluation =
    explainer === undefined
      ? decided
      : await explainTransitions(explainer, { spec, policy, evaluation: decided, from, now })
  const since = Math.min(from, ...before.map(({ windowStart }) => windowStart))
  const deliveries =
    policy.actions.length === 0
      ? []
      : await plan(deps, { spec, revision, policy, evaluation, since, now })
  await deps.outbox.save(deliveries)
  await deps.history.saveTransitions(evaluation.writes)
  for (const delivery of deliveries) {
    if (delivery.state === 'cancelled') deps.events.settled(delivery)
    else deps.events.planned(delivery)
  }
  const fresh = new Set(evaluation.histories.flatMap((history) => [...history.fresh]))
  for (const transition of evaluation.writes) {
    // The rest only got new evidence for what was known.
    if (!transition.valid || fresh.has(transition.transitionId))
      deps.events.transitioned(transition)
  }
  return { transitions: evaluation.writes, deliveries }
}

interface PlanStep {
  readonly spec: ModelSpec
  readonly revision: number
  readonly policy: MonitorPolicy
  readonly evaluation: MonitorEvaluation
  readonly since: number
  readonly now: number
}

async function plan(deps: RunMonitorsDeps, step: PlanStep): Promise<DeliveryRow[]> {
  const { spec, policy, evaluation } = step
  const links = deps.links?.(spec.model, policy.monitor)
  return planDeliveries({
    model: spec.model,
    policy,
    configRevision: step.revision,
    actions: spec.actions,
    histories: evaluation.histories,
    told: await deps.history.told(spec.model, policy.monitor, step.since),
    lastFiring: await deps.history.lastFiring(spec.model),
    now: step.now,
    ...(links === undefined ? {} : { links }),
    ...(deps.explainer === undefined ? {} : { rank: deps.explainer.rank }),
  })
}
