import type { Clock } from '../core/clock.ts'
import { durationName } from '../core/duration.ts'
import type { ModelSpec } from '../core/model-spec.ts'
import { runMonitors, type MonitorsRun, type RunMonitorsDeps } from '../alerts/run-monitors.ts'
import type { AlertEvents } from '../alerts/events.ts'
import type { ModelBinning } from '../store/binning.ts'
import type { RegisteredModel } from '../store/model-registry.ts'
import { evaluateWindows, type EvaluateDeps } from './evaluate-windows.ts'
import type { MonitorEvents } from './events.ts'
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
  readonly alerts: RunMonitorsDeps
  readonly events: MonitorEvents
  readonly alertEvents: Pick<AlertEvents, 'transitioned' | 'planned'>
}

/** Base windows of one go: after a long pause the oldest are visible before the newest are counted. */
const windowsAtOnce = 400
/** How often a model without due windows is asked whether its baselines can be frozen, ms. */
const idleBaselineCheckMs = 10_000

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
  const checkedAt = new Map<string, number>()

  return async (model, progress) => {
    const { spec } = model
    const now = clock.now()
    const due = progress.due(spec.windowMs, now).slice(0, windowsAtOnce)
    const widest = spec.windowsMs.filter((width) => progress.due(width, now).length > 0)
    const idle = due.length === 0 && widest.length === 0
    if (idle && clock.monotonic() < (checkedAt.get(spec.model) ?? -Infinity) + idleBaselineCheckMs)
      return false
    checkedAt.set(spec.model, clock.monotonic())

    const binning = await deps.binningOf(model)
    if (idle) return false
    if (binning === null) {
      events.baselineWaiting(spec.model)
      return false
    }
    const base = await computeBaseWindows(deps, spec, binning, due)
    const changed = new Map<number, number>()
    const step = { deps, spec, binning, evaluated, changed }
    await evaluateWidth(step, spec.windowMs, base)
    // Wider windows only see base windows that are recorded: those of a later go are not.
    const later = progress.due(spec.windowMs, now).slice(due.length)
    const wideDue = spec.windowsMs.slice(1).map((width) => {
      const open = new Set(later.map((start) => Math.floor(start / width) * width))
      return [width, progress.due(width, now).filter((start) => !open.has(start))] as const
    })
    for (const [width, starts] of wideDue) {
      const windows = await lookAtWideWindows(deps, spec, { widthMs: width, binning }, starts)
      await evaluateWidth(step, width, windows)
      await recordWideWindows(deps, spec, width, windows)
    }
    report(
      deps,
      await runMonitors(deps.alerts, { spec, revision: model.revision, changedFrom: changed }),
    )
    progress.done(spec.windowMs, due)
    for (const [width, starts] of wideDue) progress.done(width, starts)
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
}

async function evaluateWidth(
  { deps, spec, binning, evaluated, changed }: Step,
  windowMs: number,
  computed: readonly ComputedWindow[],
): Promise<void> {
  const started = deps.clock.monotonic()
  const key = (start: number): string => `${spec.model}\n${windowMs}\n${start}`
  const windows = computed.filter((w) => w.changed || !evaluated.has(key(w.start), w.content))
  const first = windows[0]
  if (first === undefined) return
  const metrics = await evaluateWindows(deps, { spec, binning, windowMs, windows })
  for (const { start, content } of windows) evaluated.add(key(start), content)
  changed.set(
    windowMs,
    windows.reduce((least, { start }) => Math.min(least, start), first.start),
  )
  deps.events.evaluated({
    model: spec.model,
    window: durationName(windowMs),
    windows: windows.length,
    metrics,
    seconds: (deps.clock.monotonic() - started) / 1000,
  })
}

function report({ alertEvents }: RunModelDeps, { transitions, deliveries }: MonitorsRun): void {
  for (const transition of transitions) alertEvents.transitioned(transition)
  for (const delivery of deliveries) alertEvents.planned(delivery)
}

/** The newest contents by window; the oldest entries are forgotten, which only costs an evaluation. */
class EvaluatedContents {
  readonly #contents = new Map<string, string>()
  static readonly #most = 100_000

  has(window: string, content: string): boolean {
    return this.#contents.get(window) === content
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
