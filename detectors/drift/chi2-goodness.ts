import { effectiveSize, requireSameBins, total } from '../bins.ts'
import { dealtCounts, type DealtCounts } from '../calibration/dealt-counts.ts'
import { gammaQuantile, gammaSurvival, permutationNull } from '../calibration/permutation-null.ts'
import { withRareRest } from '../calibration/rare-rest.ts'
import { type Detector } from '../detector.ts'
import { coarseBins } from '../pair.ts'
import { noiseLevel } from '../score.ts'

/** Half an event a bin: the Jeffreys prior, as in `psi`. */
const jeffreys = 0.5

/**
 * Pearson's χ² of the current sample against the shares of the reference:
 *
 *     χ² = m · Σ (qᵢ − pᵢ)² / pᵢ
 *
 * with pᵢ and qᵢ the reference and current share of bin i, each with `prior`
 * pseudo-counts: without them one category that the reference lacks makes it
 * infinite. From 0 without bound; greater is worse. Not symmetric.
 *
 * Tables of χ² take the reference for the truth. It is a sample too, and counts
 * that ignore so find drift in everything: the statistic is (n + m)/n times too
 * large for them, which the detector's p-value allows for. An empty sample
 * reads as even shares.
 *
 * O(bins).
 *
 * Ref: K. Pearson, Phil. Mag. 50 (1900), 157–175; SciPy's
 * `stats.chisquare(current, reference * m / n)`, which has no pseudo-counts.
 *
 * @example chi2Goodness([50, 50], [80, 20], 0) // 36
 */
export function chi2Goodness(
  reference: readonly number[],
  current: readonly number[],
  prior: number = jeffreys,
): number {
  requireSameBins('chi2Goodness', reference, current)
  const added = prior * reference.length
  const n = total(reference) + added
  const m = total(current) + added
  let sum = 0
  for (let i = 0; i < reference.length; i++) {
    const p = (reference[i]! + prior) / n
    const gap = (current[i]! + prior) / m - p
    if (gap !== 0) sum += (gap * gap) / p
  }
  return (m - added) * sum
}

/** Terms of the statistic times n/(n + m). χ² with B − 1 degrees of freedom in the limit. */
function goodnessTerms({ reference, current, n, m, ends }: DealtCounts): number[] {
  const size = effectiveSize(n, m)
  const added = jeffreys * ends.length
  const terms = new Array<number>(reference.length)
  for (let k = 0; k < terms.length; k++) {
    const p = (reference[k]! + jeffreys) / (n + added)
    const gap = (current[k]! + jeffreys) / (m + added) - p
    terms[k] = (size * gap * gap) / p
  }
  return terms
}

export const chi2GoodnessDetector: Detector = {
  metric: 'chi2',
  method: 'chi2/goodness-jeffreys',
  kinds: ['numeric', 'categorical'],
  direction: 'greater_is_worse',
  minReference: 100,
  describe:
    'Pearson’s χ² of the current counts against the reference’s shares, half a pseudo-count a bin; the effect is Cohen’s w.',
  compute: (input) => {
    const bins = coarseBins(input)
    if (bins === null) return null
    const { reference, current, n, m } = bins
    const value = chi2Goodness(reference, current)
    const size = effectiveSize(n, m)
    const dealt = bins.once(dealtCounts)
    const nothing = permutationNull(dealt, goodnessTerms(dealt))
    const judgement = {
      pValue: gammaSurvival((value * size) / m, nothing),
      noiseFloor: (gammaQuantile(noiseLevel, nothing) * m) / size,
    }
    return {
      method: 'chi2/goodness-jeffreys',
      value,
      direction: 'greater_is_worse',
      effect: Math.sqrt(value / m),
      nReference: n,
      nCurrent: m,
      ...withRareRest(judgement, value, bins),
    }
  },
}
