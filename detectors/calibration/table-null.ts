import { type BinPair } from '../bins.ts'
import { type ComparedBins } from '../pair.ts'
import { noiseLevel } from '../score.ts'
import { dealtCounts, type DealtCounts } from './dealt-counts.ts'
import {
  type GammaNull,
  gammaQuantile,
  gammaSurvival,
  permutationNull,
} from './permutation-null.ts'
import { type Judgement, withRareRest } from './rare-rest.ts'
import { leastExpected } from './two-shares.ts'

/**
 * Null of a statistic of the 2 × bins table that is χ² with bins − 1 degrees of
 * freedom in large samples. Where a bin expects fewer than five events in the
 * smaller sample χ² misleads, and the permutation null of the statistic's
 * `terms` stands in. O(bins · √count).
 *
 * Ref: W. G. Cochran, Biometrics 10 (1954), 417–451.
 */
export function tableNull(bins: ComparedBins, terms: (dealt: DealtCounts) => number[]): GammaNull {
  const used = bins.reference.length
  const dealt = used > 2 && bins.once(hasRareBin) ? bins.once(dealtCounts) : null
  if (dealt === null) return { shape: (used - 1) / 2, scale: 2 }
  return permutationNull(dealt, terms(dealt))
}

/** P-value and noise floor under that null, and `withRareRest`. Fewer than two bins: p = 1. */
export function judgeTable(statistic: number, bins: ComparedBins, nothing: GammaNull): Judgement {
  const judgement = {
    pValue: gammaSurvival(statistic, nothing),
    noiseFloor: gammaQuantile(noiseLevel, nothing),
  }
  return withRareRest(judgement, statistic, bins)
}

function hasRareBin({ reference, current, n, m }: BinPair): boolean {
  const smallest = Math.min(n, m) / (n + m)
  return reference.some((count, i) => (count + current[i]!) * smallest < leastExpected)
}
