import { effectiveSize, requireSameBins, total } from '../bins.ts'
import { dealtCounts, type DealtCounts } from '../calibration/dealt-counts.ts'
import { type GammaNull, gammaQuantile, gammaSurvival } from '../calibration/permutation-null.ts'
import { withRareRest } from '../calibration/rare-rest.ts'
import { type Detector } from '../detector.ts'
import { coarseBins } from '../pair.ts'
import { noiseLevel } from '../score.ts'

/**
 * Total variation distance of two histograms over the same bins:
 *
 *     TVD = ½·Σ | pᵢ − qᵢ |
 *
 * with pᵢ and qᵢ the reference and current share of bin i: the share of events
 * that must change their bin. From 0 to 1, symmetric, a metric; greater is
 * worse. The plainest of the distances to explain.
 *
 * With no drift it is about √(2·bins/π·(1/n + 1/m))/2, so it grows with the
 * number of bins: 200 categories and 300 events read 0.3. An empty sample has
 * distance 0 to an empty one and 1 to any other.
 *
 * O(bins).
 *
 * Ref: A. L. Gibbs, F. E. Su, Int. Stat. Rev. 70 (2002), 419–435.
 *
 * @example totalVariation([50, 50], [80, 20]) // 0.3
 */
export function totalVariation(reference: readonly number[], current: readonly number[]): number {
  requireSameBins('totalVariation', reference, current)
  const n = total(reference)
  const m = total(current)
  if (n === 0 || m === 0) return n === m ? 0 : 1
  let sum = 0
  for (let i = 0; i < reference.length; i++) sum += Math.abs(reference[i]! / n - current[i]! / m)
  return Math.min(1, sum / 2)
}

/**
 * Null of Σ |pᵢ − qᵢ| when the events are dealt out again at random. Each bin's
 * mean is that of the hypergeometric distribution, of the normal one for large
 * counts; the bins hang together as folded normal values do, whose covariance
 * (2/π)·σᵢσⱼ·(ρ²/2 + ρ⁴/24 + …) factors over the bins, so no pair is looked at.
 * A gamma distribution takes both moments. O(bins · √count).
 *
 * Ref: S. Nabeya, Ann. Inst. Stat. Math. 3 (1951), 2–6.
 */
function variationNull({ shares, deviations, distances, n, m }: DealtCounts): GammaNull {
  const size = effectiveSize(n, m)
  const sum = { mean: 0, variance: 0, second: 0, fourth: 0 }
  for (let i = 0; i < shares.length; i++) {
    const share = shares[i]!
    const deviation = Math.sqrt((share * (1 - share)) / size)
    // A current count that lies y from its center moves both shares: |pᵢ − qᵢ| = y/size.
    const normal = Number.isNaN(distances[i])
    const mean = normal ? deviation * Math.sqrt(2 / Math.PI) : distances[i]! / size
    const spread = normal ? deviation : deviations[i]! / size
    const odds = share < 1 ? share / (1 - share) : 0
    const pairs = (deviation * odds * sum.second) / 2 + (deviation * odds * odds * sum.fourth) / 24
    sum.mean += mean
    sum.variance += Math.max(0, spread * spread - mean * mean) + (4 / Math.PI) * pairs
    sum.second += deviation * odds
    sum.fourth += deviation * odds * odds
  }
  const { mean, variance } = sum
  if (mean <= 0 || variance <= 0) return { shape: 0, scale: 0 }
  return { shape: (mean * mean) / variance, scale: variance / mean }
}

export const tvdDetector: Detector = {
  metric: 'tvd',
  method: 'tvd/decile',
  kinds: ['numeric', 'categorical'],
  direction: 'greater_is_worse',
  minReference: 100,
  describe:
    'Total variation distance: the share of events that changed their bin, over about ten bins of equal reference mass, or over the categories.',
  compute: (input) => {
    const bins = coarseBins(input)
    if (bins === null) return null
    const value = totalVariation(bins.reference, bins.current)
    const nothing = variationNull(bins.once(dealtCounts))
    const judgement = {
      pValue: gammaSurvival(2 * value, nothing),
      noiseFloor: gammaQuantile(noiseLevel, nothing) / 2,
    }
    return {
      method: 'tvd/decile',
      value,
      direction: 'greater_is_worse',
      effect: value,
      nReference: bins.n,
      nCurrent: bins.m,
      ...withRareRest(judgement, value, bins),
    }
  },
}
