import { effectiveSize, requireSameBins, total } from '../bins.ts'
import { dealtCounts, type DealtCounts } from '../calibration/dealt-counts.ts'
import {
  type GammaNull,
  gammaQuantile,
  gammaSurvival,
  permutationNull,
} from '../calibration/permutation-null.ts'
import { withRareRest } from '../calibration/rare-rest.ts'
import { type Detector } from '../detector.ts'
import { coarseBins } from '../pair.ts'
import { noiseLevel } from '../score.ts'

/**
 * Jensen–Shannon distance of two histograms over the same bins, base 2:
 *
 *     JS = √( ½·Σ pᵢ·log₂(pᵢ/rᵢ) + ½·Σ qᵢ·log₂(qᵢ/rᵢ) ),   rᵢ = (pᵢ + qᵢ)/2
 *
 * From 0, equal shares, to 1, no bin in common. A metric: symmetric, and it
 * obeys the triangle inequality. Greater is worse. SciPy's
 * `distance.jensenshannon(p, q, base=2)`; divide base-e values by √ln 2.
 *
 * Empty bins need no smoothing. But noise lifts it: with no drift its square
 * is about (bins − 1)·(1/n + 1/m) / (8·ln 2), which passes 0.1 for 50
 * categories and 300 events. An empty sample has distance 0 to an empty one and
 * 1 to any other.
 *
 * O(bins).
 *
 * Ref: J. Lin, IEEE Trans. Inf. Theory 37 (1991), 145–151; D. M. Endres,
 * J. E. Schindelin, IEEE Trans. Inf. Theory 49 (2003), 1858–1860.
 *
 * @example jensenShannon([50, 50], [80, 20]) // 0.2704
 */
export function jensenShannon(reference: readonly number[], current: readonly number[]): number {
  requireSameBins('jensenShannon', reference, current)
  const n = total(reference)
  const m = total(current)
  if (n === 0 || m === 0) return n === m ? 0 : 1
  let sum = 0
  for (let i = 0; i < reference.length; i++) sum += divergence(reference[i]! / n, current[i]! / m)
  return Math.min(1, Math.sqrt(Math.max(0, sum) / Math.LN2))
}

/** What one bin adds to the Jensen–Shannon divergence, in nats. */
function divergence(p: number, q: number): number {
  if (p === q) return 0
  const middle = (p + q) / 2
  const u = (p - q) / (p + q)
  // Shares that are alike, as most are: r/2 · ((1+u)·ln(1+u) + (1−u)·ln(1−u)) loses no digits as a series.
  if (Math.abs(u) < 0.25) return (middle / 2) * entropySeries(u * u)
  const fromReference = p > 0 ? p * Math.log(p / middle) : 0
  const fromCurrent = q > 0 ? q * Math.log(q / middle) : 0
  return (fromReference + fromCurrent) / 2
}

/** Σ sᵏ / (k·(2k − 1)) for s up to 1/16, where what is left out changes no digit. */
function entropySeries(s: number): number {
  let sum = 0
  for (let k = entropyTerms.length - 1; k >= 0; k--) sum = s * (entropyTerms[k]! + sum)
  return sum
}

const entropyTerms = Array.from({ length: 12 }, (_, i) => 1 / ((i + 1) * (2 * i + 1)))

/** Null of 8·nm/(n+m)·JSD with the divergence in nats. χ² with B − 1 degrees of freedom in the limit. */
export function jensenShannonNull(dealt: DealtCounts): GammaNull {
  const { reference, current, n, m } = dealt
  const scale = 8 * effectiveSize(n, m)
  const terms = new Array<number>(reference.length)
  for (let k = 0; k < terms.length; k++) {
    terms[k] = scale * divergence(reference[k]! / n, current[k]! / m)
  }
  return permutationNull(dealt, terms)
}

export const jsDetector: Detector = {
  metric: 'js',
  method: 'js/base2',
  kinds: ['numeric', 'categorical'],
  direction: 'greater_is_worse',
  minReference: 100,
  describe:
    'Jensen–Shannon distance (base 2, from 0 to 1) over about ten bins of equal reference mass, or over the categories.',
  compute: (input) => {
    const bins = coarseBins(input)
    if (bins === null) return null
    const { reference, current, n, m } = bins
    const value = jensenShannon(reference, current)
    const scale = 8 * Math.LN2 * effectiveSize(n, m)
    const nothing = jensenShannonNull(bins.once(dealtCounts))
    const judgement = {
      pValue: gammaSurvival(value * value * scale, nothing),
      noiseFloor: Math.sqrt(gammaQuantile(noiseLevel, nothing) / scale),
    }
    return {
      method: 'js/base2',
      value,
      direction: 'greater_is_worse',
      effect: value,
      nReference: n,
      nCurrent: m,
      ...withRareRest(judgement, value, bins),
    }
  },
}
