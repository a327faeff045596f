import { type BinPair, requireSameBins, total } from '../bins.ts'
import { judgeTable } from '../calibration/table-null.ts'
import { type Detector } from '../detector.ts'
import { coarseBins } from '../pair.ts'
import { chi2Null } from './chi2.ts'

/**
 * Cramér's V of two histograms as a 2 × bins table, corrected for bias:
 *
 *     V = √( max(0, φ² − (k−1)/(N−1)) / min(k̃ − 1, 1 − 1/(N−1)) )
 *     φ² = χ²/N,   k̃ = k − (k−1)²/(N−1)
 *
 * with k bins in use, N = n + m events and χ² without Yates' correction. From 0
 * to 1; symmetric; greater is worse. Without the correction V rises with the
 * number of bins where nothing drifts; with it, no drift reads 0 more often than
 * not. With fewer than two bins in use, or an empty sample: 0.
 *
 * It cannot reach 1 when the samples' sizes differ much: compare like with like.
 *
 * O(bins).
 *
 * Ref: H. Cramér, Mathematical Methods of Statistics (1946); W. Bergsma, J.
 * Korean Stat. Soc. 42 (2013), 323–328.
 *
 * @example cramersV([552, 248], [365, 235]) // 0.0807
 */
export function cramersV(reference: readonly number[], current: readonly number[]): number {
  requireSameBins('cramersV', reference, current)
  const n = total(reference)
  const m = total(current)
  const used = reference.filter((count, i) => count + current[i]! > 0).length
  return n === 0 || m === 0 ? 0 : corrected(plainChi2({ reference, current, n, m }), used, n + m)
}

function plainChi2({ reference, current, n, m }: BinPair): number {
  let sum = 0
  for (let i = 0; i < reference.length; i++) {
    const pooled = reference[i]! + current[i]!
    const gap = reference[i]! / n - current[i]! / m
    if (pooled > 0) sum += (gap * gap * n * m) / pooled
  }
  return sum
}

function corrected(chi2: number, bins: number, events: number): number {
  if (bins < 2 || events < 3) return 0
  const excess = Math.max(0, chi2 / events - (bins - 1) / (events - 1))
  const columns = bins - (bins - 1) ** 2 / (events - 1)
  const most = Math.min(columns - 1, 1 - 1 / (events - 1))
  return most > 0 ? Math.min(1, Math.sqrt(excess / most)) : 0
}

export const cramersVDetector: Detector = {
  metric: 'cramers-v',
  method: 'cramers-v/bias-corrected',
  kinds: ['numeric', 'categorical'],
  direction: 'greater_is_worse',
  minReference: 100,
  describe:
    'Cramér’s V of the 2 × bins table, corrected for bias: 0 where χ² is no more than chance makes it.',
  compute: (input) => {
    const bins = coarseBins(input)
    if (bins === null) return null
    const { reference, n, m } = bins
    const chi2 = plainChi2(bins)
    const value = corrected(chi2, reference.length, n + m)
    const { pValue, noiseFloor } = judgeTable(chi2, bins, bins.once(chi2Null))
    return {
      method: 'cramers-v/bias-corrected',
      value,
      direction: 'greater_is_worse',
      pValue,
      effect: value,
      nReference: n,
      nCurrent: m,
      noiseFloor: corrected(noiseFloor, reference.length, n + m),
    }
  },
}
