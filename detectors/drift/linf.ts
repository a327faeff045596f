import { effectiveSize, requireSameBins, total } from '../bins.ts'
import { type Detector, type DriftInput } from '../detector.ts'
import { type ComparedBins, fineBins } from '../pair.ts'
import { type FeatureBinning } from '../profile.ts'
import { noiseLevel, type Score } from '../score.ts'
import { binnedKsScore } from './ks.ts'

/**
 * L∞ distance of two histograms over the same categories:
 *
 *     L∞ = max over i of | qᵢ − pᵢ |
 *
 * with pᵢ and qᵢ the reference and current share of category i. From 0 to 1;
 * greater is worse. It names its culprit, one category, and it does not grow
 * with the number of categories; it overlooks many small moves. For ordered
 * values the like is the gap of the distribution functions: `binnedKs`.
 * An empty sample counts as share 0 everywhere.
 *
 * O(bins).
 *
 * Ref: Amazon SageMaker Model Monitor, `categorical_drift_method: LInfinity`.
 *
 * @example largestShareGap([50, 50], [80, 20]) // 0.3
 */
export function largestShareGap(reference: readonly number[], current: readonly number[]): number {
  requireSameBins('largestShareGap', reference, current)
  const n = Math.max(1, total(reference))
  const m = Math.max(1, total(current))
  let gap = 0
  for (let i = 0; i < reference.length; i++) {
    gap = Math.max(gap, Math.abs(current[i]! / m - reference[i]! / n))
  }
  return gap
}

/**
 * What sampling alone may add to L∞: c·√((n + m)/(n·m)). In units of share;
 * falls with both sample sizes. c = √(−½·ln(α/2)) comes from the
 * Dvoretzky–Kiefer–Wolfowitz inequality; 1.8 stands for α ≈ 0.003. O(1).
 *
 * Ref: P. Massart, Ann. Probab. 18 (1990), 1269–1283.
 *
 * @example samplingMargin(1500, 1000) // 0.0735
 */
export function samplingMargin(n: number, m: number, c = 1.8): number {
  return c / Math.sqrt(effectiveSize(n, m))
}

/**
 * Chance of a share gap of at least d between samples without drift, at most:
 * 2·exp(−2·d²·nm/(n+m)). The inequality covers every distribution, so for many
 * categories the true chance is far smaller: few false alarms, little power.
 */
function boundedChance(d: number, n: number, m: number): number {
  return Math.min(1, 2 * Math.exp(-2 * d * d * effectiveSize(n, m)))
}

function boundedFloor(n: number, m: number): number {
  return Math.min(1, samplingMargin(n, m, Math.sqrt(Math.log(2 / noiseLevel) / 2)))
}

function simpleScore(bins: ComparedBins, kind: FeatureBinning['kind']): Score {
  if (kind === 'numeric') return { ...bins.once(binnedKsScore), method: 'linf/simple' }
  const { reference, current, n, m } = bins
  const d = largestShareGap(reference, current)
  return {
    method: 'linf/simple',
    value: d,
    direction: 'greater_is_worse',
    pValue: boundedChance(d, n, m),
    effect: d,
    nReference: n,
    nCurrent: m,
    noiseFloor: boundedFloor(n, m),
  }
}

/** The part of L∞ that sampling does not explain. Its noise floor is 0: any positive value has p < 0.004. */
function robustScore(bins: ComparedBins, kind: FeatureBinning['kind']): Score {
  const simple = simpleScore(bins, kind)
  const value = Math.max(0, simple.value - samplingMargin(bins.n, bins.m))
  return { ...simple, method: 'linf/robust-1.8', value, noiseFloor: 0 }
}

function overFineBins(
  input: DriftInput,
  score: (bins: ComparedBins, kind: FeatureBinning['kind']) => Score,
): Score | null {
  const bins = fineBins(input)
  return bins === null ? null : score(bins, input.binning.kind)
}

export const linfSimpleDetector: Detector = {
  metric: 'linf',
  method: 'linf/simple',
  kinds: ['numeric', 'categorical'],
  direction: 'greater_is_worse',
  minReference: 100,
  describe:
    'Largest change: of the distribution function for numbers, of one category’s share for categories.',
  compute: (input) => overFineBins(input, simpleScore),
}

export const linfRobustDetector: Detector = {
  metric: 'linf',
  method: 'linf/robust-1.8',
  kinds: ['numeric', 'categorical'],
  direction: 'greater_is_worse',
  minReference: 100,
  describe:
    'linf/simple less what sampling alone may add, 1.8·√((n+m)/(nm)); 0 when there is none.',
  compute: (input) => overFineBins(input, robustScore),
}
