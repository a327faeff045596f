import { type Detector } from './detector.ts'
import { adDetector } from './drift/ad.ts'
import { chi2Detector } from './drift/chi2.ts'
import { chi2GoodnessDetector } from './drift/chi2-goodness.ts'
import { cramersVDetector } from './drift/cramers-v.ts'
import { cvmDetector } from './drift/cvm.ts'
import { energyDetector } from './drift/energy.ts'
import { gDetector } from './drift/g.ts'
import { hellingerDetector } from './drift/hellinger.ts'
import { jsDetector } from './drift/js.ts'
import { klDetector } from './drift/kl.ts'
import { ksDetector, ksExactMethod } from './drift/ks.ts'
import { linfRobustDetector, linfSimpleDetector } from './drift/linf.ts'
import { mannWhitneyDetector } from './drift/mann-whitney.ts'
import { psiDetector } from './drift/psi.ts'
import { tDetector } from './drift/t.ts'
import { tvdDetector } from './drift/tvd.ts'
import { wassersteinDetector } from './drift/wasserstein.ts'
import { zDetector } from './drift/z.ts'
import { rowScanMethods } from './exact/row-methods.ts'
import { type FeatureProfile } from './profile.ts'

/** Every drift detector over profiles. The first of a metric is its default method. */
export const detectors: readonly Detector[] = [
  psiDetector,
  jsDetector,
  ksDetector,
  linfSimpleDetector,
  linfRobustDetector,
  wassersteinDetector,
  chi2Detector,
  chi2GoodnessDetector,
  klDetector,
  hellingerDetector,
  tvdDetector,
  energyDetector,
  cvmDetector,
  adDetector,
  mannWhitneyDetector,
  tDetector,
  zDetector,
  gDetector,
  cramersVDetector,
]

/** What a model gets that names no detectors. */
export const defaultDetectors: readonly Detector[] = [
  psiDetector,
  jsDetector,
  ksDetector,
  linfSimpleDetector,
  wassersteinDetector,
]

/** Methods that need stored rows instead of profiles: their statistic is computed by the store. */
export const rowMethods: readonly string[] = [
  ksExactMethod,
  ...rowScanMethods.map(({ method }) => method),
]

/** The detector of a method id, or the default one of a metric; undefined when there is neither. */
export function detectorNamed(name: string): Detector | undefined {
  return (
    detectors.find((detector) => detector.method === name) ??
    detectors.find((detector) => detector.metric === name)
  )
}

/**
 * True when either side holds fewer events than `minSamples`: the answer is
 * then `insufficient_data`, which neither fires nor resolves an alert.
 */
export function insufficient(
  reference: FeatureProfile,
  current: FeatureProfile,
  minSamples: number,
): boolean {
  return reference.n < minSamples || current.n < minSamples
}
