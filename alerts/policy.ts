import { durationMs, durationName } from '../core/duration.ts'
import {
  learntSettings,
  thresholdPattern,
  type CorrectionName,
  type LearntSettings,
  type ModelSpec,
  type MonitorSpec,
} from '../core/model-spec.ts'
import { defaultAlpha } from './false-alarm-level.ts'

export type Operator = '>' | '>=' | '<' | '<='

export interface Threshold {
  readonly operator: Operator
  readonly limit: number
  /** As somebody wrote it, without surplus spaces. */
  readonly text: string
}

/** A limit as it is asked for: a number, or how it is learnt from what was. */
export type LimitRule = Threshold | LearntSettings

/** What a model's false-alarm budget leaves to one of its monitors. */
export interface BudgetShare {
  /** As somebody wrote it: `1 per 7d`. */
  readonly text: string
  /** How many monitors share it alike. */
  readonly monitors: number
  /** False pages that one window of this monitor may bring. */
  readonly perWindow: number
  readonly correction: CorrectionName
}

/** A monitor with every default filled in. */
export interface MonitorPolicy {
  readonly monitor: string
  /** A metric's name or a method's id. */
  readonly metric: string
  /** Null for every feature. */
  readonly features: ReadonlySet<string> | null
  /** Null for every slice; '' is the whole model. */
  readonly slices: ReadonlySet<string> | null
  /** Baselines whose rows count; '' is a metric that is compared with nothing. */
  readonly baselines: readonly string[]
  readonly windowMs: number
  /** Width by name. */
  readonly window: string
  readonly warn: LimitRule | null
  readonly critical: LimitRule | null
  readonly minSamples: number
  /** Greatest adjusted p-value that still confirms a breach, where no budget says how great. */
  readonly alpha: number
  /** Null: `alpha` holds for every window. */
  readonly budget: BudgetShare | null
  /** How many of the last `n` judged windows must breach. */
  readonly k: number
  readonly n: number
  readonly actions: readonly string[]
}

/**
 * What a monitor of a valid model file means. `untested`: metrics known to have no p-value, which take no
 * part in a budget. Throws a RangeError where validation has been skipped.
 */
export function monitorPolicy(
  spec: ModelSpec,
  monitor: MonitorSpec,
  untested: readonly string[] = [],
): MonitorPolicy {
  const windowMs = monitor.window === undefined ? spec.windowMs : durationMs(monitor.window)
  return {
    monitor: monitor.name,
    metric: monitor.metric,
    features: monitor.features === undefined ? null : new Set(monitor.features),
    slices: watchedSlices(monitor.slices),
    baselines: watchedBaselines(spec, monitor),
    windowMs,
    window: durationName(windowMs),
    warn: limitRule(monitor.warn),
    critical: limitRule(monitor.critical),
    minSamples: monitor.min_samples ?? spec.minSamples,
    alpha: monitor.alpha ?? defaultAlpha,
    budget: budgetShare(spec, monitor, untested),
    ...kOfN(monitor.for ?? '1 of 1'),
    actions: monitor.actions ?? [],
  }
}

function kOfN(text: string): Pick<MonitorPolicy, 'k' | 'n'> {
  const [k, n] = text.split(' of ').map(Number)
  if (k === undefined || n === undefined || !(k >= 1 && k <= n)) {
    throw new RangeError(`"${text}" is no k of n`)
  }
  return { k, n }
}

export const isLearnt = (rule: LimitRule | null): rule is LearntSettings =>
  rule !== null && 'deviations' in rule

function limitRule(limit: MonitorSpec['warn']): LimitRule | null {
  if (limit === undefined) return null
  if (typeof limit !== 'string') return learntSettings(limit.learnt)
  return limit === 'learnt' ? learntSettings({}) : parseThreshold(limit)
}

/** Shares are equal, and a monitor with an `alpha` of its own has none and takes none. */
function budgetShare(
  { falseAlarms, file, correction, windowMs: baseMs }: ModelSpec,
  monitor: MonitorSpec,
  untested: readonly string[],
): BudgetShare | null {
  const shares = ({ alpha, metric }: MonitorSpec): boolean =>
    alpha === undefined && !untested.includes(metric)
  if (falseAlarms === null || !shares(monitor)) return null
  const { budget, perMs } = falseAlarms
  // Of the whole file: which monitors are evaluated together is no matter of statistics.
  const monitors = Math.max(1, (file.monitors ?? []).filter(shares).length)
  const windowMs = monitor.window === undefined ? baseMs : durationMs(monitor.window)
  return {
    text: `${budget} per ${durationName(perMs)}`,
    monitors,
    perWindow: (budget * windowMs) / (perMs * monitors),
    correction,
  }
}

/** `> 0.2` as an operator and a number. Throws a RangeError for anything else. */
export function parseThreshold(text: string): Threshold {
  const match = new RegExp(thresholdPattern).exec(text)
  if (match === null) throw new RangeError(`a threshold is an operator and a number, not "${text}"`)
  const operator = match[1] as Operator
  const limit = Number(match[2])
  return { operator, limit, text: `${operator} ${match[2] ?? ''}` }
}

/** Whether a value is on the wrong side, by the operator exactly as it is written. */
export function isOver({ operator, limit }: Threshold, value: number): boolean {
  switch (operator) {
    case '>':
      return value > limit
    case '>=':
      return value >= limit
    case '<':
      return value < limit
    case '<=':
      return value <= limit
  }
}

function watchedSlices(slices: readonly string[] | undefined): ReadonlySet<string> | null {
  if (slices?.includes('*') === true) return null
  return new Set(slices ?? [''])
}

/** The one named, else the first declared; and metrics such as accuracy that are compared with nothing. */
function watchedBaselines(spec: ModelSpec, monitor: MonitorSpec): string[] {
  const compared = monitor.baseline ?? [...spec.baselines.keys()][0]
  return compared === undefined ? [''] : [compared, '']
}
