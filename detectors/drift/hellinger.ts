import { effectiveSize, requireSameBins, total } from '../bins.ts'
import { dealtCounts, type DealtCounts } from '../calibration/dealt-counts.ts'
import { gammaQuantile, gammaSurvival, permutationNull } from '../calibration/permutation-null.ts'
import { withRareRest } from '../calibration/rare-rest.ts'
import { type Detector } from '../detector.ts'
import { coarseBins } from '../pair.ts'
import { noiseLevel } from '../score.ts'

/**
 * Hellinger distance of two histograms over the same bins:
 *
 *     H = √( ½·Σ (√pᵢ − √qᵢ)² )
 *
 * with pᵢ and qᵢ the reference and current share of bin i. From 0, equal shares,
 * to 1, no bin in common. Symmetric, a metric; greater is worse.
 *
 * Empty bins need no smoothing, and rare ones count for more than in total
 * variation. With no drift its square is about (bins − 1)·(1/n + 1/m)/8. An
 * empty sample has distance 0 to an empty one and 1 to any other.
 *
 * O(bins).
 *
 * Ref: E. Hellinger, J. reine angew. Math. 136 (1909), 210–271; NannyML's
 * Hellinger distance over the same bins.
 *
 * @example hellinger([50, 50], [80, 20]) // 0.2265
 */
export function hellinger(reference: readonly number[], current: readonly number[]): number {
  requireSameBins('hellinger', reference, current)
  const n = total(reference)
  const m = total(current)
  if (n === 0 || m === 0) return n === m ? 0 : 1
  let sum = 0
  for (let i = 0; i < reference.length; i++) sum += rootGap(reference[i]! / n, current[i]! / m)
  return Math.min(1, Math.sqrt(sum / 2))
}

function rootGap(p: number, q: number): number {
  const gap = Math.sqrt(p) - Math.sqrt(q)
  return gap * gap
}

/** Terms of 8·nm/(n+m)·H². χ² with B − 1 degrees of freedom in the limit. */
function rootTerms({ reference, current, n, m }: DealtCounts): number[] {
  const scale = 4 * effectiveSize(n, m)
  const terms = new Array<number>(reference.length)
  for (let k = 0; k < terms.length; k++) {
    terms[k] = scale * rootGap(reference[k]! / n, current[k]! / m)
  }
  return terms
}

export const hellingerDetector: Detector = {
  metric: 'hellinger',
  method: 'hellinger/decile',
  kinds: ['numeric', 'categorical'],
  direction: 'greater_is_worse',
  minReference: 100,
  describe:
    'Hellinger distance (from 0 to 1) over about ten bins of equal reference mass, or over the categories.',
  compute: (input) => {
    const bins = coarseBins(input)
    if (bins === null) return null
    const { reference, current, n, m } = bins
    const value = hellinger(reference, current)
    const size = effectiveSize(n, m)
    const dealt = bins.once(dealtCounts)
    const nothing = permutationNull(dealt, rootTerms(dealt))
    const judgement = {
      pValue: gammaSurvival(8 * size * value * value, nothing),
      noiseFloor: Math.sqrt(gammaQuantile(noiseLevel, nothing) / (8 * size)),
    }
    return {
      method: 'hellinger/decile',
      value,
      direction: 'greater_is_worse',
      effect: value,
      nReference: n,
      nCurrent: m,
      ...withRareRest(judgement, value, bins),
    }
  },
}
