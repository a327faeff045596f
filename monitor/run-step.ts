import type { Clock } from '../core/clock.ts'
import { durationName } from '../core/duration.ts'
import { traced } from '../core/tracing.ts'
import type { ModelSpec } from '../core/model-spec.ts'
import type { RunMonitorsDeps } from '../alerts/run-monitors.ts'
import type { ModelBinning } from '../store/binning.ts'
import type { EvaluatedContents } from './evaluated-contents.ts'
import type { EvaluateDeps } from './evaluate-windows.ts'
import type { MonitorEvents } from './events.ts'
import type { SequentialRun } from './run-sequential.ts'
import type { ComputedWindow, WindowPart } from './windows.ts'

export interface StepDeps extends EvaluateDeps {
  readonly clock: Clock
  readonly alerts: RunMonitorsDeps
  readonly events: MonitorEvents
}

/** One go over what is due of one model. Nothing of it counts as done before all of it is. */
export interface Step {
  readonly deps: StepDeps
  readonly spec: ModelSpec
  readonly binning: ModelBinning
  readonly evaluated: EvaluatedContents
  /** Follows metrics from window to window, after they were written. */
  readonly sequential: (run: SequentialRun) => Promise<void>
  /** What was evaluated, by window. */
  readonly contents: Map<string, string>
}

/** Windows by their width: their starts. */
export type Starts = Map<number, readonly number[]>

/** Of each width the first window whose metrics were written. */
export type ChangedFrom = Map<number, number>

export const keyOf = (
  { spec }: Pick<Step, 'spec'>,
  { table }: WindowPart,
  windowMs: number,
  start: number,
): string => `${table}\n${spec.model}\n${windowMs}\n${start}`

/** Those that are new to this process or hold something new: they are evaluated, and noted as such. */
export function toEvaluate(
  step: Step,
  part: WindowPart,
  windowMs: number,
  computed: readonly ComputedWindow[],
): ComputedWindow[] {
  const key = (start: number): string => keyOf(step, part, windowMs, start)
  const windows = computed.filter((w) => w.changed || !step.evaluated.has(key(w.start), w.content))
  for (const { start, content } of windows) step.contents.set(key(start), content)
  return windows
}

interface EvaluatedTogether {
  readonly part: 'events' | 'labels'
  readonly windowMs: number
  readonly windows: readonly { readonly start: number }[]
}

/** Evaluates some windows of one width, if there are any; `evaluate` answers how many rows it wrote. */
export async function evaluateAndReport(
  { deps, spec }: Step,
  changed: ChangedFrom,
  { part, windowMs, windows }: EvaluatedTogether,
  evaluate: () => Promise<number>,
): Promise<void> {
  if (windows.length === 0) return
  const started = deps.clock.monotonic()
  const attributes = {
    model: spec.model,
    window: durationName(windowMs),
    part,
    windows: windows.length,
  }
  const metrics = await traced('evaluate windows', { attributes }, evaluate)
  const first = windows.reduce((least, { start }) => Math.min(least, start), Infinity)
  changed.set(windowMs, Math.min(first, changed.get(windowMs) ?? Infinity))
  deps.events.evaluated({
    model: spec.model,
    window: durationName(windowMs),
    windows: windows.length,
    part,
    metrics,
    seconds: (deps.clock.monotonic() - started) / 1000,
  })
}
