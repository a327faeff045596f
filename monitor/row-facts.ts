import type { ModelSpec } from '../core/model-spec.ts'
import { watchedMetrics } from '../core/watched-metrics.ts'
import type { Store } from '../store/client.ts'
import { distinctValues } from '../store/queries/profile-distinct.ts'
import type { Baseline } from './baselines.ts'
import { armKey, type RowFacts } from './evaluate-windows.ts'
import type { RowScore } from './evaluate.ts'
import { exactScores } from './exact-scores.ts'
import { outlierFacts, type WindowsOfModel } from './outlier-facts.ts'
import { multivariateScores } from './multivariate-scores.ts'
import { peerScores } from './peer-scores.ts'

export interface RowFactsDeps {
  readonly store: Store
  /** All revisions of all baselines of a model. */
  readonly baselines: (model: string) => readonly Baseline[]
}

/** What only the stored rows tell of some windows: distinct values, and the scores of methods over rows. */
export async function rowFacts(deps: RowFactsDeps, ask: WindowsOfModel): Promise<RowFacts> {
  const { spec, binning, windowMs, starts } = ask
  const ranges = starts.map((from) => ({ from, to: from + windowMs }))
  const distinct = new Map<string, Map<string, number>>()
  for (const row of await deps.store.query(distinctValues(spec, windowMs, ranges))) {
    const key = armKey(row.windowStart, row.version, row.variant)
    const features = distinct.get(key) ?? new Map<string, number>()
    distinct.set(key, features.set(row.feature, row.distinct))
  }
  const { references } = binning
  const input = { spec, windowMs, starts, references, methods: methodsOf(spec) }
  const scores = joined([
    await exactScores(deps, input),
    await peerScores(deps, input),
    await multivariateScores(deps, input),
  ])
  return { distinct, scores, outliers: await outlierFacts(deps.store, ask) }
}

/** What the model asks for, and whatever is watched besides. */
const methodsOf = (spec: ModelSpec): ReadonlySet<string> =>
  new Set([...spec.detectors, ...watchedMetrics(spec)])

function joined(
  parts: readonly ReadonlyMap<string, readonly RowScore[]>[],
): Map<string, readonly RowScore[]> {
  const all = new Map<string, readonly RowScore[]>()
  for (const part of parts) {
    for (const [key, scores] of part) all.set(key, [...(all.get(key) ?? []), ...scores])
  }
  return all
}
