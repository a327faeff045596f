import type { AlertState } from '../core/names.ts'
import type { MetricRow } from '../store/queries/metric-row.ts'
import type { TransitionRow } from '../store/queries/transitions-row.ts'
import { evidenceOf } from './evidence.ts'
import { fold, type FoldedTransition, type JudgedWindow } from './fold.ts'
import type { MonitorPolicy } from './policy.ts'
import type { RowLimits } from './row-limits.ts'
import { reconcile, type ComputedTransition } from './reconcile.ts'
import { seriesId, transitionId, type Series } from './series.ts'
import { verdictOf, type Verdict } from './verdict.ts'

/** All that a monitor's states follow from. */
export interface MonitorInput {
  readonly model: string
  readonly policy: MonitorPolicy
  readonly configRevision: number
  /** The first window that changed, epoch ms; everything later is decided again. */
  readonly from: number
  /** Metrics of windows from `from` on. */
  readonly rows: readonly MetricRow[]
  /** Of every series the last n − 1 judged windows before `from`. */
  readonly previous: readonly MetricRow[]
  /** What a row of either is judged by. */
  readonly limits: (row: MetricRow) => RowLimits
  /** Stored transitions from `from` on, withdrawn ones too. */
  readonly stored: readonly TransitionRow[]
  /** Of every series the last valid transition before `from`. */
  readonly before: readonly TransitionRow[]
  readonly now: number
}

/** What holds for one series after an evaluation. */
export interface SeriesHistory {
  readonly seriesId: string
  readonly series: Series
  /** From the last one before the range on, oldest first. */
  readonly valid: readonly TransitionRow[]
  /** Transitions that did not hold before this evaluation. */
  readonly fresh: ReadonlySet<string>
  /** Stored ones that no longer hold, by window start. */
  readonly withdrawn: readonly TransitionRow[]
  readonly state: AlertState
}

export interface MonitorEvaluation {
  readonly writes: readonly TransitionRow[]
  readonly histories: readonly SeriesHistory[]
}

/**
 * Decides every series of a monitor again from `from` on and says what must be stored. A function
 * of stored rows alone: after a crash the same call gives the same rows. A series that has no row
 * in the range (its features are no longer watched, its events stopped) keeps what it has.
 */
export function evaluateMonitor(input: MonitorInput): MonitorEvaluation {
  const { model, policy } = input
  const idOf = (row: Omit<Series, 'model' | 'monitor'>): string =>
    seriesId(seriesOf(model, policy.monitor, row))
  const watched = input.rows.filter((row) => watches(policy, row))
  const current = groupBy(watched, idOf)
  const previous = groupBy(
    input.previous.filter((row) => watches(policy, row)),
    idOf,
  )
  const stored = groupBy(input.stored, idOf)
  const before = new Map(input.before.map((row) => [idOf(row), row]))

  const writes: TransitionRow[] = []
  const histories: SeriesHistory[] = []
  for (const [id, rows] of current) {
    const evaluated = evaluateSeries(input, {
      id,
      rows,
      previous: previous.get(id) ?? [],
      stored: stored.get(id) ?? [],
      before: before.get(id),
    })
    writes.push(...evaluated.writes)
    histories.push(evaluated.history)
  }
  return { writes, histories }
}

/** Whether a monitor looks at a metric. */
export function watches(policy: MonitorPolicy, row: MetricRow): boolean {
  return (
    (row.metric === policy.metric || row.method === policy.metric) &&
    row.window === policy.window &&
    policy.baselines.includes(row.baseline) &&
    (policy.features?.has(row.feature) ?? true) &&
    (policy.slices?.has(row.slice) ?? true)
  )
}

interface SeriesInput {
  readonly id: string
  readonly rows: readonly MetricRow[]
  readonly previous: readonly MetricRow[]
  readonly stored: readonly TransitionRow[]
  readonly before: TransitionRow | undefined
}

function evaluateSeries(
  { model, policy, limits, configRevision, from, now }: MonitorInput,
  { id, rows, previous, stored, before }: SeriesInput,
): { writes: readonly TransitionRow[]; history: SeriesHistory } {
  const [first] = rows
  if (first === undefined) throw new RangeError('a series has at least one row')
  const series = seriesOf(model, policy.monitor, first)
  const windows = judgedWindows(limits, [...previous, ...rows])
  const computed = fold(policy, windows, from, before?.to ?? 'ok').map((transition) =>
    computedTransition(series, id, transition, evidenceJson(policy, transition, configRevision)),
  )
  const { writes, valid, fresh } = reconcile(stored, computed, now)
  const all = before === undefined ? valid : [before, ...valid]
  const held = new Set(valid.map(({ windowStart }) => windowStart))
  return {
    writes,
    history: {
      seriesId: id,
      series,
      valid: all,
      fresh,
      withdrawn: stored.filter(({ windowStart }) => !held.has(windowStart)),
      state: all.at(-1)?.to ?? 'ok',
    },
  }
}

/** A row beside what it was judged by. */
export interface JudgedRow extends MetricRow {
  readonly limits: RowLimits
}

const evidenceJson = (
  policy: MonitorPolicy,
  transition: FoldedTransition<JudgedRow>,
  configRevision: number,
): string => JSON.stringify(evidenceOf(policy, transition, configRevision))

function computedTransition(
  series: Series,
  id: string,
  { window, from, to }: FoldedTransition<JudgedRow>,
  evidence: string,
): ComputedTransition {
  return {
    ...series,
    windowStart: window.windowStart,
    windowEnd: window.facts.windowEnd,
    transitionId: transitionId(id, window.windowStart, to),
    from,
    to,
    evidence,
    revision: window.facts.revision,
  }
}

const severity: Readonly<Record<Verdict, number>> = { none: 0, ok: 1, warn: 2, critical: 3 }

/** One verdict a window, in order. Where several methods judge one window, the gravest counts. */
function judgedWindows(
  limitsOf: MonitorInput['limits'],
  rows: readonly MetricRow[],
): JudgedWindow<JudgedRow>[] {
  const windows = new Map<number, JudgedWindow<JudgedRow>>()
  for (const row of rows) {
    const limits = limitsOf(row)
    const verdict = verdictOf(limits, row)
    const other = windows.get(row.windowStart)
    const graver =
      other === undefined ||
      severity[verdict] > severity[other.verdict] ||
      (verdict === other.verdict && row.method < other.facts.method)
    if (graver) {
      const facts = { ...row, limits }
      windows.set(row.windowStart, { windowStart: row.windowStart, verdict, facts })
    }
  }
  return [...windows.values()].sort((a, b) => a.windowStart - b.windowStart)
}

function seriesOf(
  model: string,
  monitor: string,
  { version, variant, slice, feature }: Omit<Series, 'model' | 'monitor'>,
): Series {
  return { model, monitor, version, variant, slice, feature }
}

function groupBy<T>(rows: readonly T[], key: (row: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const row of rows) {
    const group = groups.get(key(row))
    if (group === undefined) groups.set(key(row), [row])
    else group.push(row)
  }
  return groups
}
