import { effectiveSize, requireSameBins, total } from '../bins.ts'
import { dealtCounts, type DealtCounts } from '../calibration/dealt-counts.ts'
import { gammaQuantile, gammaSurvival, permutationNull } from '../calibration/permutation-null.ts'
import { withRareRest } from '../calibration/rare-rest.ts'
import { type Detector } from '../detector.ts'
import { coarseBins } from '../pair.ts'
import { noiseLevel } from '../score.ts'
import { smoothedLogs } from './psi.ts'

/** Half an event a bin: the Jeffreys prior, as in `psi`. */
const jeffreys = 0.5

/**
 * Kullback–Leibler divergence of the current from the reference sample, in nats:
 *
 *     KL = Σ qᵢ · ln(qᵢ / pᵢ)
 *
 * with pᵢ and qᵢ the reference and current share of bin i, each with `prior`
 * pseudo-counts so that an empty bin does not make it infinite. Zero only when
 * all shares agree, without an upper bound; greater is worse. It is what coding
 * current events with the reference's shares costs beyond the best code.
 *
 * Not symmetric: bins that appear weigh more than bins that vanish. PSI is the
 * sum of both directions. Evidently computes the other one. With no drift its
 * mean is about (bins − 1)·(1/n + 1/m)/2. An empty sample reads as even shares.
 *
 * O(bins).
 *
 * Ref: S. Kullback, R. A. Leibler, Ann. Math. Stat. 22 (1951), 79–86; SciPy's
 * `stats.entropy(current, reference)`.
 *
 * @example kullbackLeibler([50, 50], [80, 20]) // 0.1887
 */
export function kullbackLeibler(
  reference: readonly number[],
  current: readonly number[],
  prior: number = jeffreys,
): number {
  requireSameBins('kullbackLeibler', reference, current)
  const n = total(reference) + prior * reference.length
  const m = total(current) + prior * reference.length
  let sum = 0
  for (let i = 0; i < reference.length; i++) {
    sum += excess((reference[i]! + prior) / n, (current[i]! + prior) / m)
  }
  return Math.max(0, sum)
}

/** q·ln(q/p) − q + p: the shares sum to one, so the last two cancel, and no term is negative. */
function excess(p: number, q: number): number {
  return p > 0 && q > 0 ? q * Math.log(q / p) - q + p : 0
}

/** Terms of 2·nm/(n+m)·KL, over the bins that are in use. χ² with B − 1 degrees of freedom in the limit. */
function divergenceTerms(
  { reference, current, n, m, ends }: DealtCounts,
  logs: readonly number[],
): number[] {
  const scale = 2 * effectiveSize(n, m)
  const added = jeffreys * ends.length
  const terms = new Array<number>(reference.length)
  for (let k = 0; k < terms.length; k++) {
    const p = (reference[k]! + jeffreys) / (n + added)
    const q = (current[k]! + jeffreys) / (m + added)
    terms[k] = scale * (q * logs[k]! - q + p)
  }
  return terms
}

export const klDetector: Detector = {
  metric: 'kl',
  method: 'kl/decile-jeffreys',
  kinds: ['numeric', 'categorical'],
  direction: 'greater_is_worse',
  minReference: 100,
  describe:
    'Kullback–Leibler divergence of current from reference in nats, over the bins and with the pseudo-counts of psi/decile-jeffreys.',
  compute: (input) => {
    const bins = coarseBins(input)
    if (bins === null) return null
    const { reference, current, n, m } = bins
    const value = kullbackLeibler(reference, current)
    const scale = 2 * effectiveSize(n, m)
    const dealt = bins.once(dealtCounts)
    const nothing = permutationNull(dealt, divergenceTerms(dealt, bins.once(smoothedLogs)))
    const judgement = {
      pValue: gammaSurvival(value * scale, nothing),
      noiseFloor: gammaQuantile(noiseLevel, nothing) / scale,
    }
    return {
      method: 'kl/decile-jeffreys',
      value,
      direction: 'greater_is_worse',
      effect: value,
      nReference: n,
      nCurrent: m,
      ...withRareRest(judgement, value, bins),
    }
  },
}
