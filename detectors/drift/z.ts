import { type BinPair } from '../bins.ts'
import { leastExpected, shareDeviation } from '../calibration/two-shares.ts'
import { type Detector } from '../detector.ts'
import { coarseBins } from '../pair.ts'
import { noiseLevel } from '../score.ts'
import { normalDeviate, normalTwoSided } from '../special-functions/normal.ts'

export interface ShareMove {
  /** How many standard deviations the shares lie apart, not negative. */
  readonly z: number
  /** Difference of the shares, not negative. */
  readonly gap: number
}

/** Expected events of a cell from which the normal tail holds at a thousandth, as it has to for many bins. */
const leastInTail = 100

/**
 * The share that moved most surely, by the two-proportion z of each bin against
 * all others:
 *
 *     z = |qᵢ − pᵢ| / √( h·(1−h)·(1/n + 1/m) )
 *
 * with pᵢ and qᵢ the reference and current share of bin i and h the pooled one.
 * From 0 without bound, symmetric; greater is worse. For two bins it is the
 * textbook's test; for more, the greatest counts. Where a bin expects fewer than
 * five events, z is what Fisher's exact p-value is worth; among several bins the
 * far tail counts, and up to a hundred events it is what the mid-p is worth. An
 * empty sample leaves nothing to compare: 0.
 *
 * One bin with a large change stands out; a small change of many does not: `chi2`
 * sums them up. O(bins).
 *
 * Ref: SciPy and statsmodels' `proportions_ztest`; Evidently's `z` for two bins.
 *
 * @example largestShareMove({ reference: [552, 248], current: [365, 235], n: 800, m: 600 }).z // 3.1811
 */
export function largestShareMove({ reference, current, n, m }: BinPair): ShareMove {
  if (n === 0 || m === 0) return { z: 0, gap: 0 }
  const least = reference.length > 2 ? leastInTail : leastExpected
  let most = 0
  let gap = 0
  for (let i = 0; i < reference.length; i++) {
    const x = reference[i]!
    const y = current[i]!
    const z = shareDeviation({ x, n, y, m }, least)
    if (z > most) {
      most = z
      gap = Math.abs(x / n - y / m)
    }
  }
  return { z: most, gap }
}

/** Two bins are one question, more are as many as there are bins: Bonferroni's bound. */
function questions(bins: number): number {
  return bins > 2 ? bins : 1
}

export const zDetector: Detector = {
  metric: 'z',
  method: 'z/two-proportions',
  kinds: ['numeric', 'categorical'],
  direction: 'greater_is_worse',
  minReference: 100,
  describe:
    'Greatest two-proportion z of a bin’s share, exact for rare bins, p by Bonferroni over the bins; the effect is that share’s change.',
  compute: (input) => {
    const bins = coarseBins(input)
    if (bins === null) return null
    const { z, gap } = largestShareMove(bins)
    const asked = questions(bins.reference.length)
    return {
      method: 'z/two-proportions',
      value: z,
      direction: 'greater_is_worse',
      pValue: Math.min(1, asked * normalTwoSided(z)),
      effect: gap,
      nReference: bins.n,
      nCurrent: bins.m,
      noiseFloor: normalDeviate(noiseLevel / asked),
    }
  },
}
