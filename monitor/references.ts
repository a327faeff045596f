import { durationMs, durationName } from '../core/duration.ts'
import type { ModelSpec } from '../core/model-spec.ts'
import { pseudoFeatures } from '../core/names.ts'
import type { StoredProfile } from '../store/binning.ts'
import type { Store } from '../store/client.ts'
import { storedBaselineProfiles } from '../store/queries/baseline-rows.ts'
import { mergeRange } from '../store/queries/merge-profiles.ts'
import { eventsRelation, type Relation, type TimeRange } from '../store/queries/profile-source.ts'
import type { Baseline } from './baselines.ts'
import { relationOf } from './reference-rows.ts'

/** Profiles by slice, then by feature. */
export type ReferenceProfiles = ReadonlyMap<string, ReadonlyMap<string, StoredProfile>>

/**
 * The revision that events of a version are compared with: the version's own, else the newest that
 * is for all; null while neither is ready.
 */
export function baselineFor(
  baselines: readonly Baseline[],
  name: string,
  version: string,
): Baseline | null {
  const ready = baselines.filter((b) => b.baseline === name && b.status === 'ready')
  const own = version === '' ? undefined : ready.findLast((b) => b.version === version)
  return own ?? ready.findLast((b) => b.version === '') ?? null
}

/** True for a baseline whose reference depends on the window that is compared with it. */
export const isMoving = ({ kind }: Pick<Baseline, 'kind'>): boolean =>
  kind === 'trailing' || kind === 'version'

/** The profiles of a baseline that stands still. They change only when its `binning` does. */
export async function storedReference(
  store: Store,
  { model, baseline, revision }: Pick<Baseline, 'model' | 'baseline' | 'revision'>,
): Promise<ReferenceProfiles> {
  return referenceProfiles(await store.query(storedBaselineProfiles(model, baseline, revision)))
}

/**
 * The profiles of a moving baseline for one window, epoch ms: what came before it, all versions and
 * variants together, or the same window of another version. Empty where there were no events.
 */
export async function movingReference(
  store: Store,
  spec: ModelSpec,
  { source }: Pick<Baseline, 'source'>,
  { window, binned }: { readonly window: TimeRange; readonly binned: readonly string[] },
): Promise<ReferenceProfiles> {
  const common = { model: spec.model, baseWindow: durationName(spec.windowMs), binned }
  if ('trailing' in source) {
    const from = window.from - durationMs(source.trailing)
    const trailing = { ...common, from, to: window.from, version: null, variant: null }
    return referenceProfiles(await store.query(mergeRange(trailing)))
  }
  if (!('version' in source)) throw new RangeError('only trailing and version baselines move')
  const other = { ...common, ...window, version: source.version, variant: null }
  return referenceProfiles(await store.query(mergeRange(other)))
}

/** The rows of a baseline for exact tests; null for a moving one. Bound names begin with `reference_`. */
export const referenceRows = (spec: ModelSpec, baseline: Baseline): Relation | null =>
  baseline.frozen === null ? null : relationOf(spec, baseline.baseline, baseline.frozen)

/**
 * The rows that one window is compared with, whatever the kind of baseline; null for a baseline that is
 * not ready. Of a moving one they are the events that `movingReference` merges the profiles of.
 */
export function rowsForWindow(
  spec: ModelSpec,
  baseline: Baseline,
  window: TimeRange,
): Relation | null {
  const { source } = baseline
  if (!isMoving(baseline)) return referenceRows(spec, baseline)
  if ('trailing' in source) {
    const from = window.from - durationMs(source.trailing)
    return eventsRelation(spec, [{ from, to: window.from }], 'reference_')
  }
  if (!('version' in source)) throw new RangeError('only trailing and version baselines move')
  return eventsRelation(spec, [window], 'reference_', source.version)
}

/** A revision in use, and which versions are compared with it. */
export interface ComparedRevision {
  readonly baseline: Baseline
  readonly versions: (version: string) => boolean
}

/** The revisions that a model's versions are compared with; a version is never compared with itself. */
export function comparedRevisions(spec: ModelSpec, all: readonly Baseline[]): ComparedRevision[] {
  return [...spec.baselines.keys()].flatMap((name) => {
    const bound = new Set(all.filter((b) => b.baseline === name).map(({ version }) => version))
    const inUse = [...bound].flatMap((version) => baselineFor(all, name, version) ?? [])
    return [...new Set(inUse)].map((baseline) => ({
      baseline,
      versions: (version: string) =>
        baselineFor(all, name, version) === baseline &&
        !('version' in baseline.source && baseline.source.version === version),
    }))
  })
}

/**
 * Rows of profiles by slice and feature. Of predictions, scores and latencies that a reference holds
 * none of it says nothing: a file of features is no reason to call every prediction drift. A declared
 * feature that was always missing is known to be so, and stays.
 */
export function referenceProfiles(
  rows: readonly {
    readonly slice: string
    readonly feature: string
    readonly profile: StoredProfile
  }[],
): ReferenceProfiles {
  const slices = new Map<string, Map<string, StoredProfile>>()
  for (const { slice, feature, profile } of rows) {
    const features = slices.get(slice) ?? new Map<string, StoredProfile>()
    slices.set(slice, features.set(feature, profile))
  }
  const whole = slices.get('')
  const unknown = pseudoFeatures.filter((name) => {
    const profile = whole?.get(name)
    return profile !== undefined && profile.missing === profile.n
  })
  for (const features of slices.values()) for (const name of unknown) features.delete(name)
  return slices
}
