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
import {
  chunkErrors,
  classifierVerdict,
  reconstructionLimits,
  reconstructionVerdict,
  type LimitVerdict,
  type ReconstructionLimits,
} from '../detectors/multivariate/nannyml-verdicts.ts'
import { verdictMethod, verdictMetric } from '../detectors/peers/peer-metrics.ts'
import type { Work } from '../detectors/multivariate/work.ts'
import { noiseLevel, type Score } from '../detectors/score.ts'
import { pythonRandom } from '../detectors/streams/random-source.ts'
import type { RowScore } from './evaluate.ts'

/** What is known of a reference beyond its rows, once it was asked for. */
export interface KnownReference {
  readonly sample: MixedSample
  /** Places of its rows, by the chunks that NannyML would learn limits from. */
  readonly chunks: () => readonly (readonly number[])[]
  pca?: PcaReference | null
  limits?: ReconstructionLimits | null
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
 * The rows of one comparison: the score, without a value where the method has no answer, what NannyML
 * says of it where it has such a rule, and after a classifier that saw a difference the features that it
 * saw it by. `feature` is that of the score.
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
  const verdict = (found: LimitVerdict | null, judged = NaN): ComparedScore => ({
    feature,
    metric: verdictMetric,
    score: { ...none, ...verdictOf(id, found, judged) },
  })
  if (method === 'pca-reconstruction') {
    const score = yield* scoreOf(comparison, method)
    const limits = limitsOf(reference)
    const judged = score && limits && reconstructionVerdict(score.value, limits)
    return [row(score), verdict(judged, score?.value)]
  }
  if (method !== 'domain-classifier') return [row(yield* scoreOf(comparison, method))]
  const random = pythonRandom(comparison.seed)
  const found = yield* domainClassifier(reference.sample, current, random)
  if (found === null) return [row(null), verdict(null)]
  const { score, importances } = found
  // Of samples that are alike it says nothing; of an embedding there is one feature to name.
  const named = feature === '' && (score.pValue ?? 1) < noiseLevel ? importances : []
  return [
    row(score),
    verdict(classifierVerdict(score.value), score.value),
    ...named.slice(0, mostNamed).map(([name, value]) => ({
      feature: name,
      metric: importanceMetric,
      score: { method: importanceMethod, value, direction: 'none' as const, ...sizes },
    })),
  ]
}

/** What a verdict has beside its sizes: the number that was judged as its effect, the limit as its floor. */
const verdictOf = (
  id: string,
  found: LimitVerdict | null,
  judged: number,
): Pick<RowScore['score'], 'method' | 'value' | 'direction' | 'effect' | 'noiseFloor'> => ({
  method: verdictMethod(id),
  value: found === null ? null : Number(found.drifted),
  direction: 'greater_is_worse',
  ...(found === null ? {} : { effect: judged, noiseFloor: found.limit }),
})

/** What NannyML learns from the reference: once for all windows, as its components. */
function limitsOf(reference: KnownReference): ReconstructionLimits | null {
  const { pca } = reference
  if (pca === undefined || pca === null) return null
  reference.limits ??= reconstructionLimits(chunkErrors(pca.errors, reference.chunks()))
  return reference.limits
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
