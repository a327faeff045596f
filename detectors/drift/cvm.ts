import { type BinPair, effectiveSize } from '../bins.ts'
import { bridgeNull } from '../calibration/bridge-null.ts'
import { gammaQuantile, gammaSurvival } from '../calibration/permutation-null.ts'
import { withRareRest } from '../calibration/rare-rest.ts'
import { type Detector } from '../detector.ts'
import { fineBins } from '../pair.ts'
import { noiseLevel } from '../score.ts'
import { type DistributionGaps, distributionGaps } from './distribution-gaps.ts'

/**
 * Two-sample Cramér–von Mises statistic of two histograms over ordered bins:
 *
 *     T = nm/(n+m) · Σ hᵢ·(Fᵢ − Gᵢ)²
 *
 * with Fᵢ and Gᵢ the share of reference and current events up to bin i and hᵢ
 * the pooled share of bin i. From 0 without bound, symmetric; greater is worse.
 * It grows with the samples; √(T·(n+m)/(nm)), the root mean square gap, from 0
 * to 1, does not. Where KS asks for one large gap, it sums all of them, and so
 * sees a shift of the middle sooner. One value a bin makes it SciPy's statistic
 * for samples without ties. O(bins).
 *
 * Ref: T. W. Anderson, Ann. Math. Stat. 33 (1962), 1148–1159; SciPy's
 * `cramervonmises_2samp`.
 *
 * @example cramerVonMises({ reference: [25, 25, 25, 25], current: [40, 30, 20, 10], n: 100, m: 100 }) // 1.16875
 */
export function cramerVonMises(bins: BinPair): number {
  return effectiveSize(bins.n, bins.m) * squaredGaps(distributionGaps(bins))
}

/** Mean of the squared gaps over the pooled events. */
function squaredGaps({ gaps, pooled }: DistributionGaps): number {
  let sum = 0
  for (let i = 0; i < gaps.length; i++) sum += pooled[i]! * gaps[i]! * gaps[i]!
  return sum
}

export const cvmDetector: Detector = {
  metric: 'cvm',
  method: 'cvm/binned-64',
  kinds: ['numeric'],
  direction: 'greater_is_worse',
  minReference: 100,
  describe:
    'Cramér–von Mises statistic over up to 64 bins; the effect is the root mean square gap of the distribution functions.',
  compute: (input) => {
    if (input.binning.kind !== 'numeric') return null
    const bins = fineBins(input)
    if (bins === null) return null
    const { n, m } = bins
    const gaps = bins.once(distributionGaps)
    const value = effectiveSize(n, m) * squaredGaps(gaps)
    const nothing = bridgeNull(gaps.heights, gaps.pooled)
    const judgement = {
      pValue: gammaSurvival(value, nothing),
      noiseFloor: gammaQuantile(noiseLevel, nothing),
    }
    return {
      method: 'cvm/binned-64',
      value,
      direction: 'greater_is_worse',
      effect: Math.sqrt(value / effectiveSize(n, m)),
      nReference: n,
      nCurrent: m,
      ...withRareRest(judgement, value, bins),
    }
  },
}
