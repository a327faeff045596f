import { type RandomSource } from '../streams/random-source.ts'

/**
 * Shuffles a list in place with the draws of NumPy's `RandomState.permutation`:
 * from the end, each with one of those up to it. O(n).
 *
 * Ref: NumPy's legacy `shuffle`; R. Durstenfeld, Comm. ACM 7 (1964), 420.
 *
 * @example numpyShuffle(Int32Array.of(0, 1, 2), { below: () => 0 })[0] // 1
 */
export function numpyShuffle(list: Int32Array, random: Pick<RandomSource, 'below'>): Int32Array {
  for (let i = list.length - 1; i > 0; i--) {
    const j = random.below(i + 1)
    const moved = list[i]!
    list[i] = list[j]!
    list[j] = moved
  }
  return list
}
