import { verdictMethod, verdictMetric } from '../peers/peer-metrics.ts'
import { domainClassifierMethod } from './domain-classifier.ts'
import { alibiMmdMethod } from './mmd-alibi-detect.ts'
import { linearMmdMethod } from './mmd-linear.ts'
import { mmdMethod } from './mmd.ts'
import { judgedMethods } from './nannyml-verdicts.ts'
import { pcaReconstructionMethod } from './pca-reconstruction.ts'

/** What part a feature had in telling the samples apart. */
export const importanceMetric = 'domain_classifier_importance'
export const importanceMethod = 'importance/gain'

/** Each method id with its metric. */
export const multivariateMetrics: Readonly<Record<string, string>> = {
  [pcaReconstructionMethod]: 'pca_reconstruction_error',
  [domainClassifierMethod]: 'domain_classifier_auc',
  [mmdMethod]: 'mmd',
  [linearMmdMethod]: 'mmd',
  [alibiMmdMethod]: 'mmd',
}

/** Those of them that come without a p-value. */
export const untestedMultivariate: readonly string[] = [
  importanceMetric,
  importanceMethod,
  verdictMetric,
  ...judgedMethods.map(verdictMethod),
]

/** Every metric and method id of comparisons of whole rows. */
export const multivariateNames: readonly string[] = [
  ...new Set([...Object.entries(multivariateMetrics).flat(), ...untestedMultivariate]),
]
