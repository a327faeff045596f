import { type BinPair } from '../bins.ts'
import { noiseLevel } from '../score.ts'
import { fisherTwoSided } from '../special-functions/hypergeometric.ts'
import { normalDeviate } from '../special-functions/normal.ts'
import {
  type Contribution,
  gammaQuantile,
  gammaSurvival,
  permutationNull,
} from './permutation-null.ts'
import { isRare, leastExpected } from './two-shares.ts'

export interface Judgement {
  readonly pValue: number
  readonly noiseFloor: number
}

/**
 * P-value and noise floor of a statistic of the 2 × bins table that is χ² with
 * bins − 1 degrees of freedom in large samples. Where a bin expects fewer than
 * five events in the smaller sample χ² misleads, and the permutation null of
 * `contribution` stands in; of two bins Fisher's exact test. Fewer than two
 * bins: p = 1. O(bins · √count).
 *
 * Ref: W. G. Cochran, Biometrics 10 (1954), 417–451.
 */
export function judgeTable(
  statistic: number,
  { reference, current, n, m }: BinPair,
  contribution: Contribution,
): Judgement {
  const bins = reference.length
  if (bins === 2) {
    const shares = { x: reference[0]!, n, y: current[0]!, m }
    if (isRare(shares)) return exactJudgement(statistic, fisherTwoSided(shares), n + m)
  }
  const smallest = Math.min(n, m) / (n + m)
  const rare = reference.some((count, i) => (count + current[i]!) * smallest < leastExpected)
  const nothing =
    bins > 2 && rare
      ? permutationNull(reference, current, contribution)
      : { shape: (bins - 1) / 2, scale: 2 }
  return {
    pValue: gammaSurvival(statistic, nothing),
    noiseFloor: gammaQuantile(noiseLevel, nothing),
  }
}

/**
 * An exact p-value says how many deviations the statistic is worth, and so where
 * the floor lies on its scale; with p = 1 that is the greatest value there is.
 */
function exactJudgement(statistic: number, pValue: number, greatest: number): Judgement {
  const deviations = normalDeviate(pValue)
  if (deviations === 0 || statistic === 0) return { pValue, noiseFloor: greatest }
  return { pValue, noiseFloor: statistic * (normalDeviate(noiseLevel) / deviations) ** 2 }
}
