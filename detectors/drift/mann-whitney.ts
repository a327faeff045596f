import { type BinPair } from '../bins.ts'
import { withRareRest } from '../calibration/rare-rest.ts'
import { type Detector } from '../detector.ts'
import { fineBins } from '../pair.ts'
import { noiseLevel } from '../score.ts'
import { normalDeviate, normalTwoSided } from '../special-functions/normal.ts'

export interface RankShift {
  /** P(current > reference) − P(current < reference), from −1 to 1: Cliff's delta. */
  readonly delta: number
  /** Its standard deviation without drift, ties allowed for; 0 when all events share a bin. */
  readonly deviation: number
}

/**
 * Mann–Whitney's U of two histograms over ordered bins, on the scale of Cliff's
 * delta: 2U/(nm) − 1, where U counts the pairs in which the current event lies
 * higher, ties as half. From −1, all current events below all others, to 1;
 * exchanging the samples turns its sign. Without drift its variance is
 *
 *     (N³ − Σ tᵢ³) / (3·nm·N·(N − 1)),   N = n + m
 *
 * with tᵢ pooled events of bin i: the mid-rank correction for ties. An order is
 * all it needs; a change of spread alone escapes it. O(bins).
 *
 * Ref: H. B. Mann, D. R. Whitney, Ann. Math. Stat. 18 (1947), 50–60; SciPy's
 * `mannwhitneyu(current, reference, use_continuity=False)`.
 *
 * @example rankShift({ reference: [25, 25, 25, 25], current: [40, 30, 20, 10], n: 100, m: 100 }).delta // -0.25
 */
export function rankShift({ reference, current, n, m }: BinPair): RankShift {
  const events = n + m
  let below = 0
  let belowNow = 0
  let order = 0
  let untied = 0
  for (let i = 0; i < reference.length; i++) {
    const x = reference[i]!
    const y = current[i]!
    order += (y / m) * (below / n) - (x / n) * (belowNow / m)
    below += x
    belowNow += y
    const share = (x + y) / events
    untied += share * (1 - share) * (1 + share)
  }
  if (events < 2) return { delta: order, deviation: 0 }
  const variance = (untied * (events / (3 * n))) / m / (1 - 1 / events)
  return { delta: order, deviation: Math.sqrt(variance) }
}

export const mannWhitneyDetector: Detector = {
  metric: 'mann-whitney',
  method: 'mann-whitney/binned-64',
  kinds: ['numeric'],
  direction: 'greater_is_worse',
  minReference: 100,
  describe:
    'Size of Cliff’s delta, |P(current > reference) − P(current < reference)|, over up to 64 bins, with mid-ranks.',
  compute: (input) => {
    if (input.binning.kind !== 'numeric') return null
    const bins = fineBins(input)
    if (bins === null) return null
    const shift = rankShift(bins)
    const value = Math.min(1, Math.abs(shift.delta))
    const deviation = Math.max(shift.deviation, Number.MIN_VALUE)
    const judgement = {
      pValue: normalTwoSided(value / deviation),
      noiseFloor: Math.min(1, deviation * normalDeviate(noiseLevel)),
    }
    return {
      method: 'mann-whitney/binned-64',
      value,
      direction: 'greater_is_worse',
      effect: value,
      nReference: bins.n,
      nCurrent: bins.m,
      ...withRareRest(judgement, value, bins),
    }
  },
}
