import { total, valueCounts } from '../bins.ts'
import { profileMoments } from '../moments.ts'
import { type CategoricalBinning, type FeatureBinning, type FeatureProfile } from '../profile.ts'
import { definedMetrics, type QualityMetric, ratio } from './metric.ts'

export interface OutputMetricsInput {
  /** Predictions in the window. */
  readonly n: number
  readonly prediction?: { readonly profile: FeatureProfile; readonly binning: FeatureBinning }
  /** Probability of the positive class, or of the predicted class. */
  readonly score?: { readonly profile: FeatureProfile }
  readonly positiveClass?: string
}

/** `class` is set for class shares: store them under the feature `prediction=<class>`. */
export interface OutputMetric extends QualityMetric {
  readonly class?: string
}

/**
 * What a model answered in a window: volume, the share of each predicted class,
 * the positive rate, the mean score, and the entropy of the predicted classes in
 * bits. Class metrics need a categorical prediction; shares are of events with a
 * prediction. What is not defined is left out. O(classes).
 */
export function outputMetrics(input: OutputMetricsInput): OutputMetric[] {
  const { prediction } = input
  const confidence = input.score && profileMoments(input.score.profile)?.mean
  return [
    ...definedMetrics([
      ['volume', 'count', input.n],
      ['mean_confidence', 'mean-score', confidence],
    ]),
    ...(prediction?.binning.kind === 'categorical'
      ? classMetrics(prediction.profile, prediction.binning, input.positiveClass)
      : []),
  ]
}

/**
 * Shannon entropy of counts in bits: −Σ pᵢ·log₂ pᵢ. From 0, one class, to log₂
 * of the number of classes. A model that fell back to one answer shows as a
 * drop. Undefined without events. O(classes).
 *
 * Ref: C. E. Shannon, Bell Syst. Tech. J. 27 (1948), 379–423.
 *
 * @example entropyBits([50, 50]) // 1
 */
export function entropyBits(counts: readonly number[]): number | undefined {
  const events = total(counts)
  if (events === 0) return undefined
  let bits = 0
  for (const count of counts) {
    if (count > 0) bits -= (count / events) * Math.log2(count / events)
  }
  return Math.max(0, bits)
}

function classMetrics(
  profile: FeatureProfile,
  binning: CategoricalBinning,
  positiveClass: string | undefined,
): OutputMetric[] {
  const counts = [...valueCounts(profile, binning), profile.unseen]
  const classes = [...binning.categories, '__other__', '__unseen__']
  const answered = total(counts)
  const positive = positiveClass === undefined ? -1 : binning.categories.indexOf(positiveClass)
  return [
    ...definedMetrics([
      ['positive_rate', 'share', positive < 0 ? undefined : ratio(counts[positive]!, answered)],
      ['entropy', 'entropy/bits', entropyBits(counts)],
    ]),
    ...classes.flatMap((name, i) =>
      // A known class at 0 is news; nothing in the two collecting bins is not.
      answered > 0 && (counts[i]! > 0 || i < binning.categories.length)
        ? [{ metric: 'class_share', method: 'share', value: counts[i]! / answered, class: name }]
        : [],
    ),
  ]
}
