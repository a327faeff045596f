import type { ModelSpec } from '../core/model-spec.ts'
import type { MetricRow } from '../store/queries/metric-row.ts'
import { watches } from './evaluate-monitor.ts'
import { reachFactor } from './fold.ts'
import { rowLimits } from './limit-history.ts'
import type { MonitorPolicy } from './policy.ts'
import type { AlertHistory } from './ports.ts'
import type { RowLimits } from './row-limits.ts'
import { verdictOf } from './verdict.ts'

/** The rows that a monitor's states follow from, and what each is judged by. */
export interface JudgedRows {
  readonly rows: readonly MetricRow[]
  /** Of every series at least the last n − 1 windows before with a verdict, within reach. */
  readonly previous: readonly MetricRow[]
  readonly limits: (row: MetricRow) => RowLimits
}

export interface JudgedRowsInput {
  readonly spec: ModelSpec
  readonly policy: MonitorPolicy
  /** The first window that changed, epoch ms. */
  readonly from: number
}

/**
 * Reads what is judged. The store knows which windows have enough data, but not of which a limit could be
 * learnt: where too few of those it gave have a verdict it is asked for more, up to all within reach.
 */
export async function judgedRows(
  history: AlertHistory,
  { spec, policy, from }: JudgedRowsInput,
): Promise<JudgedRows> {
  const { model } = spec
  const most = reachFactor * policy.n
  for (let limit = policy.n - 1; ; limit = Math.min(most, limit * 8)) {
    const { rows, previous } = await history.metrics(model, policy, { from, limit })
    const limits = await rowLimits(history, { spec, policy, rows: [...previous, ...rows] })
    const enough = limit === 0 || limit >= most || !isShort(previous, { policy, limits, limit })
    if (enough) return { rows, previous, limits }
  }
}

interface Given {
  readonly policy: MonitorPolicy
  readonly limits: JudgedRows['limits']
  readonly limit: number
}

/** Whether a series has too few verdicts among as many windows as were asked for. */
function isShort(previous: readonly MetricRow[], { policy, limits, limit }: Given): boolean {
  const windows = new Map<string, { given: Set<number>; judged: Set<number> }>()
  for (const row of previous) {
    if (!watches(policy, row)) continue
    const key = JSON.stringify([row.version, row.variant, row.slice, row.feature])
    const seen = windows.get(key) ?? { given: new Set(), judged: new Set() }
    windows.set(key, seen)
    seen.given.add(row.windowStart)
    if (verdictOf(limits(row), row) !== 'none') seen.judged.add(row.windowStart)
  }
  return [...windows.values()].some(
    ({ given, judged }) => given.size >= limit && judged.size < policy.n - 1,
  )
}
