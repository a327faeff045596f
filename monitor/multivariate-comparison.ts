import type { MultivariateMethod } from '../core/multivariate-schema.ts'
import { multivariateMethods } from '../core/multivariate-schema.ts'
import { domainClassifier } from '../detectors/multivariate/domain-classifier.ts'
import { importanceMethod, importanceMetric } from '../detectors/multivariate/metric-names.ts'
import type { MixedSample } from '../detectors/multivariate/mixed-sample.ts'
import { alibiMmd } from '../detectors/multivariate/mmd-alibi-detect.ts'
import { linearMmd } from '../detectors/multivariate/mmd-linear.ts'
import { mmd } from '../detectors/multivariate/mmd.ts'
import {
  pcaReconstruction,
  pcaReference,
  type PcaReference,
} from '../detectors/multivariate/pca-reconstruction.ts'
import type { Work } from '../detectors/multivariate/work.ts'
import { noiseLevel, type Score } from '../detectors/score.ts'
import { pythonRandom } from '../detectors/streams/random-source.ts'
import type { RowScore } from './evaluate.ts'

/** What is known of a reference beyond its rows, once it was asked for. */
export interface KnownReference {
  readonly sample: MixedSample
  pca?: PcaReference | null
}

export interface Comparison {
  readonly method: MultivariateMethod
  readonly reference: KnownReference
  readonly current: MixedSample
  readonly seed: number
}

/** Without what says where it belongs. */
export type ComparedScore = Pick<RowScore, 'feature' | 'metric' | 'score'>

/** Features that are named when a classifier told the samples apart. */
const mostNamed = 5

/**
 * The rows of one comparison: the score, without a value where the method has no answer, and after a
 * classifier that saw a difference the features that it saw it by. `feature` is that of the score.
 */
export function* compareRows(comparison: Comparison, feature: string): Work<ComparedScore[]> {
  const { method, reference, current } = comparison
  const { metrics, id } = multivariateMethods[method]
  const sizes = { nReference: reference.sample.count, nCurrent: current.count }
  const none: RowScore['score'] = { method: id, value: null, direction: 'none', ...sizes }
  const row = (score: RowScore['score'] | null): ComparedScore => ({
    feature,
    metric: metrics[0],
    score: score ?? none,
  })
  if (method !== 'domain-classifier') return [row(yield* scoreOf(comparison, method))]
  const random = pythonRandom(comparison.seed)
  const found = yield* domainClassifier(reference.sample, current, random)
  if (found === null) return [row(null)]
  const { score, importances } = found
  // Of samples that are alike it says nothing; of an embedding there is one feature to name.
  const named = feature === '' && (score.pValue ?? 1) < noiseLevel ? importances : []
  return [
    row(score),
    ...named.slice(0, mostNamed).map(([name, value]) => ({
      feature: name,
      metric: importanceMetric,
      score: { method: importanceMethod, value, direction: 'none' as const, ...sizes },
    })),
  ]
}

function* scoreOf(
  { reference, current, seed }: Comparison,
  method: Exclude<MultivariateMethod, 'domain-classifier'>,
): Work<Score | null> {
  switch (method) {
    case 'pca-reconstruction':
      reference.pca ??= yield* pcaReference(reference.sample)
      return reference.pca === null ? null : yield* pcaReconstruction(reference.pca, current)
    case 'mmd':
      return yield* mmd(reference.sample, current, pythonRandom(seed))
    case 'mmd-linear':
      return yield* linearMmd(reference.sample, current)
    case 'mmd/alibi-detect-0.12':
      return yield* alibiMmd(reference.sample, current, pythonRandom(seed))
  }
}
