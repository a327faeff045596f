import { type RandomSource } from './random-source.ts'
import { type RowStream } from './row.ts'

/** Which features stand where x₀ … x₄ do in the formula. */
type Places = readonly [number, number, number, number, number]

/** The value without noise; `places` are those of the features in the formula. */
export function friedmanValue(x: readonly number[], places: Places = [0, 1, 2, 3, 4]): number {
  const [a, b, c, d, e] = places.map((i) => x[i]!) as [number, number, number, number, number]
  return 10 * Math.sin(Math.PI * a * b) + 20 * (c - 0.5) ** 2 + 10 * d + 5 * e
}

/**
 * - `local`: another formula in two corners, which grow at each of three places.
 * - `recurring`: the features change places, and change back.
 * - `gradual`: they change places twice, during `width` rows half of the rows each way.
 */
export type FriedmanDrift =
  | { readonly kind: 'none' }
  | { readonly kind: 'local'; readonly at: readonly [number, number, number] }
  | { readonly kind: 'recurring'; readonly at: readonly [number, number] }
  | {
      readonly kind: 'gradual'
      readonly at: readonly [number, number]
      readonly width: number
      /** Asked while the formula changes: true for a row of the old one. */
      readonly coin: () => boolean
    }

/**
 * Friedman's regression with ten features uniform in [0, 1), five of them
 * without any influence,
 *
 *     y = 10·sin(π·x₀·x₁) + 20·(x₂ − ½)² + 10·x₃ + 5·x₄ + N(0, 1)
 *
 * and three kinds of drift.
 *
 * Ref: J. Friedman, Multivariate adaptive regression splines, Annals of
 * Statistics 19 (1991), 1–67; E. Ikonomovska, Algorithms for learning
 * regression trees and ensembles on evolving data streams (2012).
 */
export function* friedman(
  random: RandomSource,
  drift: FriedmanDrift = { kind: 'none' },
): RowStream {
  for (let i = 0; ; i++) {
    const x = Array.from({ length: 10 }, () => random.next())
    const value = valueAt(x, i, drift)
    yield { x, y: value + random.normal() }
  }
}

function valueAt(x: readonly number[], i: number, drift: FriedmanDrift): number {
  switch (drift.kind) {
    case 'none':
      return friedmanValue(x)
    case 'local':
      return localValue(x, drift.at.filter((place) => i >= place).length)
    case 'recurring':
      return friedmanValue(
        x,
        i >= drift.at[0] && i < drift.at[1] ? [3, 5, 1, 0, 2] : [0, 1, 2, 3, 4],
      )
    case 'gradual': {
      const stages: readonly Places[] = [
        [0, 1, 2, 3, 4],
        [3, 4, 1, 0, 2],
        [1, 4, 3, 2, 0],
      ]
      const stage = drift.at.filter((place) => i >= place).length
      const changing = stage > 0 && i < drift.at[stage - 1]! + drift.width
      const back = changing && drift.coin()
      return friedmanValue(x, stages[back ? stage - 1 : stage])
    }
  }
}

/** In two corners another formula. With every stage they have a condition less, and grow. */
function localValue(x: readonly number[], stage: number): number {
  const [x0, x1, x2, x3, x4] = x as [number, number, number, number, number]
  const conditions = stage === 0 ? 0 : 5 - stage
  const all = (...holds: readonly boolean[]): boolean =>
    conditions > 0 && holds.slice(0, conditions).every(Boolean)
  if (all(x1 < 0.3, x2 < 0.3, x3 > 0.7, x4 < 0.3)) {
    return 10 * x0 * x1 + 20 * (x2 - 0.5) + 10 * x3 + 5 * x4
  }
  if (all(x1 > 0.7, x2 > 0.7, x3 < 0.3, x4 > 0.7)) {
    return 10 * Math.cos(x0 * x1) + 20 * (x2 - 0.5) + Math.exp(x3) + 5 * x4 ** 2
  }
  return friedmanValue(x)
}
