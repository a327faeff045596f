import { type Work } from '../multivariate/work.ts'
import { numpyRandom } from '../streams/random-source.ts'
import { numpyShuffle } from './numpy-shuffle.ts'
import { type PresentValues, type Value, valueCounts } from './present-values.ts'

/** Rows of a side that are dealt at most, the first ones: each deal draws a number a row. */
export const mostDealtRows = 10_000
const deals = 1000
/** Draws between two pauses. */
const drawsAStep = 100_000

/**
 * P-value of Evidently 0.7's `TVD`: the share of a thousand random deals of all
 * rows to the two sides whose total variation distance, ½ Σ |p − q|, is at least
 * that of the sides as they are. From 0, which it can be, to 1; less is worse.
 *
 * The deals are those of NumPy's seed 0, so the same rows in the same order give
 * Evidently's number. With three values and more it hangs by rounding whether a
 * deal of another sort is as far apart: Evidently adds in the order of Python's
 * hashes, which differs from run to run, this in the order of the values.
 *
 * Of more than 10,000 rows a side the first 10,000. O(1000 · rows).
 */
export function* tvdPermutationP(values: PresentValues<Value>): Work<number> {
  const sides = {
    reference: values.reference.slice(0, mostDealtRows),
    current: values.current.slice(0, mostDealtRows),
  }
  const n = sides.reference.length
  const rows = [...sides.reference, ...sides.current]
  const { keys, reference, current } = valueCounts(sides)
  const places = new Map(keys.map((key, i) => [key, i]))
  const codes = Int32Array.from(rows, (value) => places.get(value)!)
  const all = reference.map((count, i) => count + current[i]!)
  const observed = distance(reference, all, n)
  const random = numpyRandom(0)
  const dealt = new Int32Array(codes.length)
  const pause = Math.max(1, Math.floor(drawsAStep / codes.length))
  let asFar = 0
  for (let deal = 0; deal < deals; deal++) {
    if (deal % pause === 0) yield
    dealt.set(codes)
    numpyShuffle(dealt, random)
    const counts = new Array<number>(keys.length).fill(0)
    for (let i = 0; i < n; i++) counts[dealt[i]!]!++
    if (observed <= distance(counts, all, n)) asFar++
  }
  return asFar / deals
}

/** Of counts that sum to n from the rest of all. */
function distance(counts: readonly number[], all: readonly number[], n: number): number {
  let rows = 0
  for (const count of all) rows += count
  let sum = 0
  for (const [i, count] of counts.entries())
    sum += Math.abs(count / n - (all[i]! - count) / (rows - n))
  return 0.5 * sum
}
