import { effectiveSize, requireSameBins, total } from '../bins.ts'
import { dealtCounts, type DealtCounts } from '../calibration/dealt-counts.ts'
import { gammaQuantile, gammaSurvival, permutationNull } from '../calibration/permutation-null.ts'
import { withRareRest } from '../calibration/rare-rest.ts'
import { type Detector } from '../detector.ts'
import { coarseBins, type ComparedBins } from '../pair.ts'
import { noiseLevel } from '../score.ts'

/** Half an event a bin: the Jeffreys prior. */
const jeffreys = 0.5

/**
 * Population Stability Index of two histograms over the same bins:
 *
 *     PSI = Σ (qᵢ − pᵢ) · ln(qᵢ / pᵢ)
 *
 * with pᵢ and qᵢ the reference and current share of bin i. Symmetric, never
 * negative, zero only when all shares agree, without an upper bound; greater is
 * worse.
 *
 * It is a distance, not a p-value: with no drift at all its mean is about
 * (bins − 1)·(1/n + 1/m), so a fixed 0.2 fires on noise when a window is small.
 * An empty bin would make the logarithm infinite. Each bin therefore gets
 * `prior` pseudo-counts; a tiny epsilon instead would let one stray event
 * decide the score. Zero pseudo-counts leave out bins that either side lacks.
 * An empty sample reads as even shares.
 *
 * O(bins).
 *
 * Ref: S. Kullback, R. A. Leibler, On information and sufficiency (1951): PSI
 * is their divergence J(1, 2); B. Yurdakul, Statistical properties of
 * population stability index (2018), for its distribution.
 *
 * @example psi([50, 50], [80, 20]) // 0.4063
 */
export function psi(
  reference: readonly number[],
  current: readonly number[],
  prior: number = jeffreys,
): number {
  requireSameBins('psi', reference, current)
  const n = total(reference) + prior * reference.length
  const m = total(current) + prior * reference.length
  let sum = 0
  for (let i = 0; i < reference.length; i++) {
    const p = (reference[i]! + prior) / n
    const q = (current[i]! + prior) / m
    if (p > 0 && q > 0) sum += (q - p) * Math.log(q / p)
  }
  return Math.max(0, sum)
}

/** ln(qᵢ/pᵢ) at the nodes of the bins' null, with half a pseudo-count a bin: `kl` sums it as well. */
export function smoothedLogs(bins: ComparedBins): number[] {
  const { reference, current, n, m, ends } = bins.once(dealtCounts)
  const added = jeffreys * ends.length
  const whole = (n + added) / (m + added)
  const logs = new Array<number>(reference.length)
  for (let k = 0; k < logs.length; k++) {
    logs[k] = Math.log(((current[k]! + jeffreys) / (reference[k]! + jeffreys)) * whole)
  }
  return logs
}

/** Terms of PSI·nm/(n+m), over the bins that are in use. χ² with B − 1 degrees of freedom in the limit. */
function stabilityTerms(
  { reference, current, n, m, ends }: DealtCounts,
  logs: readonly number[],
): number[] {
  const size = effectiveSize(n, m)
  const added = jeffreys * ends.length
  const terms = new Array<number>(reference.length)
  for (let k = 0; k < terms.length; k++) {
    const p = (reference[k]! + jeffreys) / (n + added)
    const q = (current[k]! + jeffreys) / (m + added)
    terms[k] = size * (q - p) * logs[k]!
  }
  return terms
}

export const psiDetector: Detector = {
  metric: 'psi',
  method: 'psi/decile-jeffreys',
  kinds: ['numeric', 'categorical'],
  direction: 'greater_is_worse',
  minReference: 100,
  describe:
    'Population Stability Index over about ten bins of equal reference mass, or over the categories, with half a pseudo-count a bin.',
  compute: (input) => {
    const bins = coarseBins(input)
    if (bins === null) return null
    const { reference, current, n, m } = bins
    const value = psi(reference, current)
    const size = effectiveSize(n, m)
    const dealt = bins.once(dealtCounts)
    const nothing = permutationNull(dealt, stabilityTerms(dealt, bins.once(smoothedLogs)))
    const judgement = {
      pValue: gammaSurvival(value * size, nothing),
      noiseFloor: gammaQuantile(noiseLevel, nothing) / size,
    }
    return {
      method: 'psi/decile-jeffreys',
      value,
      direction: 'greater_is_worse',
      effect: value,
      nReference: n,
      nCurrent: m,
      ...withRareRest(judgement, value, bins),
    }
  },
}
