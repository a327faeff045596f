import { durationName } from '../core/duration.ts'
import type { ModelSpec } from '../core/model-spec.ts'
import type { ModelBinning } from '../store/binning.ts'
import type { Store } from '../store/client.ts'
import type { Query, Statement } from '../store/query.ts'
import { windowContents, type WindowContent } from '../store/queries/profile-contents.ts'
import { outcomeContents } from '../store/queries/outcome-contents.ts'
import { outcomeWindows } from '../store/queries/outcome-windows.ts'
import {
  profileWindows,
  retentionDays,
  type WindowRevision,
} from '../store/queries/profile-windows.ts'
import {
  recordWindows,
  windowStates,
  type WindowSeries,
  type WindowState,
  type WindowTable,
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

/** A base window that is to be computed, and how many events it holds where that is known. */
interface WindowToCompute extends WindowRevision {
  readonly n: number
}

/** What is computed of base windows and recorded on its own. */
export interface WindowPart {
  readonly table: WindowTable
  readonly statements: (input: {
    readonly spec: ModelSpec
    readonly binning: ModelBinning
    readonly windows: readonly WindowToCompute[]
  }) => Statement[]
  readonly contents: (model: string, windows: readonly WindowRevision[]) => Query<WindowContent>
}

/** How the values of events are distributed. */
export const profilePart: WindowPart = {
  table: 'windows',
  statements: profileWindows,
  contents: windowContents,
}

/** Sums over events with labels: they change long after the profiles have come to rest, and cost far less. */
export const outcomePart: WindowPart = {
  table: 'outcome_windows',
  statements: outcomeWindows,
  contents: outcomeContents,
}

/** A model, what it counts into, and which part of its windows is meant. */
export interface WindowScope {
  readonly spec: ModelSpec
  readonly binning: ModelBinning
  readonly part: WindowPart
}

const seriesOf = (
  { spec, part }: Pick<WindowScope, 'spec' | 'part'>,
  windowMs: number,
): WindowSeries => ({
  table: part.table,
  model: spec.model,
  window: durationName(windowMs),
  windowMs,
})

/**
 * Counts base windows anew from their events, all in one go, and records them. What was counted holds
 * from the moment they are recorded; a crash before that leaves the windows as they were.
 */
export async function computeBaseWindows(
  deps: WindowDeps,
  scope: WindowScope,
  wanted: readonly { readonly start: number; readonly n: number }[],
): Promise<ComputedWindow[]> {
  if (wanted.length === 0) return []
  const { store } = deps
  const { spec, binning, part } = scope
  const series = seriesOf(scope, spec.windowMs)
  const starts = wanted.map(({ start }) => start)
  const before = byStart(await store.query(windowStates(series, starts)))
  const windows = wanted.map(({ start, n }) => ({
    start,
    n,
    revision: (before.get(start)?.computations ?? 0) + 1,
  }))
  for (const statement of part.statements({ spec, binning, windows }))
    await store.command(statement)
  const contents = byStart(await store.query(part.contents(spec.model, windows)))
  const computed = starts.map((start) =>
    next(start, before.get(start), contents.get(start), binning.id),
  )
  await record(deps, spec, series, computed)
  return computed
}

/** The base windows among these that have been counted, each with the number of its events. */
export async function countedWindows(
  { store }: WindowDeps,
  spec: ModelSpec,
  starts: readonly number[],
): Promise<WindowState[]> {
  const series = seriesOf({ spec, part: profilePart }, spec.windowMs)
  return starts.length === 0 ? [] : store.query(windowStates(series, starts))
}

/** What wider windows contain by now, not recorded yet: that is for when their metrics are written. */
export async function lookAtWideWindows(
  { store }: WindowDeps,
  scope: WindowScope,
  widthMs: number,
  starts: readonly number[],
): Promise<ComputedWindow[]> {
  if (starts.length === 0) return []
  const { spec, binning, part } = scope
  const before = byStart(await store.query(windowStates(seriesOf(scope, widthMs), starts)))
  const base = { table: part.table, baseWindow: durationName(spec.windowMs), widthMs }
  const contents = byStart(await store.query(wideWindowContents(spec.model, base, starts)))
  return starts.map((start) => next(start, before.get(start), contents.get(start), binning.id))
}

export async function recordWideWindows(
  deps: WindowDeps,
  scope: WindowScope,
  widthMs: number,
  windows: readonly ComputedWindow[],
): Promise<void> {
  await record(deps, scope.spec, seriesOf(scope, widthMs), windows)
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
