import type { ModelSpec } from '../core/model-spec.ts'
import { watchedMetrics } from '../core/watched-metrics.ts'
import { ksExactScore } from '../detectors/drift/ks.ts'
import type { Store } from '../store/client.ts'
import { distinctValues } from '../store/queries/profile-distinct.ts'
import type { TimeRange } from '../store/queries/profile-source.ts'
import { exactKs } from '../store/queries/reference-ks.ts'
import type { Baseline } from './baselines.ts'
import { armKey, type RowFacts } from './evaluate-windows.ts'
import type { RowScore } from './evaluate.ts'
import { outlierFacts, type WindowsOfModel } from './outlier-facts.ts'
import { baselineFor, referenceRows } from './references.ts'

export interface RowFactsDeps {
  readonly store: Store
  /** All revisions of all baselines of a model. */
  readonly baselines: (model: string) => readonly Baseline[]
}

/** Features whose rows are compared in one query: its memory grows with rows times features. */
const featuresAtOnce = 4

/** What only the stored rows tell of some windows: distinct values, and ks/exact where it is asked for. */
export async function rowFacts(deps: RowFactsDeps, ask: WindowsOfModel): Promise<RowFacts> {
  const { spec, windowMs, starts } = ask
  const ranges = starts.map((from) => ({ from, to: from + windowMs }))
  const distinct = new Map<string, Map<string, number>>()
  for (const row of await deps.store.query(distinctValues(spec, windowMs, ranges))) {
    const key = armKey(row.windowStart, row.version, row.variant)
    const features = distinct.get(key) ?? new Map<string, number>()
    distinct.set(key, features.set(row.feature, row.distinct))
  }
  const scores = wantsExactKs(spec)
    ? await exactScores(deps, spec, windowMs, ranges)
    : new Map<string, RowScore[]>()
  return { distinct, scores, outliers: await outlierFacts(deps.store, ask) }
}

const wantsExactKs = (spec: ModelSpec): boolean =>
  [...spec.detectors, ...watchedMetrics(spec)].includes('ks/exact')

async function exactScores(
  { store, baselines }: RowFactsDeps,
  spec: ModelSpec,
  windowMs: number,
  ranges: readonly TimeRange[],
): Promise<Map<string, RowScore[]>> {
  const scores = new Map<string, RowScore[]>()
  const numeric = [...spec.features]
    .filter(([, { type }]) => type === 'numeric')
    .map(([name]) => name)
  for (const { baseline, versions } of referencesIn(spec, baselines(spec.model))) {
    const reference = referenceRows(spec, baseline)
    if (reference === null) continue
    for (let i = 0; i < numeric.length; i += featuresAtOnce) {
      const features = numeric.slice(i, i + featuresAtOnce)
      for (const row of await store.query(
        exactKs({ spec, features, widthMs: windowMs, ranges, reference }),
      )) {
        if (!versions(row.version)) continue
        const key = armKey(row.windowStart, row.version, row.variant)
        const score = ksExactScore({ d: row.statistic, n: row.nReference, m: row.nCurrent })
        const { feature } = row
        scores.set(key, [
          ...(scores.get(key) ?? []),
          { baseline: baseline.baseline, feature, metric: 'ks', score },
        ])
      }
    }
  }
  return scores
}

/** The revisions in use, each with the versions that are compared with it. */
function referencesIn(
  spec: ModelSpec,
  all: readonly Baseline[],
): { baseline: Baseline; versions: (version: string) => boolean }[] {
  return [...spec.baselines.keys()].flatMap((name) => {
    const bound = new Set(all.filter((b) => b.baseline === name).map(({ version }) => version))
    const inUse = [...bound].flatMap((version) => baselineFor(all, name, version) ?? [])
    return [...new Set(inUse)].map((baseline) => ({
      baseline,
      versions: (version: string) => baselineFor(all, name, version) === baseline,
    }))
  })
}
