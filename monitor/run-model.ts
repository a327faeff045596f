import type { ModelSpec } from '../core/model-spec.ts'
import { durationMs, durationName } from '../core/duration.ts'
import { needsLabels } from '../detectors/performance/catalogue.ts'
import { isSequentialResult } from '../detectors/sequential/window-series.ts'
import { runMonitors } from '../alerts/run-monitors.ts'
import type { ModelBinning } from '../store/binning.ts'
import type { RegisteredModel } from '../store/model-registry.ts'
import { dependentWindows } from '../store/queries/dependent-windows.ts'
import { windowSizes, type WindowSize } from '../store/queries/window-sizes.ts'
import { EvaluatedContents } from './evaluated-contents.ts'
import { evaluateWindows } from './evaluate-windows.ts'
import { LabelLookups } from './labelled-windows.ts'
import { Patience } from './patience.ts'
import type { ModelProgress } from './progress.ts'
import { labelledStarts, runOutcomes } from './run-outcomes.ts'
import { createSequentialRunner } from './run-sequential.ts'
import {
  evaluateAndReport,
  keyOf,
  toEvaluate,
  type ChangedFrom,
  type Starts,
  type Step,
  type StepDeps,
} from './run-step.ts'
import {
  computeBaseWindows,
  lookAtWideWindows,
  profilePart,
  recordWideWindows,
  type ComputedWindow,
} from './windows.ts'

export interface RunModelDeps extends StepDeps {
  /** Freezes what is due of a model's baselines; null while nothing has frozen the bins. */
  readonly binningOf: (model: RegisteredModel) => Promise<ModelBinning | null>
  /** Nothing is left to freeze: a model without due windows needs no look at its baselines. */
  readonly isSettled: (model: RegisteredModel) => boolean
  /** Least pause between two looks for the windows of new labels, ms. */
  readonly labelIntervalMs: number
}

/** Base windows of one go: after a long pause the oldest are visible before the newest are counted. */
const windowsAtOnce = 400

/**
 * Everything that is due of one model, in the order of its data: base windows are counted, windows of
 * every width evaluated, monitors judged, webhooks planned; then the same for what labels tell. Only then
 * is a window done; a crash at any point before that repeats it.
 */
export function createModelRunner(
  deps: RunModelDeps,
): (model: RegisteredModel, progress: ModelProgress) => Promise<boolean> {
  const { clock, events } = deps
  const evaluated = new EvaluatedContents()
  const patience = new Patience(() => clock.monotonic())
  const lookups = new LabelLookups(deps)
  const sequential = createSequentialRunner(deps)

  return async (model, progress) => {
    const { spec } = model
    const idle = isIdle(spec, progress, clock.now()) && !lookups.isDue(spec, progress)
    if (idle && deps.isSettled(model)) return false
    if (!patience.mayLook(spec.model, !idle)) return false

    const binning = await deps.binningOf(model)
    patience.looked(spec.model, { bins: binning !== null, complete: deps.isSettled(model) })
    if (idle) return false
    if (binning === null) {
      events.baselineWaiting(spec.model)
      return false
    }
    const step: Step = { deps, spec, binning, evaluated, sequential, contents: new Map() }
    const done = await runEvents(step, model.revision, progress)
    const labelled = await runLabels({ step, lookups, progress, counted: done }, model.revision)
    // Only now: a step that failed on the way is taken again as a whole.
    for (const [key, content] of step.contents) evaluated.add(key, content)
    for (const [width, starts] of done) progress.done(width, starts)
    for (const [width, starts] of labelled) progress.doneLabelled(width, starts)
    const last = done.get(spec.windowMs)?.at(-1)
    if (last !== undefined) events.windowDelay(spec.model, clock.now() - last - spec.windowMs)
    return true
  }
}

function isIdle(spec: ModelSpec, progress: ModelProgress, now: number): boolean {
  return spec.windowsMs.every(
    (width) =>
      progress.due(width, now).length === 0 && progress.dueLabelled(width, now).length === 0,
  )
}

/** Answers the windows whose events were counted and judged. */
async function runEvents(step: Step, revision: number, progress: ModelProgress): Promise<Starts> {
  const { deps, spec } = step
  const changedFrom: ChangedFrom = new Map()
  const now = deps.clock.now()
  const due = progress.due(spec.windowMs, now).slice(0, windowsAtOnce)
  const done = await evaluateDue(step, changedFrom, progress, { now, due })
  await step.sequential({ spec, revision, part: 'events', changedFrom })
  const monitors = spec.monitors.filter(({ metric }) => !needsLabels(metric))
  await runMonitors(deps.alerts, { spec: { ...spec, monitors }, revision, changedFrom })
  return done
}

interface LabelStep {
  readonly step: Step
  readonly lookups: LabelLookups
  readonly progress: ModelProgress
  /** Windows whose events were counted just now. */
  readonly counted: Starts
}

/** Answers the windows whose labels are done with. */
async function runLabels(
  { step, lookups, progress, counted }: LabelStep,
  revision: number,
): Promise<Starts> {
  const { deps, spec } = step
  const started = deps.clock.monotonic()
  const looks = lookups.isDue(spec, progress)
  if (looks) await lookups.look(spec, progress)
  const { labelled, all } = labelledStarts(step, progress, counted, deps.clock.now())
  const changedFrom = await runOutcomes(step, all)
  await step.sequential({ spec, revision, part: 'labels', changedFrom })
  // What is followed may hang on labels or not: such monitors are judged after both.
  const monitors = spec.monitors.filter(
    ({ metric }) => needsLabels(metric) || isSequentialResult(metric),
  )
  await runMonitors(deps.alerts, { spec: { ...spec, monitors }, revision, changedFrom })
  if (looks || labelled.get(spec.windowMs)?.length !== 0)
    lookups.spent(spec, progress, deps.clock.monotonic() - started)
  return labelled
}

/** Windows and how many events each holds, which decides how they are counted, to one and the same result. */
async function sized(
  { store }: Pick<StepDeps, 'store'>,
  spec: ModelSpec,
  starts: readonly number[],
): Promise<WindowSize[]> {
  if (starts.length === 0) return []
  const sizes = new Map(
    (await store.query(windowSizes(spec, starts))).map(({ start, n }) => [start, n]),
  )
  return starts.map((start) => ({ start, n: sizes.get(start) ?? 0 }))
}

/** Answers the windows it evaluated. */
async function evaluateDue(
  step: Step,
  changed: ChangedFrom,
  progress: ModelProgress,
  { now, due }: { readonly now: number; readonly due: readonly number[] },
): Promise<Starts> {
  const { deps, spec, binning } = step
  const scope = { spec, binning, part: profilePart }
  const base = await computeBaseWindows(deps, scope, await sized(deps, spec, due))
  const evaluated: Starts = new Map([
    [spec.windowMs, await evaluateWidth(step, changed, spec.windowMs, base)],
  ])
  // Wider windows see only base windows that are recorded: one that waits for a later go waits too.
  const later = progress.due(spec.windowMs, now).slice(due.length)
  const done: Starts = new Map([[spec.windowMs, due]])
  const waiting: Starts = new Map([[spec.windowMs, later]])
  for (const width of spec.windowsMs.slice(1)) {
    const open = new Set(later.map((start) => Math.floor(start / width) * width))
    const starts = progress.due(width, now).filter((start) => !open.has(start))
    const windows = await lookAtWideWindows(deps, scope, width, starts)
    evaluated.set(width, await evaluateWidth(step, changed, width, windows))
    await recordWideWindows(deps, scope, width, windows)
    done.set(width, starts)
    waiting.set(width, [...open])
  }
  await evaluateDependents(step, changed, evaluated, waiting)
  return done
}

/**
 * A base window that comes late, or is revised by late data, is part of the trailing baselines of the
 * windows after it: they are compared again, so that the end is what it would have been had nothing
 * come late. Which ones follows from what was evaluated and not from what changed: after a crash in
 * between nothing changes any more, and they are still to be compared.
 */
async function evaluateDependents(
  step: Step,
  changed: ChangedFrom,
  evaluated: Starts,
  waiting: Starts,
): Promise<void> {
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
      step.evaluated.forget(keyOf(step, profilePart, width, start))
    await writeMetrics(
      step,
      changed,
      width,
      dependents.filter(({ start }) => !later.has(start)),
    )
  }
}

/** Answers the windows it evaluated: those that are new to this process or hold something new. */
async function evaluateWidth(
  step: Step,
  changed: ChangedFrom,
  windowMs: number,
  computed: readonly ComputedWindow[],
): Promise<number[]> {
  const windows = toEvaluate(step, profilePart, windowMs, computed)
  await writeMetrics(step, changed, windowMs, windows)
  return windows.map(({ start }) => start)
}

async function writeMetrics(
  step: Step,
  changed: ChangedFrom,
  windowMs: number,
  windows: readonly { readonly start: number; readonly revision: number }[],
): Promise<void> {
  const { deps, spec, binning } = step
  await evaluateAndReport(step, changed, { part: 'events', windowMs, windows }, () =>
    evaluateWindows(deps, { spec, binning, windowMs, windows }),
  )
}
