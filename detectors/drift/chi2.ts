import { type BinPair, requireSameBins, total } from '../bins.ts'
import { type DealtCounts } from '../calibration/dealt-counts.ts'
import { type GammaNull } from '../calibration/permutation-null.ts'
import { judgeTable, tableNull } from '../calibration/table-null.ts'
import { type Detector } from '../detector.ts'
import { coarseBins, type ComparedBins } from '../pair.ts'
import { chi2Survival } from '../special-functions/incomplete-gamma.ts'

/** A 2 × bins table's statistic and what to read it by. */
export interface TableStatistic {
  readonly statistic: number
  /** Bins in use less one. */
  readonly dof: number
  /** √(χ²/(n + m)) without Yates' correction: 0 for equal shares, 1 for none in common. */
  readonly cramersV: number
}

export interface Contingency extends TableStatistic {
  readonly pValue: number
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
  const table = pearson({ reference, current, n: total(reference), m: total(current) })
  return { ...table, pValue: chi2Survival(table.statistic, table.dof) }
}

/** Pearson's statistic of the bins of a pair, as `chi2Contingency`. */
export function pearson({ reference, current, n, m }: BinPair): TableStatistic {
  let used = 0
  let plain = 0
  let corrected = 0
  for (let i = 0; i < reference.length; i++) {
    const pooled = reference[i]! + current[i]!
    if (pooled === 0) continue
    used++
    // The gap is the same in both rows of a column, with opposite sign.
    const gap = Math.abs(reference[i]! - (pooled * n) / (n + m))
    const weight = ((n + m) * (1 / n + 1 / m)) / pooled
    plain += gap * gap * weight
    const less = Math.max(0, gap - 0.5)
    corrected += less * less * weight
  }
  if (n === 0 || m === 0 || used < 2) return { statistic: 0, dof: 0, cramersV: 0 }
  return {
    statistic: used === 2 ? corrected : plain,
    dof: used - 1,
    cramersV: Math.min(1, Math.sqrt(plain / (n + m))),
  }
}

/** Null of χ² without Yates' correction: `cramers-v` judges by the same. */
export function chi2Null(bins: ComparedBins): GammaNull {
  return tableNull(bins, chi2Terms)
}

function chi2Terms({ reference, current, n, m }: DealtCounts): number[] {
  const terms = new Array<number>(reference.length)
  for (let k = 0; k < terms.length; k++) {
    const x = reference[k]!
    const y = current[k]!
    const gap = x / n - y / m
    terms[k] = (gap * gap * n * m) / (x + y)
  }
  return terms
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
    const bins = coarseBins(input)
    if (bins === null) return null
    const table = bins.once(pearson)
    return {
      method: 'chi2/contingency',
      value: table.statistic,
      direction: 'greater_is_worse',
      effect: table.cramersV,
      nReference: bins.n,
      nCurrent: bins.m,
      ...judgeTable(table.statistic, bins, bins.once(chi2Null)),
    }
  },
}
