import { total } from '../bins.ts'
import { chi2Survival } from '../special-functions/incomplete-gamma.ts'
import { type ValueCounts } from './present-values.ts'

/** With three categories and more a fifth of them may expect fewer than five values. */
const leastOfMany = 5
const shareBelow = 0.2
/** Of two both expect ten. */
const leastOfTwo = 10

interface Category {
  readonly expected: number
  readonly observed: number
}

/**
 * χ² of current counts against the reference's shares as Deequ computes it,
 * which SageMaker Model Monitor compares categories with: the least expected
 * category is added to the next one for as long as too many expect too few
 * values. Categories that the reference lacks do not count at all. `statistic`
 * from 0 without bound, greater is worse.
 *
 * Null where fewer than two categories remain, so where there are few current
 * values. Of categories that expect the same Deequ adds any, this the first in
 * the order of values. O(k log k) for k categories.
 *
 * Ref: Deequ 2.0's `Distance.categoricalDistance` with `ChisquareMethod` on Spark's
 * `chiSqTest`; later versions take exp(−χ²/2) for p, which is right for three
 * categories only.
 *
 * @example deequChi2({ keys: ['a', 'b'], reference: [60, 40], current: [18, 7] })?.statistic // 1.5
 */
export function deequChi2({
  reference,
  current,
}: ValueCounts): { readonly statistic: number; readonly pValue: number } | null {
  const known = current.filter((_, i) => reference[i]! > 0)
  const [n, m] = [total(reference), total(known)]
  const categories = regrouped(
    reference
      .filter((count) => count > 0)
      .map((count, i) => ({ expected: (count / n) * m, observed: known[i]! })),
  )
  if (categories.length < 2) return null
  let statistic = 0
  for (const { expected, observed } of categories)
    statistic += (observed - expected) ** 2 / expected
  return { statistic, pValue: chi2Survival(statistic, categories.length - 1) }
}

/**
 * What remains when the two least are put together again and again. Sums come in
 * ascending order, so the least one is first among them or among the single ones.
 */
function regrouped(categories: readonly Category[]): Category[] {
  const single = [...categories].sort((a, b) => a.expected - b.expected)
  const sums: Category[] = []
  let [atSingle, atSum] = [0, 0]
  const least = (): Category => {
    const [next, sum] = [single[atSingle], sums[atSum]]
    const takesSum = next === undefined || (sum !== undefined && sum.expected < next.expected)
    return takesSum ? sums[atSum++]! : single[atSingle++]!
  }
  const left = (): Category[] => [...single.slice(atSingle), ...sums.slice(atSum)]
  let small = single.filter(isSmall).length
  for (let size = single.length; size > 1; size--) {
    if (size > 2 && small <= Math.trunc(shareBelow * size)) break
    if (size === 2 && left().every(({ expected }) => expected >= leastOfTwo)) break
    const [a, b] = [least(), least()]
    const sum = { expected: a.expected + b.expected, observed: a.observed + b.observed }
    sums.push(sum)
    small += Number(isSmall(sum)) - Number(isSmall(a)) - Number(isSmall(b))
  }
  return left()
}

const isSmall = ({ expected }: Category): boolean => expected < leastOfMany
