import { durationName } from '../core/duration.ts'
import type { ModelSpec } from '../core/model-spec.ts'
import { performanceMetricNames } from '../detectors/performance/catalogue.ts'
import { sequentialMetricNames } from '../detectors/sequential/window-series.ts'
import type { FeatureProfile } from '../detectors/profile.ts'
import type { ModelBinning } from '../store/binning.ts'
import type { Store } from '../store/client.ts'
import { insertMetrics } from '../store/insert-metrics.ts'
import { mergeProfiles, type MergedProfile } from '../store/queries/merge-profiles.ts'
import type { MetricRow } from '../store/queries/metric-row.ts'
import { retentionDays } from '../store/queries/profile-windows.ts'
import { retractMetrics } from '../store/queries/retract-metrics.ts'
import type { ModelGauges } from './model-gauges.ts'
import type { SliceOutliers } from './outlier-rows.ts'
import { evaluateWindow, type EvaluatedArm, type RowScore, type SliceProfiles } from './evaluate.ts'

/** What current data is compared with. */
export interface References {
  /** Profiles of a baseline for one version's window; null while there are none. */
  profiles: (ask: ReferenceAsk) => Promise<SliceProfiles | null>
}

export interface ReferenceAsk {
  readonly spec: ModelSpec
  readonly binning: ModelBinning
  readonly baseline: string
  readonly version: string
  /** Epoch ms. */
  readonly windowStart: number
  readonly windowMs: number
}

/** Facts that need the stored rows of a window instead of its profiles. */
export interface RowFacts {
  /** Exact distinct values by `armKey`, then by feature. */
  readonly distinct: ReadonlyMap<string, ReadonlyMap<string, number>>
  /** Scores over rows by `armKey`. */
  readonly scores: ReadonlyMap<string, readonly RowScore[]>
  /** What outlier scores say, by `armKey`. */
  readonly outliers: ReadonlyMap<string, readonly SliceOutliers[]>
}

export interface EvaluateDeps {
  readonly gauges: ModelGauges
  readonly store: Store
  readonly now: () => number
  readonly references: References
  readonly rowFacts: (ask: {
    spec: ModelSpec
    binning: ModelBinning
    windowMs: number
    starts: readonly number[]
  }) => Promise<RowFacts>
}

export interface WindowsToEvaluate {
  readonly spec: ModelSpec
  readonly binning: ModelBinning
  readonly windowMs: number
  readonly windows: readonly { readonly start: number; readonly revision: number }[]
}

/** Windows at a time: their profiles are in memory together. */
const windowsAtOnce = 24

/** Metrics of the same windows that others write, with revisions of their own. */
const separatelyRevised = [...performanceMetricNames, ...sequentialMetricNames]

/** Names one arm of one window. */
export const armKey = (start: number, version: string, variant: string): string =>
  JSON.stringify([start, version, variant])

/**
 * Evaluates closed windows of one width and writes their metrics. Everything it needs is stored, so
 * after a crash at any point the same call writes the same rows again. Answers how many it wrote.
 */
export async function evaluateWindows(
  deps: EvaluateDeps,
  input: WindowsToEvaluate,
): Promise<number> {
  let written = 0
  for (let i = 0; i < input.windows.length; i += windowsAtOnce) {
    const windows = input.windows.slice(i, i + windowsAtOnce)
    const rows = await evaluated(deps, { ...input, windows })
    await insertMetrics(deps.store, rows, {
      at: deps.now(),
      retentionDays: retentionDays(input.spec.retentionMs.metrics),
    })
    deps.gauges.observe(rows)
    await retractStale(deps, { ...input, windows })
    written += rows.length
  }
  return written
}

async function evaluated(deps: EvaluateDeps, input: WindowsToEvaluate): Promise<MetricRow[]> {
  const { spec, binning, windowMs, windows } = input
  const starts = windows.map(({ start }) => start)
  const merged = await deps.store.query(
    mergeProfiles({
      model: spec.model,
      baseWindow: durationName(spec.windowMs),
      widthMs: windowMs,
      starts,
      binned: [...binning.features.keys()],
    }),
  )
  const facts = await deps.rowFacts({ spec, binning, windowMs, starts })
  const arms = armsOf(merged)
  const rows: MetricRow[] = []
  for (const { start, revision } of windows) {
    const evaluatedArms: EvaluatedArm[] = []
    for (const arm of arms.get(start) ?? []) {
      const key = armKey(start, arm.version, arm.variant)
      evaluatedArms.push({
        ...arm,
        references: await referencesFor(deps, input, { start, version: arm.version }),
        distinct: facts.distinct.get(key) ?? new Map<string, number>(),
        rowScores: facts.scores.get(key) ?? [],
        outliers: facts.outliers.get(key) ?? [],
      })
    }
    rows.push(
      ...evaluateWindow({
        spec,
        binnings: binning.features,
        windowMs,
        start,
        revision,
        arms: evaluatedArms,
      }),
    )
  }
  return rows
}

interface Arm {
  readonly version: string
  readonly variant: string
  readonly current: Map<string, Map<string, FeatureProfile>>
}

/** Arms by window start, slices and features in the order of the query. */
function armsOf(merged: readonly MergedProfile[]): Map<number, Arm[]> {
  const byKey = new Map<string, Arm>()
  const byWindow = new Map<number, Arm[]>()
  for (const { version, variant, windowStart, slice, feature, profile } of merged) {
    const key = armKey(windowStart, version, variant)
    let arm = byKey.get(key)
    if (arm === undefined) {
      arm = { version, variant, current: new Map() }
      byKey.set(key, arm)
      byWindow.set(windowStart, [...(byWindow.get(windowStart) ?? []), arm])
    }
    const features = arm.current.get(slice) ?? new Map<string, FeatureProfile>()
    arm.current.set(slice, features.set(feature, profile))
  }
  return byWindow
}

/** Of every baseline of the model, in its order. */
async function referencesFor(
  { references }: EvaluateDeps,
  { spec, binning, windowMs }: WindowsToEvaluate,
  { start, version }: { readonly start: number; readonly version: string },
): Promise<Map<string, SliceProfiles | null>> {
  const found = new Map<string, SliceProfiles | null>()
  for (const baseline of spec.baselines.keys()) {
    const ask = { spec, binning, baseline, version, windowStart: start, windowMs }
    found.set(baseline, await references.profiles(ask))
  }
  return found
}

/** A first evaluation has nothing to take back. */
async function retractStale(
  { store }: EvaluateDeps,
  { spec, windowMs, windows }: WindowsToEvaluate,
): Promise<void> {
  const revised = windows.filter(({ revision }) => revision > 1)
  if (revised.length === 0) return
  const revisions = new Map(revised.map(({ start, revision }) => [start, revision]))
  await store.command(
    retractMetrics(
      {
        model: spec.model,
        window: durationName(windowMs),
        metrics: separatelyRevised,
        only: false,
      },
      revisions,
    ),
  )
}
