import { type BinPair } from '../bins.ts'
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

/**
 * A judgement that a few stray events cannot make loud. Where all bins but the
 * commonest together expect fewer than five events in the smaller sample, no
 * smooth null fits; the p-value is then at least that of Fisher's exact test of
 * that bin against the rest. What the p-value is worth in standard deviations
 * says where on the scale of `value` the noise floor lies. Elsewhere nothing
 * changes. O(bins).
 *
 * Ref: W. G. Cochran, Biometrics 10 (1954), 417–451.
 */
export function withRareRest(judgement: Judgement, value: number, bins: BinPair): Judgement {
  const { reference, current, n, m } = bins
  let most = 0
  for (const [i, x] of reference.entries()) {
    if (x + current[i]! > reference[most]! + current[most]!) most = i
  }
  const rest = { x: n - reference[most]!, n, y: m - current[most]!, m }
  if (rest.x + rest.y > (n + m) / 2 || !isRare(rest)) return judgement
  const exact = fisherTwoSided(rest)
  if (exact <= judgement.pValue) return judgement
  const worth = normalDeviate(exact)
  const scaled = worth > 0 ? (value * noiseDeviate) / worth : value
  return { pValue: exact, noiseFloor: Math.max(judgement.noiseFloor, scaled) }
}
