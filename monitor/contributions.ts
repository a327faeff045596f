import { AppError } from '../core/errors.ts'
import { durationMs, durationName } from '../core/duration.ts'
import type { ModelSpec } from '../core/model-spec.ts'
import { binLabel } from '../detectors/bin-label.ts'
import { detectorNamed } from '../detectors/catalogue.ts'
import { coarseInput } from '../detectors/coarse-input.ts'
import {
  binContributions,
  rankFindings,
  type BinName,
  type Explained,
} from '../detectors/contribution.ts'
import type { DriftInput } from '../detectors/detector.ts'
import type { Store } from '../store/client.ts'
import { mergeProfiles, type MergedProfile } from '../store/queries/merge-profiles.ts'
import type { MetricRow } from '../store/queries/metric-row.ts'
import { newestWindow } from '../store/queries/newest-window.ts'
import { windowMetrics } from '../store/queries/window-metrics.ts'
import { readBinning } from './freeze-binning.ts'
import { storedReferences } from './stored-references.ts'

/** Which comparison is to be taken apart; what is absent has the defaults of the functions below. */
export interface ContributionsAsk {
  readonly metric: Explained
  readonly slice?: string
  /** Width by name. Default: the model's base window. */
  readonly window?: string
  /** Any time in the window. Default: the newest that has `min_samples` events, else the newest. */
  readonly windowStart?: Date
  /** Default: the model's first. */
  readonly baseline?: string
  /** Default of both: of those in the window the one with most events. */
  readonly version?: string
  readonly variant?: string
}

/** The comparison that was taken apart. */
export interface Compared {
  readonly model: string
  readonly metric: Explained
  readonly window: string
  readonly window_start: string
  readonly window_end: string
  readonly baseline: string
  readonly version: string
  readonly variant: string
}

export interface BinAnswer {
  readonly name: BinName
  readonly label: string
  readonly reference_share: number
  readonly current_share: number
  readonly change: number
  /** Term of the statistic; those of psi add up to its value. */
  readonly contribution: number
  readonly share: number
}

export interface BinsAnswer extends Compared {
  readonly slice: string
  readonly feature: string
  readonly n_reference: number
  readonly n_current: number
  readonly bins: readonly BinAnswer[]
}

export interface RankAnswer {
  readonly rank: number
  readonly feature: string
  readonly slice: string
  readonly value: number | null
  readonly effect: number
  readonly p_value: number | null
  readonly p_adjusted: number | null
  readonly noise_floor: number | null
  /** Of the sum of all significant effects. */
  readonly share: number
  readonly significant: boolean
  readonly n_reference: number
  readonly n_current: number
}

export interface RankingAnswer extends Compared {
  readonly method: string
  readonly ranking: readonly RankAnswer[]
  /** Features and slices compared; `ranking` may hold fewer. */
  readonly ranking_total: number
  /** Features and slices with too little data to be compared. */
  readonly not_judged: number
}

/**
 * Which bins make one feature differ from a baseline in one window, the greatest part first. `slice`
 * is the whole model by default, `fine` takes numbers by the finest bins there are instead of those
 * that PSI and JS score. Throws REQUEST_INVALID for a width or feature that the model has not,
 * BASELINE_NOT_FOUND, and CONTRIBUTIONS_NOT_FOUND where nothing is stored.
 */
export async function featureContributions(
  store: Store,
  spec: ModelSpec,
  ask: ContributionsAsk & { readonly feature: string; readonly fine?: boolean },
): Promise<BinsAnswer> {
  const { feature, slice = '' } = ask
  const place = await placeOf(store, spec, ask)
  const binning = await readBinning(store, spec.model)
  const bins = binning.features.get(feature)
  if (bins === undefined) {
    const known = [...binning.features.keys()].join(', ')
    throw new AppError('REQUEST_INVALID', `"${feature}" has no bins; features that do: ${known}`)
  }
  const rows = await store.query(
    mergeProfiles({
      model: spec.model,
      baseWindow: durationName(spec.windowMs),
      widthMs: place.windowMs,
      starts: [place.start],
      binned: [...binning.features.keys()],
      only: { features: [feature], slices: [slice] },
    }),
  )
  const arm = largest(
    rows.filter((row) => isAsked(ask, row)),
    ({ profile }) => profile.n,
  )
  if (arm === undefined) throw nothingOf(place, `holds nothing of ${subject(feature, slice)}`)
  const common = { spec, binning, windowMs: place.windowMs, windowStart: place.start }
  const compared = { ...common, baseline: place.baseline, version: arm.version }
  const reference = (await storedReferences(store).profiles(compared))?.get(slice)?.get(feature)
  if (reference === undefined || reference.n === 0 || arm.profile.n === 0) {
    throw nothingOf(place, `has nothing of ${subject(feature, slice)} to be compared with`)
  }
  const input = { reference, current: arm.profile, binning: bins }
  return {
    ...comparedIn(spec, ask, place, arm),
    ...{ slice, feature, n_reference: reference.n, n_current: arm.profile.n },
    bins: binAnswers(ask.fine === true ? input : coarseInput(input), ask.metric),
  }
}

const binAnswers = (input: DriftInput, metric: Explained): BinAnswer[] =>
  (binContributions(input, metric) ?? []).map(({ bin, referenceShare, currentShare, ...rest }) => ({
    name: bin,
    label: binLabel(bin, input.binning),
    reference_share: referenceShare,
    current_share: currentShare,
    ...rest,
  }))

/**
 * Features and slices of one window by what they add to the drift, significant ones first, from the
 * metrics that the monitor has stored. `slice` absent ranks all slices. Throws as above.
 */
export async function rankedContributions(
  store: Store,
  spec: ModelSpec,
  ask: ContributionsAsk & { readonly limit: number },
): Promise<RankingAnswer> {
  const place = await placeOf(store, spec, ask)
  const rows = await store.query(
    windowMetrics({
      ...{ model: spec.model, window: place.window, start: place.start },
      ...{ metric: ask.metric, baseline: place.baseline },
      ...(ask.slice === undefined ? {} : { slice: ask.slice }),
    }),
  )
  const arm = largest(
    rows.filter((row) => isAsked(ask, row)),
    ({ nCurrent }) => nCurrent,
  )
  if (arm === undefined) throw nothingOf(place, `has no ${ask.metric}`)
  const method = methodOf(ask.metric, rows)
  const judged = rows.filter(
    (row) => row.version === arm.version && row.variant === arm.variant && row.method === method,
  )
  const ranked = rankFindings(judged.flatMap(findingOf))
  return {
    ...comparedIn(spec, ask, place, arm),
    method,
    ranking: ranked.slice(0, ask.limit).map(rankAnswer),
    ranking_total: ranked.length,
    not_judged: judged.length - ranked.length,
  }
}

interface Place {
  readonly window: string
  readonly windowMs: number
  /** Epoch ms. */
  readonly start: number
  readonly baseline: string
}

async function placeOf(store: Store, spec: ModelSpec, ask: ContributionsAsk): Promise<Place> {
  const widths = spec.windowsMs.map(durationName)
  const window = ask.window ?? durationName(spec.windowMs)
  if (!widths.includes(window)) {
    throw new AppError('REQUEST_INVALID', `window is one of ${widths.join(', ')}, not "${window}"`)
  }
  const windowMs = durationMs(window)
  const baselines = [...spec.baselines.keys()]
  const baseline = ask.baseline ?? baselines[0]
  if (baseline === undefined || !baselines.includes(baseline)) {
    const known = baselines.length === 0 ? 'it has none' : `it has ${baselines.join(', ')}`
    const which = ask.baseline === undefined ? 'no baseline' : `no baseline "${ask.baseline}"`
    throw new AppError('BASELINE_NOT_FOUND', `model "${spec.model}" has ${which}: ${known}`)
  }
  const asked = ask.windowStart?.getTime()
  const [newest] =
    asked === undefined
      ? await store.query(newestWindow(spec.model, window, spec.minSamples))
      : [Math.floor(asked / windowMs) * windowMs]
  if (newest === undefined) {
    const message = `no window of ${window} of model "${spec.model}" has been evaluated yet`
    throw new AppError('CONTRIBUTIONS_NOT_FOUND', message)
  }
  return { window, windowMs, start: newest, baseline }
}

interface Arm {
  readonly version: string
  readonly variant: string
}

const isAsked = ({ version, variant }: ContributionsAsk, arm: Arm): boolean =>
  (version ?? arm.version) === arm.version && (variant ?? arm.variant) === arm.variant

/** The first of the greatest. */
function largest<Row extends MergedProfile | MetricRow>(
  rows: readonly Row[],
  size: (row: Row) => number,
): Row | undefined {
  return rows.reduce<Row | undefined>(
    (best, row) => (best === undefined || size(row) > size(best) ? row : best),
    undefined,
  )
}

const comparedIn = (
  { model }: ModelSpec,
  { metric }: ContributionsAsk,
  { window, windowMs, start, baseline }: Place,
  { version, variant }: Arm,
): Compared => ({
  ...{ model, metric, window },
  window_start: new Date(start).toISOString(),
  window_end: new Date(start + windowMs).toISOString(),
  ...{ baseline, version, variant },
})

/** The default method of the metric, or where the model has another the first of those it has. */
function methodOf(metric: string, rows: readonly MetricRow[]): string {
  const usual = detectorNamed(metric)?.method
  const methods = rows.map(({ method }) => method)
  return methods.find((method) => method === usual) ?? methods.toSorted()[0] ?? ''
}

interface JudgedFinding {
  readonly feature: string
  readonly slice: string
  readonly effect: number
  readonly pValue: number
  readonly row: MetricRow
}

function findingOf(row: MetricRow): JudgedFinding[] {
  const effect = row.effect ?? row.value
  if (row.status !== 'ok' || effect === null) return []
  const { feature, slice } = row
  return [{ feature, slice, effect, pValue: row.pAdjusted ?? row.pValue ?? 0, row }]
}

function rankAnswer({
  row,
  ...ranked
}: JudgedFinding & Pick<RankAnswer, 'rank' | 'share' | 'significant'>): RankAnswer {
  const { rank, feature, slice, effect, share, significant } = ranked
  return {
    ...{ rank, feature, slice, value: row.value, effect },
    ...{ p_value: row.pValue, p_adjusted: row.pAdjusted, noise_floor: row.noiseFloor },
    ...{ share, significant, n_reference: row.nReference, n_current: row.nCurrent },
  }
}

const subject = (feature: string, slice: string): string =>
  slice === '' ? `"${feature}"` : `"${feature}" in slice "${slice}"`

function nothingOf({ window, start, baseline }: Place, what: string): AppError {
  const message = `the window of ${window} from ${new Date(start).toISOString()} ${what} (baseline "${baseline}")`
  return new AppError('CONTRIBUTIONS_NOT_FOUND', message)
}
