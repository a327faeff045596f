import type { Clock } from '../core/clock.ts'
import { durationMs, durationName } from '../core/duration.ts'
import type { ModelSpec } from '../core/model-spec.ts'
import { runMonitors, type RunMonitorsDeps } from '../alerts/run-monitors.ts'
import type { ModelBinning } from '../store/binning.ts'
import type { RegisteredModel } from '../store/model-registry.ts'
import { dependentWindows } from '../store/queries/dependent-windows.ts'
import { evaluateWindows, type EvaluateDeps } from './evaluate-windows.ts'
import type { MonitorEvents } from './events.ts'
import { Patience } from './patience.ts'
import type { ModelProgress } from './progress.ts'
import {
  computeBaseWindows,
  lookAtWideWindows,
  recordWideWindows,
  type ComputedWindow,
} from './windows.ts'

export interface RunModelDeps extends EvaluateDeps {
  readonly clock: Clock
  /** Freezes what is due of a model's baselines; null while nothing has frozen the bins. */
  readonly binningOf: (model: RegisteredModel) => Promise<ModelBinning | null>
  /** Nothing is left to freeze: a model without due windows needs no look at its baselines. */
  readonly isSettled: (model: RegisteredModel) => boolean
  readonly alerts: RunMonitorsDeps
  readonly events: MonitorEvents
}

/** Base windows of one go: after a long pause the oldest are visible before the newest are counted. */
const windowsAtOnce = 400
/**
 * Everything that is due of one model, in the order of its data: base windows are counted, windows of
 * every width evaluated, monitors judged, webhooks planned. Only then is a window done; a crash at
 * any point before that repeats it.
 */
export function createModelRunner(
  deps: RunModelDeps,
): (model: RegisteredModel, progress: ModelProgress) => Promise<boolean> {
  const { clock, events } = deps
  // Windows whose present content this process has evaluated: computed again and unchanged, they
  // need nothing more. After a restart everything still pending is evaluated once.
  const evaluated = new EvaluatedContents()
  const patience = new Patience(() => clock.monotonic())

  return async (model, progress) => {
    const { spec } = model
    const now = clock.now()
    const due = progress.due(spec.windowMs, now).slice(0, windowsAtOnce)
    const widest = spec.windowsMs.filter((width) => progress.due(width, now).length > 0)
    const idle = due.length === 0 && widest.length === 0
    if (idle && deps.isSettled(model)) return false
    if (!patience.mayLook(spec.model, !idle)) return false

    const binning = await deps.binningOf(model)
    patience.looked(spec.model, { bins: binning !== null, complete: deps.isSettled(model) })
    if (idle) return false
    if (binning === null) {
      events.baselineWaiting(spec.model)
      return false
    }
    const step: Step = { deps, spec, binning, evaluated, changed: new Map(), contents: new Map() }
    const done = await evaluateDue(step, progress, { now, due })
    await runMonitors(deps.alerts, { spec, revision: model.revision, changedFrom: step.changed })
    // Only now: a step that failed on the way is taken again as a whole.
    for (const [key, content] of step.contents) evaluated.add(key, content)
    for (const [width, starts] of done) progress.done(width, starts)
    const last = due.at(-1)
    if (last !== undefined) events.windowDelay(spec.model, clock.now() - last - spec.windowMs)
    return true
  }
}

interface Step {
  readonly deps: RunModelDeps
  readonly spec: ModelSpec
  readonly binning: ModelBinning
  readonly evaluated: EvaluatedContents
  /** Of each width the first window whose metrics were written. */
  readonly changed: Map<number, number>
  /** What was evaluated, by window. */
  readonly contents: Map<string, string>
}

/** Windows by their width: their starts. */
type Starts = Map<number, readonly number[]>

/** Answers the windows that are evaluated by now. */
async function evaluateDue(
  step: Step,
  progress: ModelProgress,
  { now, due }: { readonly now: number; readonly due: readonly number[] },
): Promise<Starts> {
  const { deps, spec, binning } = step
  const base = await computeBaseWindows(deps, spec, binning, due)
  const evaluated: Starts = new Map([
    [spec.windowMs, await evaluateWidth(step, spec.windowMs, base)],
  ])
  // Wider windows see only base windows that are recorded: one that waits for a later go waits too.
  const later = progress.due(spec.windowMs, now).slice(due.length)
  const done: Starts = new Map([[spec.windowMs, due]])
  const waiting: Starts = new Map([[spec.windowMs, later]])
  for (const width of spec.windowsMs.slice(1)) {
    const open = new Set(later.map((start) => Math.floor(start / width) * width))
    const starts = progress.due(width, now).filter((start) => !open.has(start))
    const windows = await lookAtWideWindows(deps, spec, { widthMs: width, binning }, starts)
    evaluated.set(width, await evaluateWidth(step, width, windows))
    await recordWideWindows(deps, spec, width, windows)
    done.set(width, starts)
    waiting.set(width, [...open])
  }
  await evaluateDependents(step, evaluated, waiting)
  return done
}

/**
 * A base window that comes late, or is revised by late data, is part of the trailing baselines of the
 * windows after it: they are compared again, so that the end is what it would have been had nothing
 * come late. Which ones follows from what was evaluated and not from what changed: after a crash in
 * between nothing changes any more, and they are still to be compared.
 */
async function evaluateDependents(step: Step, evaluated: Starts, waiting: Starts): Promise<void> {
  const { deps, spec } = step
  const reach = Math.max(
    0,
    ...[...spec.baselines.values()].map((b) => ('trailing' in b ? durationMs(b.trailing) : 0)),
  )
  const base = evaluated.get(spec.windowMs) ?? []
  if (reach === 0 || base.length === 0) return
  const range = {
    after: base.reduce((a, b) => Math.min(a, b), Infinity),
    upTo: base.reduce((a, b) => Math.max(a, b), -Infinity) + reach,
  }
  for (const width of spec.windowsMs) {
    const [just, later] = [new Set(evaluated.get(width)), new Set(waiting.get(width))]
    const known = await deps.store.query(dependentWindows(spec.model, durationName(width), range))
    const dependents = known.filter(
      ({ start }) => !just.has(start) && base.some((b) => b < start && start <= b + reach),
    )
    for (const { start } of dependents.filter(({ start }) => later.has(start)))
      step.evaluated.forget(keyOf(spec, width, start))
    await writeMetrics(
      step,
      width,
      dependents.filter(({ start }) => !later.has(start)),
    )
  }
}

const keyOf = ({ model }: ModelSpec, windowMs: number, start: number): string =>
  `${model}\n${windowMs}\n${start}`

/** Answers the windows it evaluated: those that are new to this process or hold something new. */
async function evaluateWidth(
  step: Step,
  windowMs: number,
  computed: readonly ComputedWindow[],
): Promise<number[]> {
  const { spec, evaluated, contents } = step
  const key = (start: number): string => keyOf(spec, windowMs, start)
  const windows = computed.filter((w) => w.changed || !evaluated.has(key(w.start), w.content))
  await writeMetrics(step, windowMs, windows)
  for (const { start, content } of windows) contents.set(key(start), content)
  return windows.map(({ start }) => start)
}

async function writeMetrics(
  { deps, spec, binning, changed }: Step,
  windowMs: number,
  windows: readonly { readonly start: number; readonly revision: number }[],
): Promise<void> {
  if (windows.length === 0) return
  const started = deps.clock.monotonic()
  const metrics = await evaluateWindows(deps, { spec, binning, windowMs, windows })
  const first = windows.reduce((least, { start }) => Math.min(least, start), Infinity)
  changed.set(windowMs, Math.min(first, changed.get(windowMs) ?? Infinity))
  deps.events.evaluated({
    model: spec.model,
    window: durationName(windowMs),
    windows: windows.length,
    metrics,
    seconds: (deps.clock.monotonic() - started) / 1000,
  })
}

/** The newest contents by window; the oldest entries are forgotten, which only costs an evaluation. */
class EvaluatedContents {
  readonly #contents = new Map<string, string>()
  static readonly #most = 100_000

  has(window: string, content: string): boolean {
    return this.#contents.get(window) === content
  }

  forget(window: string): void {
    this.#contents.delete(window)
  }

  add(window: string, content: string): void {
    this.#contents.delete(window)
    this.#contents.set(window, content)
    if (this.#contents.size <= EvaluatedContents.#most) return
    for (const oldest of this.#contents.keys()) {
      this.#contents.delete(oldest)
      return
    }
  }
}
