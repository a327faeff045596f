import { binPair, requireSameBins, total } from '../bins.ts'
import { type Contribution, type Sides } from '../calibration/permutation-null.ts'
import { judgeTable } from '../calibration/table-null.ts'
import { type Detector } from '../detector.ts'
import { chi2Survival } from '../special-functions/incomplete-gamma.ts'

export interface Contingency {
  readonly statistic: number
  /** Bins in use less one. */
  readonly dof: number
  readonly pValue: number
  /** √(χ²/(n + m)) without Yates' correction: 0 for equal shares, 1 for none in common. */
  readonly cramersV: number
}

/**
 * Pearson's χ² test of two histograms as a 2 × bins contingency table:
 *
 *     χ² = Σ (|observed − expected| − yates)² / expected
 *
 * with the expected counts from the pooled shares. Bins that both sides leave
 * empty are dropped. Yates' correction, ½ but never more than the gap itself,
 * applies with one degree of freedom only. From 0 without bound; greater is
 * worse, and it grows with the sample for one and the same drift: read Cramér's
 * V for the size.
 *
 * With expected counts below 5 the p-value is rough: for 500 categories and 100
 * events it is under 0.05 in a fifth of all comparisons without drift. The
 * detector then takes the permutation null instead, for two bins Fisher's exact
 * test. With fewer than two bins in
 * use, or an empty sample, nothing can differ: 0, p = 1.
 *
 * O(bins).
 *
 * Ref: K. Pearson, Phil. Mag. 50 (1900), 157–175; SciPy's
 * `stats.contingency.chi2_contingency([reference, current])`.
 *
 * @example chi2Contingency([552, 248], [365, 235]).statistic // 9.7609
 */
export function chi2Contingency(
  reference: readonly number[],
  current: readonly number[],
): Contingency {
  requireSameBins('chi2Contingency', reference, current)
  const n = total(reference)
  const m = total(current)
  const used = reference.filter((count, i) => count + current[i]! > 0).length
  if (n === 0 || m === 0 || used < 2) return { statistic: 0, dof: 0, pValue: 1, cramersV: 0 }
  const dof = used - 1
  let plain = 0
  let corrected = 0
  for (const [i, count] of reference.entries()) {
    const pooled = count + current[i]!
    if (pooled === 0) continue
    // The gap is the same in both rows of a column, with opposite sign.
    const gap = Math.abs(count - (pooled * n) / (n + m))
    const weight = ((n + m) * (1 / n + 1 / m)) / pooled
    plain += gap * gap * weight
    corrected += Math.max(0, gap - 0.5) ** 2 * weight
  }
  const statistic = dof === 1 ? corrected : plain
  return {
    statistic,
    dof,
    pValue: chi2Survival(statistic, dof),
    cramersV: Math.min(1, Math.sqrt(plain / (n + m))),
  }
}

/** What a bin adds to χ² without Yates' correction. */
export function chi2Contribution({ n, m }: Sides): Contribution {
  return (x, y) => {
    const gap = x / n - y / m
    return (gap * gap * n * m) / (x + y)
  }
}

export const chi2Detector: Detector = {
  metric: 'chi2',
  method: 'chi2/contingency',
  kinds: ['numeric', 'categorical'],
  direction: 'greater_is_worse',
  minReference: 100,
  describe:
    'Pearson’s χ² of the 2 × bins table (Yates with one degree of freedom); the effect is Cramér’s V.',
  compute: (input) => {
    const bins = binPair(input, 'coarse')
    if (bins === null) return null
    const table = chi2Contingency(bins.reference, bins.current)
    return {
      method: 'chi2/contingency',
      value: table.statistic,
      direction: 'greater_is_worse',
      effect: table.cramersV,
      nReference: bins.n,
      nCurrent: bins.m,
      ...judgeTable(table.statistic, bins, chi2Contribution(bins)),
    }
  },
}
