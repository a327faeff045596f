import type { FeatureSpec, ModelSpec } from '../../core/model-spec.ts'
import { countLength, type ModelBinning } from '../binning.ts'
import type { Statement } from '../query.ts'
import { sliceNames } from '../slices.ts'
import { profileColumns, profileSelect, type ProfiledSource } from './profile-features.ts'
import {
  eventsRelation,
  insertSelectSettings,
  sourcesOf,
  type TimeRange,
} from './profile-source.ts'
import { blockSettings, derivationsOf } from './source.ts'

/** A base window to profile: its start, epoch ms, and the revision its rows get. */
export interface WindowRevision {
  readonly start: number
  readonly revision: number
}

/** A window, and about how many events it holds, where that is known. */
export interface WindowToProfile extends WindowRevision {
  readonly n?: number
}

export interface ProfileWindowsInput {
  readonly spec: ModelSpec
  readonly binning: ModelBinning
  readonly windows: readonly WindowToProfile[]
}

// One statement's text and syntax tree stay far below the engine's limits (256 KiB, 50 000 nodes).
const maxEdgesAStatement = 2000
const maxSourcesAStatement = 40
// Windows apart from each other become conditions of their own.
const maxRangesAStatement = 64
const maxGroupBytes = 256 * 2 ** 20
// A text takes tens of microseconds: windows without end would meet the deadline of a statement.
const maxDescribedWindows = 16
// Up to here a search of the bins takes less than the planning of a comparison with every edge.
const fewEvents = 100_000
// Cells that are sorted at once: some hundred megabytes.
const maxOrderedCells = 32_000_000
// Columns that are read beside the sources.
const otherColumns = 10
// Rows are stored by the hour of their event, and within it by id.
const storedTogetherMs = 3_600_000
// Versions times variants seen at once, and the threads that each hold the groups.
const armsAtOnce = 2
const threads = 2

/**
 * Statements that write the profiles of base windows into table `profiles`, in the order to run them.
 * Each scans its windows' events once and writes every slice of some features. A window's rows count
 * only once its revision stands in table `windows`, so a crash between two statements shows nowhere.
 */
export function profileWindows({ spec, binning, windows }: ProfileWindowsInput): Statement[] {
  const sorted = [...windows].sort((a, b) => a.start - b.start)
  return sourceChunks(profiledSources(spec, binning)).flatMap((sources, chunk) => {
    const windowsAtMost = windowsAStatement(sources, binning)
    const events = mostOrdered(spec, sources) ?? Infinity
    return windowChunks(sorted, spec.windowMs, { windows: windowsAtMost, events }).map((due) =>
      profileStatement({ spec, binning, windows: due }, sources, chunk === 0),
    )
  })
}

/** Events that may be put into the order of their windows at once; null where that is not worth it. */
const mostOrdered = (spec: ModelSpec, sources: readonly ProfiledSource[]): number | null =>
  spec.windowMs >= storedTogetherMs || derivationsOf(sources).length > 0
    ? null
    : Math.floor(maxOrderedCells / (sources.length + otherColumns))

function profileStatement(
  { spec, binning, windows }: ProfileWindowsInput,
  sources: readonly ProfiledSource[],
  software: boolean,
): Statement {
  const events = windows.reduce((sum, { n = Infinity }) => sum + n, 0)
  const binBy = events <= fewEvents ? 'search' : 'comparison'
  const { sql, params } = profileSelect({
    relation: eventsRelation(spec, joinedRanges(windows, spec.windowMs)),
    keys: [
      ['w', `intDiv(toUnixTimestamp64Milli(ts), ${spec.windowMs}) * ${spec.windowMs}`],
      ['version', 'version'],
      ['variant', 'variant'],
    ],
    sources,
    slices: binning.slices,
    software,
    binBy,
    ordered: windows.length > 1 && events <= (mostOrdered(spec, sources) ?? 0),
  })
  return {
    name: 'profile-windows',
    sql: `INSERT INTO profiles (model, window_start, version, variant, ${profileColumns.join(', ')}, binning, revision, delete_after)
SELECT
  {model:String}, toDateTime(intDiv(w, 1000), 'UTC') AS window_start, version, variant, ${profileColumns.join(', ')},
  {binning:UInt32}, {revisions:Array(UInt32)}[indexOf({starts:Array(Int64)}, w)],
  greatest(toDate(window_start), today()) + {days:UInt32}
FROM (${sql}
)`,
    params: {
      ...params,
      model: spec.model,
      binning: binning.id,
      starts: windows.map(({ start }) => start),
      revisions: windows.map(({ revision }) => revision),
      days: retentionDays(spec.retentionMs.profiles),
    },
    settings: {
      ...insertSelectSettings,
      ...blockSettings(derivationsOf(sources)),
      // No answer depends on the order, so the engine would not sort.
      query_plan_remove_redundant_sorting: 0,
      // Comparisons with every edge are worth compiling at once, not only when they come a third time.
      ...(binBy === 'comparison' ? { min_count_to_compile_expression: 0 } : {}),
    },
  }
}

/** Whole days a row is kept after its window or its computation, whichever is later; at least one. */
export const retentionDays = (ms: number): number =>
  // A Date of the engine ends in 2149.
  Math.min(40_000, Math.max(1, Math.ceil(ms / 86_400_000)))

/** Every source with its bins and its range: the declared one, else the reference's. */
export function profiledSources(spec: ModelSpec, binning: ModelBinning): ProfiledSource[] {
  return sourcesOf(spec, binning.references).map((source) => {
    const bins = binning.features.get(source.name)
    // A feature that was declared anew with another type is a new feature, without bins so far.
    const fitting = bins?.kind === source.kind ? bins : null
    const declared: Partial<FeatureSpec> = spec.features.get(source.name) ?? {}
    const reference = fitting?.kind === 'numeric' ? fitting : null
    return {
      ...source,
      bins: fitting,
      low: declared.min ?? reference?.low ?? null,
      high: declared.max ?? reference?.high ?? null,
    }
  })
}

export function sourceChunks(sources: readonly ProfiledSource[]): ProfiledSource[][] {
  const chunks: ProfiledSource[][] = []
  let edges = Infinity
  for (const source of sources) {
    const more = source.bins === null ? 1 : countLength(source.bins)
    const last = chunks.at(-1)
    if (
      last === undefined ||
      edges + more > maxEdgesAStatement ||
      last.length >= maxSourcesAStatement
    ) {
      chunks.push([source])
      edges = more
    } else {
      last.push(source)
      edges += more
    }
  }
  return chunks.length === 0 ? [[]] : chunks
}

/** How many windows' groups fit into the memory set aside for them. */
function windowsAStatement(sources: readonly ProfiledSource[], binning: ModelBinning): number {
  const groupBytes = sources.reduce(
    (sum, { bins }) => sum + 8 * (4 + (bins === null ? 0 : countLength(bins))) + 128,
    256,
  )
  const slices = [...binning.slices.values()].reduce((n, s) => n + sliceNames(s).length, 1)
  const fit = Math.floor(maxGroupBytes / (groupBytes * slices * armsAtOnce * threads))
  const described = derivationsOf(sources).length > 0
  return Math.max(1, described ? Math.min(fit, maxDescribedWindows) : fit)
}

function windowChunks(
  sorted: readonly WindowToProfile[],
  windowMs: number,
  atMost: { readonly windows: number; readonly events: number },
): WindowToProfile[][] {
  const chunks: WindowToProfile[][] = []
  let separate = 0
  let events = 0
  for (const window of sorted) {
    const last = chunks.at(-1)
    const { n = 0 } = window
    const adjoins = last?.at(-1)?.start === window.start - windowMs
    if (
      last === undefined ||
      last.length >= atMost.windows ||
      events + n > atMost.events ||
      (!adjoins && separate >= maxRangesAStatement)
    ) {
      chunks.push([window])
      separate = 1
      events = n
    } else {
      last.push(window)
      if (!adjoins) separate++
      events += n
    }
  }
  return chunks
}

/** The time of some windows, oldest first, adjoining windows as one. */
export function joinedRanges(
  windows: readonly Pick<WindowRevision, 'start'>[],
  windowMs: number,
): TimeRange[] {
  const joined: { from: number; to: number }[] = []
  for (const { start } of windows) {
    const last = joined.at(-1)
    if (last?.to === start) last.to = start + windowMs
    else joined.push({ from: start, to: start + windowMs })
  }
  return joined
}
