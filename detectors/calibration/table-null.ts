import { type BinPair } from '../bins.ts'
import { noiseLevel } from '../score.ts'
import {
  type Contribution,
  gammaQuantile,
  gammaSurvival,
  permutationNull,
} from './permutation-null.ts'
import { type Judgement, withRareRest } from './rare-rest.ts'
import { leastExpected } from './two-shares.ts'

/**
 * P-value and noise floor of a statistic of the 2 × bins table that is χ² with
 * bins − 1 degrees of freedom in large samples. Where a bin expects fewer than
 * five events in the smaller sample χ² misleads, and the permutation null of
 * `contribution` stands in, and `withRareRest`. Fewer than two bins: p = 1.
 * O(bins · √count).
 *
 * Ref: W. G. Cochran, Biometrics 10 (1954), 417–451.
 */
export function judgeTable(
  statistic: number,
  pair: BinPair,
  contribution: Contribution,
): Judgement {
  const { reference, current, n, m } = pair
  const bins = reference.length
  const smallest = Math.min(n, m) / (n + m)
  const rare = reference.some((count, i) => (count + current[i]!) * smallest < leastExpected)
  const nothing =
    bins > 2 && rare
      ? permutationNull(reference, current, contribution)
      : { shape: (bins - 1) / 2, scale: 2 }
  const judgement = {
    pValue: gammaSurvival(statistic, nothing),
    noiseFloor: gammaQuantile(noiseLevel, nothing),
  }
  return withRareRest(judgement, statistic, pair)
}
