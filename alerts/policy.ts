import { durationMs, durationName } from '../core/duration.ts'
import { thresholdPattern, type ModelSpec, type MonitorSpec } from '../core/model-spec.ts'

export type Operator = '>' | '>=' | '<' | '<='

export interface Threshold {
  readonly operator: Operator
  readonly limit: number
  /** As somebody wrote it, without surplus spaces. */
  readonly text: string
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
  readonly warn: Threshold | null
  readonly critical: Threshold | null
  readonly minSamples: number
  /** Greatest adjusted p-value that still confirms a breach. */
  readonly alpha: number
  /** How many of the last `n` judged windows must breach. */
  readonly k: number
  readonly n: number
  readonly actions: readonly string[]
}

/** What a monitor of a valid model file means. Throws a RangeError where validation has been skipped. */
export function monitorPolicy(spec: ModelSpec, monitor: MonitorSpec): MonitorPolicy {
  const windowMs = monitor.window === undefined ? spec.windowMs : durationMs(monitor.window)
  const [k, n] = (monitor.for ?? '1 of 1').split(' of ').map(Number)
  if (k === undefined || n === undefined || !(k >= 1 && k <= n)) {
    throw new RangeError(`"${monitor.for ?? ''}" is no k of n`)
  }
  return {
    monitor: monitor.name,
    metric: monitor.metric,
    features: monitor.features === undefined ? null : new Set(monitor.features),
    slices: watchedSlices(monitor.slices),
    baselines: watchedBaselines(spec, monitor),
    windowMs,
    window: durationName(windowMs),
    warn: parseThreshold(monitor.warn),
    critical: parseThreshold(monitor.critical),
    minSamples: monitor.min_samples ?? spec.minSamples,
    alpha: monitor.alpha ?? 0.05,
    k,
    n,
    actions: monitor.actions ?? [],
  }
}

/** `> 0.2` as an operator and a number. Throws a RangeError for anything else. */
export function parseThreshold(text: string): Threshold
export function parseThreshold(text: string | undefined): Threshold | null
export function parseThreshold(text: string | undefined): Threshold | null {
  if (text === undefined) return null
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
