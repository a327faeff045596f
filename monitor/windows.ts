import { durationName } from '../core/duration.ts'
import type { ModelSpec } from '../core/model-spec.ts'
import type { ModelBinning } from '../store/binning.ts'
import type { Store } from '../store/client.ts'
import { windowContents, type WindowContent } from '../store/queries/profile-contents.ts'
import { profileWindows, retentionDays } from '../store/queries/profile-windows.ts'
import {
  recordWindows,
  windowStates,
  type WindowSeries,
  type WindowState,
} from '../store/queries/profile-window-states.ts'
import { wideWindowContents } from '../store/queries/wide-window-contents.ts'

export interface WindowDeps {
  readonly store: Store
  /** Epoch ms. */
  readonly now: () => number
}

/** A window after it was looked at again. */
export interface ComputedWindow extends WindowState {
  /** False when it came out as it was. */
  readonly changed: boolean
}

const seriesOf = (spec: ModelSpec, windowMs: number): WindowSeries => ({
  model: spec.model,
  window: durationName(windowMs),
  windowMs,
})

/**
 * Counts base windows anew from their events, all in one go, and records them. Their profiles count
 * from the moment they are recorded; a crash before that leaves the windows as they were.
 */
export async function computeBaseWindows(
  deps: WindowDeps,
  spec: ModelSpec,
  binning: ModelBinning,
  starts: readonly number[],
): Promise<ComputedWindow[]> {
  if (starts.length === 0) return []
  const { store } = deps
  const series = seriesOf(spec, spec.windowMs)
  const before = byStart(await store.query(windowStates(series, starts)))
  const windows = starts.map((start) => ({
    start,
    revision: (before.get(start)?.computations ?? 0) + 1,
  }))
  for (const statement of profileWindows({ spec, binning, windows })) await store.command(statement)
  const contents = byStart(await store.query(windowContents(spec.model, windows)))
  const computed = starts.map((start) =>
    next(start, before.get(start), contents.get(start), binning.id),
  )
  await record(deps, spec, series, computed)
  return computed
}

/** What wider windows contain by now, not recorded yet: that is for when their metrics are written. */
export async function lookAtWideWindows(
  { store }: WindowDeps,
  spec: ModelSpec,
  { widthMs, binning }: { readonly widthMs: number; readonly binning: ModelBinning },
  starts: readonly number[],
): Promise<ComputedWindow[]> {
  if (starts.length === 0) return []
  const before = byStart(await store.query(windowStates(seriesOf(spec, widthMs), starts)))
  const base = { baseWindow: durationName(spec.windowMs), widthMs }
  const contents = byStart(await store.query(wideWindowContents(spec.model, base, starts)))
  return starts.map((start) => next(start, before.get(start), contents.get(start), binning.id))
}

export async function recordWideWindows(
  deps: WindowDeps,
  spec: ModelSpec,
  widthMs: number,
  windows: readonly ComputedWindow[],
): Promise<void> {
  await record(deps, spec, seriesOf(spec, widthMs), windows)
}

async function record(
  { store, now }: WindowDeps,
  spec: ModelSpec,
  series: WindowSeries,
  windows: readonly ComputedWindow[],
): Promise<void> {
  if (windows.length === 0) return
  const days = retentionDays(spec.retentionMs.profiles)
  await store.command(recordWindows(series, windows, { now: now(), days }))
}

/** A window that nothing is left in has content 0, like the empty XOR. */
function next(
  start: number,
  before: WindowState | undefined,
  content: WindowContent | undefined,
  binning: number,
): ComputedWindow {
  const now = content ?? { start, n: 0, content: '0' }
  const changed =
    before?.content !== now.content || before.n !== now.n || before.binning !== binning
  return {
    start,
    n: now.n,
    content: now.content,
    revision: (before?.revision ?? 0) + (changed ? 1 : 0),
    computations: (before?.computations ?? 0) + 1,
    binning,
    changed,
  }
}

const byStart = <T extends { readonly start: number }>(rows: readonly T[]): Map<number, T> =>
  new Map(rows.map((row) => [row.start, row]))
