import type { ModelSpec } from '../core/model-spec.ts'
import { durationName } from '../core/duration.ts'
import { watchedMetrics } from '../core/watched-metrics.ts'
import { adjustedPValues } from '../detectors/calibration/false-discovery.ts'
import { defaultDetectors, detectorNamed, insufficient } from '../detectors/catalogue.ts'
import type { Detector } from '../detectors/detector.ts'
import { ProfilePair } from '../detectors/pair.ts'
import type { FeatureBinning, FeatureProfile } from '../detectors/profile.ts'
import type { Score } from '../detectors/score.ts'
import type { MetricRow } from '../store/queries/metric-row.ts'
import { outlierRows, type SliceOutliers } from './outlier-rows.ts'
import { qualityRows } from './quality-rows.ts'

/** Profiles by slice name, then by feature. */
export type SliceProfiles = ReadonlyMap<string, ReadonlyMap<string, FeatureProfile>>

/** What one arm of a rollout (a version and a variant) did in one window, and what to compare it with. */
export interface EvaluatedArm {
  readonly version: string
  readonly variant: string
  readonly current: SliceProfiles
  /** By baseline name; null where that baseline has no data to compare with. */
  readonly references: ReadonlyMap<string, SliceProfiles | null>
  /** Exact distinct values a feature, of the whole window. */
  readonly distinct: ReadonlyMap<string, number>
  /** Scores over stored rows, such as ks/exact, of the whole window. */
  readonly rowScores: readonly RowScore[]
  readonly outliers: readonly SliceOutliers[]
}

export interface RowScore {
  readonly baseline: string
  readonly feature: string
  readonly metric: string
  /** Without a value where the method has no answer to the rows that there are. */
  readonly score: Omit<Score, 'value'> & { readonly value: number | null }
  /** Such a row may stand from an earlier evaluation, and does no longer hold. */
  readonly withdrawn?: true
}

export interface EvaluatedWindow {
  readonly spec: ModelSpec
  readonly binnings: ReadonlyMap<string, FeatureBinning>
  readonly windowMs: number
  /** Epoch ms. */
  readonly start: number
  readonly revision: number
  readonly arms: readonly EvaluatedArm[]
}

/** What every row of one window and arm has in common. */
export type RowFrame = Pick<
  MetricRow,
  'model' | 'version' | 'variant' | 'windowStart' | 'windowEnd' | 'window' | 'revision'
>

/**
 * Every metric of one window: quality of each feature in each slice, and drift against each baseline
 * by each detector. Pure: the same profiles give the same rows. A slice below `min_samples` has one
 * row, its count, with status `insufficient_data`; the whole model has all rows, with that status.
 */
export function evaluateWindow(window: EvaluatedWindow): MetricRow[] {
  const { spec, windowMs, start } = window
  const detectors = detectorsOf(spec)
  return window.arms.flatMap((arm) => {
    const frame: RowFrame = {
      model: spec.model,
      version: arm.version,
      variant: arm.variant,
      windowStart: start,
      windowEnd: start + windowMs,
      window: durationName(windowMs),
      revision: window.revision,
    }
    const rows = [
      ...qualityRows(window, arm, frame),
      ...outlierRows(arm.outliers, frame, spec.minSamples),
    ]
    for (const [baseline, reference] of arm.references) {
      rows.push(...driftRows(window, arm, frame, { baseline, reference, detectors }))
    }
    for (const method of new Set(arm.rowScores.map(family))) {
      const group = arm.rowScores.filter((row) => family(row) === method)
      const scores = group.map((row) => rowScoreRow(frame, row, spec.minSamples))
      rows.push(...adjusted(scores, spec.correction))
    }
    return rows
  })
}

const family = ({ baseline, score }: RowScore): string => `${baseline}\n${score.method}`

/** What the model asks for, and whatever is watched besides. */
function detectorsOf(spec: ModelSpec): readonly Detector[] {
  const watched = watchedMetrics(spec)
  const asked =
    spec.detectors.length === 0 && spec.preset === null
      ? defaultDetectors
      : spec.detectors.flatMap((name) => detectorNamed(name) ?? [])
  return [...new Set([...asked, ...watched.flatMap((name) => detectorNamed(name) ?? [])])]
}

interface Comparison {
  readonly baseline: string
  readonly reference: SliceProfiles | null
  readonly detectors: readonly Detector[]
}

/**
 * Every detector against one baseline. The rows of one detector over all slices and features are the
 * family that false discoveries are counted in, and stay together; but all detectors look at one pair
 * of profiles before the next, so that they share what they derive from it.
 */
function driftRows(
  { spec, binnings }: EvaluatedWindow,
  arm: EvaluatedArm,
  frame: RowFrame,
  { baseline, reference, detectors }: Comparison,
): MetricRow[] {
  const families = detectors.map((): MetricRow[] => [])
  for (const [slice, features] of arm.current) {
    for (const [feature, current] of features) {
      const binning = binnings.get(feature)
      if (binning === undefined || (slice !== '' && current.n < spec.minSamples)) continue
      const against = reference?.get(slice)?.get(feature)
      const pair = against && new ProfilePair({ reference: against, current, binning })
      for (const [i, detector] of detectors.entries()) {
        if (!detector.kinds.includes(binning.kind)) continue
        const { metric, method } = detector
        const facts = { ...frame, slice, feature, baseline, metric, method }
        const row = compared(facts, { current, pair, detector, minSamples: spec.minSamples })
        families[i]?.push(row)
      }
    }
  }
  return families.flatMap((rows) => adjusted(rows, spec.correction))
}

interface Compared {
  readonly current: FeatureProfile
  /** With the reference, where there is one. */
  readonly pair: ProfilePair | undefined
  readonly detector: Detector
  readonly minSamples: number
}

type DriftFacts = RowFrame & Pick<MetricRow, 'slice' | 'feature' | 'baseline' | 'metric' | 'method'>

function compared(facts: DriftFacts, { current, pair, detector, minSamples }: Compared): MetricRow {
  const none = {
    ...facts,
    ...emptyScore,
    nReference: pair?.reference.n ?? 0,
    nCurrent: current.n,
    status: 'insufficient_data',
  } as const
  const least = Math.max(minSamples, detector.minReference ?? 0)
  if (pair === undefined || pair.reference.n < least) return none
  if (insufficient(pair.reference, current, minSamples)) return none
  const score = detector.compute(pair)
  return score === null ? none : scored(facts, score, 'ok')
}

function rowScoreRow(
  frame: RowFrame,
  { baseline, feature, metric, score, withdrawn }: RowScore,
  minSamples: number,
): MetricRow {
  const enough =
    score.value !== null && score.nReference >= minSamples && score.nCurrent >= minSamples
  const facts = { ...frame, slice: '', feature, baseline, metric, method: score.method }
  if (withdrawn === true) return scored(facts, score, 'retracted')
  return scored(facts, score, enough ? 'ok' : 'insufficient_data')
}

function scored(
  facts: DriftFacts,
  score: RowScore['score'],
  status: MetricRow['status'],
): MetricRow {
  return {
    ...facts,
    value: score.value,
    pValue: score.pValue ?? null,
    pAdjusted: null,
    effect: score.effect ?? null,
    noiseFloor: score.noiseFloor ?? null,
    nReference: score.nReference,
    nCurrent: score.nCurrent,
    labelCoverage: null,
    status,
  }
}

/** Only what may be judged counts as a test: a refused comparison makes no other one stricter. */
function adjusted(rows: readonly MetricRow[], correction: ModelSpec['correction']): MetricRow[] {
  const pAdjusted = adjustedPValues(
    correction,
    rows.map(({ status, pValue }) => (status === 'ok' ? pValue : null)),
  )
  return rows.map((row, i) => ({ ...row, pAdjusted: pAdjusted[i] ?? null }))
}

export const emptyScore = {
  value: null,
  pValue: null,
  pAdjusted: null,
  effect: null,
  noiseFloor: null,
  labelCoverage: null,
} as const
