import type { ModelSpec } from '../core/model-spec.ts'
import type { MetricRow } from '../store/queries/metric-row.ts'
import type { FamilySizeRow } from '../store/queries/alert-family-sizes.ts'
import type { SeriesPastRow } from '../store/queries/alert-series-past.ts'
import type { SeriesPast, TimeRange } from './learnt-limit.ts'
import { isLearnt, type MonitorPolicy } from './policy.ts'
import {
  createRowLimits,
  type BaselinePast,
  type LimitFacts,
  type RowLimits,
} from './row-limits.ts'

/** What limits follow from, as it is stored. Windows are epoch ms. */
export interface LimitHistory {
  /** How much a monitor tests in every window from one on. */
  families: (model: string, policy: MonitorPolicy, from: number) => Promise<FamilySizeRow[]>
  /** Judged values of a part of a monitor's series, in an order that follows from their keys. */
  past: (model: string, policy: MonitorPolicy, ask: PastAsk) => Promise<SeriesPastRow[]>
  /** Where a baseline of first events lies; null while it is not complete. */
  firstEvents: (model: string, baseline: string) => Promise<TimeRange | null>
}

/** One of `parts` parts, from 0, of what there is in a range; a slice of a feature is never split. */
export interface PastAsk extends TimeRange {
  readonly part: number
  readonly parts: number
}

export interface RowLimitsInput {
  readonly spec: ModelSpec
  readonly policy: MonitorPolicy
  readonly rows: readonly MetricRow[]
  /** Values in memory at a time, about. */
  readonly mostValues?: number
}

/**
 * What each of these rows is judged by. One query for the false-alarm budget and one for all that limits are
 * learnt from, however many windows and series there are; more only where memory asks for parts.
 */
export async function rowLimits(
  history: LimitHistory,
  { spec, policy, rows, mostValues = 2_000_000 }: RowLimitsInput,
): Promise<(row: MetricRow) => RowLimits> {
  const first = rows.reduce((least, row) => Math.min(least, row.windowStart), Infinity)
  const plain: LimitFacts = {
    policy,
    families: policy.budget === null ? [] : await history.families(spec.model, policy, first),
    past: () => nothing,
    ranges: new Map(),
  }
  const sources = await pastSources(history, spec, policy, rows)
  const unlearnt = createRowLimits(plain)
  if (sources.length === 0) return unlearnt
  const known = new Map<MetricRow, RowLimits>()
  const parts = Math.max(1, Math.ceil(valuesOf(sources, rows, policy) / mostValues))
  for (let part = 0; part < parts; part++) {
    const loaded = await loadPart(history, { spec, policy, sources }, { part, parts })
    const limits = createRowLimits({ ...plain, ...loaded })
    for (const row of rows) if (loaded.holds(row)) known.set(row, limits(row))
  }
  return (row) => known.get(row) ?? unlearnt(row)
}

const nothing: SeriesPast = { starts: [], values: [] }

/** Windows that limits are learnt from: the past of the judged ones, or a baseline's own. */
interface PastSource {
  /** Null for the past. */
  readonly baseline: string | null
  readonly range: TimeRange
}

async function pastSources(
  history: LimitHistory,
  spec: ModelSpec,
  { warn, critical }: MonitorPolicy,
  rows: readonly MetricRow[],
): Promise<PastSource[]> {
  const rules = [warn, critical].filter(isLearnt)
  const reaches = rules.filter(({ from }) => from === null).map(({ overMs }) => overMs)
  const sources: PastSource[] = []
  if (reaches.length > 0) {
    const starts = rows.map(({ windowStart }) => windowStart)
    const from = starts.reduce((a, b) => Math.min(a, b), Infinity) - Math.max(...reaches)
    const to = starts.reduce((a, b) => Math.max(a, b), -Infinity)
    sources.push({ baseline: null, range: { from: Math.max(0, from), to } })
  }
  for (const baseline of new Set(rules.flatMap(({ from }) => from ?? []))) {
    const range = await baselineRange(history, spec, baseline)
    if (range !== null) sources.push({ baseline, range })
  }
  return sources
}

async function baselineRange(
  history: LimitHistory,
  { model, baselines }: ModelSpec,
  name: string,
): Promise<TimeRange | null> {
  const source = baselines.get(name)
  if (source === undefined) return null
  if ('first' in source) return history.firstEvents(model, name)
  if (!('range' in source)) return null
  return { from: Date.parse(source.range.from), to: Date.parse(source.range.to) }
}

function valuesOf(
  sources: readonly PastSource[],
  rows: readonly MetricRow[],
  { windowMs }: MonitorPolicy,
): number {
  const series = new Set(rows.map(seriesKey)).size
  const windows = sources.reduce((sum, { range }) => sum + (range.to - range.from) / windowMs, 0)
  return series * windows
}

interface PartInput {
  readonly spec: ModelSpec
  readonly policy: MonitorPolicy
  readonly sources: readonly PastSource[]
}

interface LoadedPart extends Pick<LimitFacts, 'past' | 'ranges'> {
  /** Whether anything of the row's slice and feature is in this part. */
  readonly holds: (row: MetricRow) => boolean
}

async function loadPart(
  history: LimitHistory,
  { spec, policy, sources }: PartInput,
  which: Pick<PastAsk, 'part' | 'parts'>,
): Promise<LoadedPart> {
  const held = new Set<string>()
  const ranges = new Map<string, BaselinePast>()
  let past: LimitFacts['past'] = () => nothing
  for (const { baseline, range } of sources) {
    const found = await history.past(spec.model, policy, { ...range, ...which })
    for (const series of found) held.add(placeKey(series))
    const lookup = pastLookup(found, baseline === null ? seriesKey : comparisonKey)
    if (baseline === null) past = lookup
    else ranges.set(baseline, { range, past: lookup })
  }
  return { past, ranges, holds: (row) => held.has(placeKey(row)) }
}

type SeriesColumns = Pick<
  MetricRow,
  'version' | 'variant' | 'slice' | 'feature' | 'baseline' | 'method'
>

const placeKey = ({ slice, feature }: SeriesColumns): string => JSON.stringify([slice, feature])

/** The same number of any version and variant: what a baseline says of a version that came after it. */
const comparisonKey = ({ slice, feature, baseline, method }: SeriesColumns): string =>
  JSON.stringify([slice, feature, baseline, method])

const seriesKey = (row: SeriesColumns): string =>
  JSON.stringify([row.version, row.variant, comparisonKey(row)])

function pastLookup(
  found: readonly SeriesPastRow[],
  keyOf: (row: SeriesColumns) => string,
): (row: MetricRow) => SeriesPast {
  const groups = new Map<string, SeriesPast[]>()
  for (const series of found) {
    const key = keyOf(series)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [series])
    else group.push(series)
  }
  const merged = new Map([...groups].map(([key, group]) => [key, mergedPast(group)]))
  return (row) => merged.get(keyOf(row)) ?? nothing
}

/** Several series as one, ascending. Sorting is stable: the same rows give the same order. */
function mergedPast(group: readonly SeriesPast[]): SeriesPast {
  const [only] = group
  if (only !== undefined && group.length === 1) return only
  const windows = group
    .flatMap(({ starts, values }) => starts.map((start, i) => ({ start, value: values[i] ?? 0 })))
    .sort((a, b) => a.start - b.start)
  return { starts: windows.map(({ start }) => start), values: windows.map(({ value }) => value) }
}
