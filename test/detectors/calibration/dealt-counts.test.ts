import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type DealtCounts, dealtCounts } from '../../../detectors/calibration/dealt-counts.ts'
import { permutationNull } from '../../../detectors/calibration/permutation-null.ts'
import { logGamma } from '../../../detectors/special-functions/incomplete-gamma.ts'

const counts = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 5000 }))
const bins = fc.array(fc.tuple(counts, counts), { minLength: 2, maxLength: 8 }).map((rows) => {
  const reference = rows.map(([x]) => x)
  const current = rows.map(([, y]) => y)
  const sum = (list: readonly number[]) => list.reduce((a, b) => a + b, 0)
  return { reference, current, n: sum(reference), m: sum(current) }
})

const logChoose = (n: number, k: number) => logGamma(n + 1) - logGamma(k + 1) - logGamma(n - k + 1)

/** Every current count that a bin may have, with its hypergeometric chance. */
function everyCount(pooled: number, n: number, m: number): { y: number; chance: number }[] {
  const all = []
  for (let y = Math.max(0, pooled - n); y <= Math.min(pooled, m); y++) {
    const log = logChoose(n, pooled - y) + logChoose(m, y) - logChoose(n + m, pooled)
    all.push({ y, chance: Math.exp(log) })
  }
  return all
}

/** Σ weight · f over the nodes of one bin. */
function over(dealt: DealtCounts, bin: number, f: (x: number, y: number) => number): number {
  let sum = 0
  for (let k = bin > 0 ? dealt.ends[bin - 1]! : 0; k < dealt.ends[bin]!; k++) {
    sum += dealt.weights[k]! * f(dealt.reference[k]!, dealt.current[k]!)
  }
  return sum
}

test('weights of a bin sum to one, its counts to what both samples hold, and no moment is lost', () => {
  fc.assert(
    fc.property(bins, (pair) => {
      const dealt = dealtCounts(pair)
      expect(dealt.ends.at(-1)).toBe(dealt.weights.length)
      for (const [i, x] of pair.reference.entries()) {
        const pooled = x + pair.current[i]!
        const { centers, deviations } = dealt
        expect(over(dealt, i, () => 1)).toBeCloseTo(1, 12)
        expect(over(dealt, i, (a, b) => a + b) / pooled).toBeCloseTo(1, 12)
        expect(over(dealt, i, (_, y) => y - centers[i]!)).toBeCloseTo(0, 6)
        const variance = over(dealt, i, (_, y) => (y - centers[i]!) ** 2)
        expect(variance).toBeCloseTo(deviations[i]! ** 2, 5)
      }
    }),
  )
})

test('a sum over some of the counts is the sum over all of them', () => {
  const n = 100_000
  for (const m of [400, 640, 760, 1120, 1300]) {
    const [x, y] = [n / 20, m / 20]
    const dealt = dealtCounts({ reference: [x, n - x], current: [y, m - y], n, m })
    const squares = (a: number, b: number) => (b / m - a / n) * Math.log((b + 0.5) / (a + 0.5))
    for (const power of [1, 2, 3]) {
      const f = (a: number, b: number) => squares(a, b) ** power
      const all = everyCount(x + y, n, m)
      const exact = all.reduce((sum, { y: b, chance }) => sum + chance * f(x + y - b, b), 0)
      expect(over(dealt, 0, f) / exact).toBeCloseTo(1, 6)
    }
  }
})

test('fewer nodes are looked at where counts vary much', () => {
  const nodes = (m: number) =>
    dealtCounts({ reference: [5e4, 5e4], current: [m / 2, m / 2], n: 1e5, m }).ends[0]!
  expect(nodes(100)).toBeGreaterThan(60)
  expect(nodes(240)).toBeLessThan(30)
  expect(nodes(10_000)).toBe(5)
})

test('the mean distance from the center is that over all counts', () => {
  fc.assert(
    fc.property(bins, (pair) => {
      const { n, m } = pair
      const { distances, centers } = dealtCounts(pair)
      for (const [i, x] of pair.reference.entries()) {
        if (Number.isNaN(distances[i])) continue
        const exact = everyCount(x + pair.current[i]!, n, m).reduce(
          (sum, { y, chance }) => sum + chance * Math.abs(y - centers[i]!),
          0,
        )
        expect(distances[i]!).toBeCloseTo(exact, 7)
      }
    }),
  )
})

test('fewer than two bins leave nothing to chance', () => {
  const one = dealtCounts({ reference: [10], current: [5], n: 10, m: 5 })
  expect(permutationNull(one, one.current)).toEqual({ shape: 0, scale: 0 })
})
