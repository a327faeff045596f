import { measuresOf } from '../store/queries/outcome-measures.ts'
import { evaluateOutcomes } from './evaluate-outcomes.ts'
import type { ModelProgress } from './progress.ts'
import {
  evaluateAndReport,
  toEvaluate,
  type ChangedFrom,
  type Starts,
  type Step,
} from './run-step.ts'
import {
  computeBaseWindows,
  countedWindows,
  lookAtWideWindows,
  outcomePart,
  recordWideWindows,
  type ComputedWindow,
} from './windows.ts'

/** Base windows of one go to which labels have come. */
const windowsAtOnce = 400

/** What labels have to do with in one go, by width. */
export interface LabelledStarts {
  /** Windows whose own labels wait: done after this go. */
  readonly labelled: Starts
  /** These, and the windows whose events are new. */
  readonly all: Starts
}

/** The windows of one go: those whose events were just counted, and those to which labels have come. */
export function labelledStarts(
  { spec }: Pick<Step, 'spec'>,
  progress: ModelProgress,
  counted: Starts,
  now: number,
): LabelledStarts {
  const due = progress.dueLabelled(spec.windowMs, now)
  const later = due.slice(windowsAtOnce)
  const labelled: Starts = new Map()
  const all: Starts = new Map()
  for (const width of spec.windowsMs) {
    // A wide window waits for its last base window.
    const open = new Set(later.map((start) => Math.floor(start / width) * width))
    const own =
      width === spec.windowMs
        ? due.slice(0, windowsAtOnce)
        : progress.dueLabelled(width, now).filter((start) => !open.has(start))
    labelled.set(width, own)
    all.set(
      width,
      [...new Set([...own, ...(counted.get(width) ?? [])])].sort((a, b) => a - b),
    )
  }
  return { labelled, all }
}

/**
 * Joins events with their labels in these windows and writes what follows: like the profiles, but sums
 * alone, which cost a fraction. A window that came out as it was has no new metrics. Answers where
 * metrics were written.
 */
export async function runOutcomes(step: Step, starts: Starts): Promise<ChangedFrom> {
  const { deps, spec, binning } = step
  const changed: ChangedFrom = new Map()
  if (measuresOf(spec).length === 0) return changed
  const scope = { spec, binning, part: outcomePart }
  // Labels of events that nobody has counted yet wait until somebody does.
  const counted = await countedWindows(deps, spec, starts.get(spec.windowMs) ?? [])
  await evaluate(step, changed, spec.windowMs, await computeBaseWindows(deps, scope, counted))
  for (const width of spec.windowsMs.slice(1)) {
    const windows = await lookAtWideWindows(deps, scope, width, starts.get(width) ?? [])
    await evaluate(step, changed, width, windows)
    await recordWideWindows(deps, scope, width, windows)
  }
  return changed
}

async function evaluate(
  step: Step,
  changed: ChangedFrom,
  windowMs: number,
  computed: readonly ComputedWindow[],
): Promise<void> {
  // A window that no label has ever reached has nothing to say, and nothing to take back.
  const told = toEvaluate(step, outcomePart, windowMs, computed).filter(
    ({ n, revision }) => n > 0 || revision > 1,
  )
  await evaluateAndReport(step, changed, { part: 'labels', windowMs, windows: told }, () =>
    evaluateOutcomes(step.deps, { spec: step.spec, windowMs, windows: told }),
  )
}
