import { type Score } from '../score.ts'
import { type RandomSource } from '../streams/random-source.ts'
import { type Points } from './kernel-space.ts'
import { type MixedSample } from './mixed-sample.ts'
import { dealtAgain } from './mmd.ts'
import { type Work } from './work.ts'

export const alibiMmdMethod = 'mmd/alibi-detect-0.12'

/** alibi-detect's default number of permutations. */
const deals = 100

/**
 * alibi-detect 0.12's `MMDDrift` with its defaults: unbiased MMD² of the numbers
 * as they are, in their units, σ the median of the reference's distances, and
 * p = the share of 100 permutations with at least this value, which can be 0.
 * The value is its own; p depends on what is permuted how, which is not its own.
 *
 * alibi-detect takes no categories and no missing values: other columns are left
 * out, and rows that lack a number. Null with fewer than two whole rows a side,
 * and where half of the reference's rows are alike: alibi-detect answers NaN.
 */
export function* alibiMmd(
  reference: MixedSample,
  current: MixedSample,
  random: RandomSource,
): Work<Score | null> {
  const before = wholeRows(reference)
  const now = wholeRows(current)
  const dimensions = before[0]?.length ?? 0
  if (Math.min(before.length, now.length) < 2 || dimensions === 0) return null
  const points: Points = {
    count: before.length + now.length,
    numbers: Float64Array.from([...before, ...now].flat()),
    dimensions,
    codes: new Int32Array(),
    categories: 0,
  }
  const test = yield* dealtAgain(points, before.length, { random, deals })
  if (!(test.median > 0)) return null
  const { value } = test
  return {
    method: alibiMmdMethod,
    value,
    direction: 'greater_is_worse',
    pValue: test.deals.filter((dealt) => value <= dealt).length / deals,
    nReference: before.length,
    nCurrent: now.length,
  }
}

function wholeRows({ count, columns }: MixedSample): number[][] {
  const numbers = columns.flatMap(({ kind, values }) => (kind === 'numeric' ? [values] : []))
  return Array.from({ length: count }, (_, row) => numbers.map((values) => values[row]!)).filter(
    (row) => row.every(Number.isFinite),
  )
}
