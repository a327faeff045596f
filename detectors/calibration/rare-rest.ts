import { type BinPair } from '../bins.ts'
import { type ComparedBins } from '../pair.ts'
import { noiseLevel } from '../score.ts'
import { fisherTwoSided } from '../special-functions/hypergeometric.ts'
import { normalDeviate } from '../special-functions/normal.ts'
import { isRare } from './two-shares.ts'

/** What the noise level is worth. */
const noiseDeviate = normalDeviate(noiseLevel)

export interface Judgement {
  readonly pValue: number
  readonly noiseFloor: number
}

/** What Fisher's exact test says of the commonest bin against all others. */
export interface RareRest {
  readonly pValue: number
  /** What the p-value is worth in standard deviations. */
  readonly deviations: number
}

/** Null unless all bins but the commonest together are rare. O(bins). */
export function rareRest({ reference, current, n, m }: BinPair): RareRest | null {
  let most = 0
  let common = 0
  for (let i = 0; i < reference.length; i++) {
    const pooled = reference[i]! + current[i]!
    if (pooled > common) {
      common = pooled
      most = i
    }
  }
  const rest = { x: n - reference[most]!, n, y: m - current[most]!, m }
  if (rest.x + rest.y > (n + m) / 2 || !isRare(rest)) return null
  const pValue = fisherTwoSided(rest)
  return { pValue, deviations: normalDeviate(pValue) }
}

/**
 * A judgement that a few stray events cannot make loud. Where all bins but the
 * commonest together expect fewer than five events in the smaller sample, no
 * smooth null fits; the p-value is then at least that of Fisher's exact test of
 * that bin against the rest. What the p-value is worth in standard deviations
 * says where on the scale of `value` the noise floor lies. Elsewhere nothing
 * changes. O(1), and once for a pair of samples O(bins).
 *
 * Ref: W. G. Cochran, Biometrics 10 (1954), 417–451.
 */
export function withRareRest(judgement: Judgement, value: number, bins: ComparedBins): Judgement {
  const exact = bins.once(rareRest)
  if (exact === null || exact.pValue <= judgement.pValue) return judgement
  const scaled = exact.deviations > 0 ? (value * noiseDeviate) / exact.deviations : value
  return { pValue: exact.pValue, noiseFloor: Math.max(judgement.noiseFloor, scaled) }
}
