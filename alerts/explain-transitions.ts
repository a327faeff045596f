import type { ModelSpec } from '../core/model-spec.ts'
import type { TransitionRow } from '../store/queries/transitions-row.ts'
import type { MonitorEvaluation, SeriesHistory } from './evaluate-monitor.ts'
import { withExplanation, type Evidence } from './evidence.ts'
import type { MonitorPolicy } from './policy.ts'
import type { Explainer } from './ports.ts'

/** Breaches of one window that are explained: the greatest effects. */
const mostExplained = 50

export interface ExplainInput {
  readonly spec: ModelSpec
  readonly policy: MonitorPolicy
  readonly evaluation: MonitorEvaluation
  /** First window of the evaluation, epoch ms. */
  readonly from: number
  readonly now: number
}

/**
 * The evaluation with evidence that says which bins made each breach. Only new and rewritten
 * transitions are explained, and of stored ones those that lack it, or whose reference may have moved
 * since. Which of a window are explained hangs on the transitions that hold and not on when they were
 * found, so that late data and repetition end with the same evidence.
 */
export async function explainTransitions(
  explainer: Explainer,
  { spec, policy, evaluation, from, now }: ExplainInput,
): Promise<MonitorEvaluation> {
  const written = new Set(evaluation.writes.map(({ transitionId }) => transitionId))
  const breaches = evaluation.histories
    .flatMap(({ valid }) => valid)
    .filter(({ windowStart, to }) => windowStart >= from && to !== 'ok')
    .map((row) => ({ row, evidence: JSON.parse(row.evidence) as Evidence }))
  const { chosen, others } = greatestOfEachWindow(breaches)
  const open = chosen.filter(
    ({ row, evidence }) =>
      written.has(row.transitionId) ||
      evidence.contributions === undefined ||
      isMoving(spec, evidence.baseline),
  )
  const explanations = await explainer.explain(spec, policy.windowMs, open.map(breachOf))
  const changed = new Map<string, TransitionRow>()
  const change = ({ row }: Judged, explanation: (typeof explanations)[number]): void => {
    const evidence = withExplanation(row.evidence, explanation)
    if (evidence === row.evidence) return
    // The greatest change wins in the table; a row that is written anyway is later than the stored one.
    const changedAt = written.has(row.transitionId)
      ? row.changedAt
      : Math.max(now, row.changedAt + 1)
    changed.set(row.transitionId, { ...row, evidence, changedAt })
  }
  for (const [i, judged] of open.entries()) change(judged, explanations[i] ?? null)
  for (const judged of others) change(judged, null)
  return withRows(evaluation, changed)
}

interface Judged {
  readonly row: TransitionRow
  readonly evidence: Evidence
}

function greatestOfEachWindow(breaches: readonly Judged[]): {
  chosen: readonly Judged[]
  others: readonly Judged[]
} {
  const windows = new Map<number, Judged[]>()
  for (const breach of breaches) {
    const window = windows.get(breach.row.windowStart)
    if (window === undefined) windows.set(breach.row.windowStart, [breach])
    else window.push(breach)
  }
  const ranked = [...windows.values()].map((window) => window.sort(byEffect))
  return {
    chosen: ranked.flatMap((window) => window.slice(0, mostExplained)),
    others: ranked.flatMap((window) => window.slice(mostExplained)),
  }
}

const size = ({ evidence: { effect, value } }: Judged): number => Math.abs(effect ?? value ?? 0)

const byEffect = (a: Judged, b: Judged): number =>
  size(b) - size(a) || (a.row.transitionId < b.row.transitionId ? -1 : 1)

/** Late data changes what a window is compared with, though not the window, or even its metric. */
function isMoving({ baselines }: ModelSpec, name: string): boolean {
  const source = baselines.get(name)
  return source !== undefined && ('trailing' in source || 'version' in source)
}

const breachOf = ({ row, evidence: { metric, baseline } }: Judged) => ({
  ...{ version: row.version, variant: row.variant, slice: row.slice, feature: row.feature },
  ...{ windowStart: row.windowStart, metric, baseline },
})

function withRows(
  { writes, histories }: MonitorEvaluation,
  changed: ReadonlyMap<string, TransitionRow>,
): MonitorEvaluation {
  if (changed.size === 0) return { writes, histories }
  const now = (row: TransitionRow): TransitionRow => changed.get(row.transitionId) ?? row
  const written = new Set(writes.map(({ transitionId }) => transitionId))
  return {
    writes: [
      ...writes.map(now),
      ...[...changed.values()].filter(({ transitionId }) => !written.has(transitionId)),
    ],
    histories: histories.map((history): SeriesHistory => ({
      ...history,
      valid: history.valid.map(now),
    })),
  }
}
