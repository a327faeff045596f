import type { MetricRow } from '../store/queries/metric-row.ts'
import { falseAlarmLevel, type TestFamily } from './false-alarm-level.ts'
import {
  learntFrom,
  learntThresholds,
  type LearntFrom,
  type SeriesPast,
  type TimeRange,
} from './learnt-limit.ts'
import {
  isLearnt,
  isOver,
  type BudgetShare,
  type LimitRule,
  type MonitorPolicy,
  type Threshold,
} from './policy.ts'

/** A limit as it holds for one window of one series: a value over any threshold is a breach. */
export interface Limit {
  /** Null: there is too little to learn it from. */
  readonly thresholds: readonly Threshold[] | null
  /** Null for a fixed limit, and while there is too little. */
  readonly learnt: LearntFrom | null
}

/** How a significance level follows from a false-alarm budget. */
export interface BudgetUse {
  readonly budget: string
  readonly monitors: number
  /** Of the window: what is adjusted together, and p-values in all. */
  readonly families: number
  readonly tests: number
}

/** All that one row is judged by. */
export interface RowLimits {
  /** Null where none is asked for. */
  readonly warn: Limit | null
  readonly critical: Limit | null
  readonly minSamples: number
  readonly alpha: number
  /** Null where `alpha` does not follow from a budget. */
  readonly budget: BudgetUse | null
}

/** How many p-values one family of one window has. */
export interface FamilySize {
  /** Epoch ms. */
  readonly windowStart: number
  readonly tests: number
  /** Those that nothing was adjusted for. */
  readonly unadjusted: number
}

/** What the limits of some rows follow from. */
export interface LimitFacts {
  readonly policy: MonitorPolicy
  /** Of every window that is judged; empty without a budget. */
  readonly families: readonly FamilySize[]
  /** The past of a series, by `pastKey`. */
  readonly past: (row: MetricRow) => SeriesPast
  /** Where baselines that limits are learnt from lie; none while one is not complete. */
  readonly ranges: ReadonlyMap<string, BaselinePast>
}

/** The windows of a baseline. */
export interface BaselinePast {
  readonly range: TimeRange
  readonly past: (row: MetricRow) => SeriesPast
}

/** The threshold that a value is over, or else all there are; null while they are not known. */
export function limitText({ thresholds }: Limit, value: number | null): string | null {
  if (thresholds === null) return null
  const over = thresholds.filter((threshold) => value !== null && isOver(threshold, value))
  return (over.length > 0 ? over : thresholds).map(({ text }) => text).join(' or ')
}

/** The limits of one row after the other. A function of stored rows alone. */
export function createRowLimits(facts: LimitFacts): (row: MetricRow) => RowLimits {
  const { policy } = facts
  const levels = levelsByWindow(facts)
  const fixed = { alpha: policy.alpha, budget: null }
  return (row) => {
    const critical = limitOf(facts, policy.critical, row, null)
    return {
      warn: limitOf(facts, policy.warn, row, sameFrame(policy) ? critical : null),
      critical,
      minSamples: policy.minSamples,
      ...(policy.budget === null ? fixed : (levels.get(row.windowStart) ?? fixed)),
    }
  }
}

/** Whether both limits are learnt from the same windows in the same way. */
function sameFrame({ warn, critical }: MonitorPolicy): boolean {
  if (!isLearnt(warn) || !isLearnt(critical)) return false
  return (['center', 'overMs', 'from', 'minWindows', 'seasonal'] as const).every(
    (key) => warn[key] === critical[key],
  )
}

function limitOf(
  { past, ranges }: LimitFacts,
  rule: LimitRule | null,
  row: MetricRow,
  known: Limit | null,
): Limit | null {
  if (rule === null) return null
  if (!isLearnt(rule)) return { thresholds: [rule], learnt: null }
  const baseline = rule.from === null ? null : ranges.get(rule.from)
  const learnt =
    known !== null
      ? known.learnt
      : baseline === undefined
        ? null
        : learntFrom(rule, (baseline?.past ?? past)(row), row.windowStart, baseline?.range ?? null)
  return { thresholds: learnt === null ? null : learntThresholds(rule, learnt), learnt }
}

type Level = Pick<RowLimits, 'alpha' | 'budget'>

function levelsByWindow({ policy, families }: LimitFacts): Map<number, Level> {
  const levels = new Map<number, Level>()
  const { budget } = policy
  if (budget === null) return levels
  const windows = new Map<number, FamilySize[]>()
  for (const family of families) {
    const window = windows.get(family.windowStart)
    if (window === undefined) windows.set(family.windowStart, [family])
    else window.push(family)
  }
  for (const [start, sizes] of windows) levels.set(start, levelOf(policy, budget, sizes))
  return levels
}

function levelOf(
  { k, n }: MonitorPolicy,
  { text, monitors, perWindow, correction }: BudgetShare,
  sizes: readonly FamilySize[],
): Level {
  const families = sizes.map(({ tests, unadjusted }): TestFamily => ({
    tests,
    // What is judged by its bare p-value was corrected by nobody, whatever the model asks for.
    correction: unadjusted > 0 ? 'none' : correction,
  }))
  const tests = sizes.reduce((sum, size) => sum + size.tests, 0)
  return {
    alpha: falseAlarmLevel({ perWindow, families, k, n }),
    budget: { budget: text, monitors, families: families.length, tests },
  }
}
