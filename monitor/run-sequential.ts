import { durationName } from '../core/duration.ts'
import type { ModelSpec } from '../core/model-spec.ts'
import type { Store } from '../store/client.ts'
import { insertMetrics } from '../store/insert-metrics.ts'
import {
  insertSequentialRules,
  insertSequentialStates,
  type SequentialStateRow,
} from '../store/insert-sequential.ts'
import type { MetricRow } from '../store/queries/metric-row.ts'
import { retentionDays } from '../store/queries/profile-windows.ts'
import {
  sequentialRulesRead,
  type SequentialRuleRow,
} from '../store/queries/sequential-rules-read.ts'
import { retractUnfollowed } from './retract-sequential.ts'
import type { ChangedFrom } from './run-step.ts'
import { replaySeries } from './sequential-replay.ts'
import type { SequentialRows } from './sequential-rows.ts'
import { sequentialRules, type MonitoredPart, type SequentialRule } from './sequential-rules.ts'

export interface SequentialDeps {
  readonly store: Store
  /** Epoch ms. */
  readonly now: () => number
}

export interface SequentialRun {
  readonly spec: ModelSpec
  /** Of the spec. */
  readonly revision: number
  /** Whose metrics were written. */
  readonly part: MonitoredPart
  /** Of each width (ms) the first window whose metrics were written, epoch ms. */
  readonly changedFrom: ChangedFrom
}

/**
 * Runs the sequential detectors of a model over everything from the first window that was evaluated on.
 * A function of stored rows: windows that were evaluated are evaluated again after a crash, and then this
 * follows again, from the same state before them. A rule that has not yet seen all that is stored begins at
 * the first window, and counts as complete only once it has come to the end.
 */
export function createSequentialRunner(
  deps: SequentialDeps,
): (run: SequentialRun) => Promise<void> {
  /** Models that never had a rule, by the revision of their file: nothing of theirs is to be looked up. */
  const idle = new Map<string, number>()
  return async ({ spec, revision, part, changedFrom }) => {
    const rules = sequentialRules(spec)
    if (changedFrom.size === 0) return
    if (rules.length === 0 && idle.get(spec.model) === revision) return
    const stored = await deps.store.query(sequentialRulesRead(spec.model))
    await dropRules(deps, spec.model, stored, rules)
    for (const [windowMs, from] of changedFrom) {
      const followed = new Map<SequentialRule, ReadonlySet<string>>()
      for (const rule of rules.filter((r) => r.windowMs === windowMs && r.part === part))
        followed.set(rule, await runRule(deps, spec, rule, { from, stored }))
      if (stored.some((row) => !rules.some((rule) => isOf(row, rule))))
        await retractUnfollowed(deps.store, { model: spec.model, windowMs, from, part, followed })
    }
    if (rules.length === 0 && stored.length === 0) idle.set(spec.model, revision)
  }
}

/** Answers the names that the rule has in results from the window on. */
async function runRule(
  deps: SequentialDeps,
  spec: ModelSpec,
  rule: SequentialRule,
  { from, stored }: { readonly from: number; readonly stored: readonly SequentialRuleRow[] },
): Promise<ReadonlySet<string>> {
  const complete = stored.some((row) => row.complete && isOf(row, rule))
  const writer = new SequentialWriter(deps, spec)
  const names = await replaySeries(deps.store, spec, rule, {
    from: complete ? from : null,
    write: (rows) => writer.write(rows),
  })
  await writer.flush()
  if (!complete) await insertSequentialRules(deps.store, spec.model, [ruleRow(rule)], deps.now())
  return names
}

const isOf = ({ window, rule, scope }: SequentialRuleRow, asked: SequentialRule): boolean =>
  window === durationName(asked.windowMs) && rule === asked.name && scope === asked.scope

const ruleRow = ({ windowMs, name, scope }: SequentialRule): SequentialRuleRow => ({
  window: durationName(windowMs),
  rule: name,
  scope,
  complete: true,
})

/** What goes by without a rule is missing from its states: should it come back, it begins anew. */
async function dropRules(
  { store, now }: SequentialDeps,
  model: string,
  stored: readonly SequentialRuleRow[],
  rules: readonly SequentialRule[],
): Promise<void> {
  const gone = stored.filter((row) => row.complete && !rules.some((rule) => isOf(row, rule)))
  await insertSequentialRules(
    store,
    model,
    gone.map((row) => ({ ...row, complete: false })),
    now(),
  )
}

/** Windows of series that are written together. */
const windowsAtOnce = 10_000

/**
 * Metrics go first: a state says that the metrics of its window are written. Dying in between, the window is
 * computed again, found to be other than its state says, and written again; the other way round it would
 * be found unchanged, and its metrics would never come.
 */
class SequentialWriter {
  readonly #deps: SequentialDeps
  readonly #spec: ModelSpec
  #metrics: MetricRow[] = []
  #states: SequentialStateRow[] = []

  constructor(deps: SequentialDeps, spec: ModelSpec) {
    this.#deps = deps
    this.#spec = spec
  }

  async write(rows: readonly SequentialRows[]): Promise<void> {
    for (const { metrics, state } of rows) {
      this.#metrics.push(...metrics)
      this.#states.push(state)
      if (this.#states.length >= windowsAtOnce) await this.flush()
    }
  }

  async flush(): Promise<void> {
    const { store, now } = this.#deps
    const days = retentionDays(this.#spec.retentionMs.metrics)
    const written = { at: now(), retentionDays: days }
    const [metrics, states] = [this.#metrics, this.#states]
    this.#metrics = []
    this.#states = []
    await insertMetrics(store, metrics, written)
    await insertSequentialStates(store, states, written)
  }
}
