import fc from 'fast-check'
import { expect, test } from 'vitest'
import { goodnessOfFit } from '../../../detectors/peers/evidently-tables.ts'
import { deequChi2 } from '../../../detectors/peers/deequ-chi2.ts'
import { chi2Survival } from '../../../detectors/special-functions/incomplete-gamma.ts'

const table = (reference: readonly number[], current: readonly number[]) =>
  deequChi2({ keys: reference.map((_, i) => `c${i}`), reference, current })

const counts = fc.array(
  fc.tuple(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 0, max: 60 })),
  { maxLength: 25 },
)

test('where every category expects ten values it is plain χ²', () => {
  const large = fc.array(
    fc.tuple(fc.integer({ min: 400, max: 600 }), fc.integer({ min: 100, max: 300 })),
    { minLength: 2, maxLength: 10 },
  )
  fc.assert(
    fc.property(large, (rows) => {
      const [reference, current] = [rows.map(([n]) => n), rows.map(([, m]) => m)]
      const plain = goodnessOfFit({ keys: [], reference, current })
      expect(table(reference, current)!.statistic).toBeCloseTo(plain.statistic, 9)
    }),
  )
})

test('it is finite and not negative, and categories that the reference lacks do not count', () => {
  fc.assert(
    fc.property(counts, fc.integer({ min: 0, max: 99 }), (rows, unseen) => {
      const [reference, current] = [rows.map(([n]) => n), rows.map(([, m]) => m)]
      const found = table(reference, current)
      expect(table([...reference, 0], [...current, unseen])).toEqual(found)
      if (found === null) return
      expect(found.statistic).toSatisfy(Number.isFinite)
      expect(found.statistic).toBeGreaterThanOrEqual(0)
      expect(found.pValue).toBeGreaterThanOrEqual(0)
      expect(found.pValue).toBeLessThanOrEqual(1)
    }),
  )
})

test('no order of categories matters where no two expect the same', () => {
  const distinct = fc.uniqueArray(fc.integer({ min: 1, max: 4000 }), {
    minLength: 2,
    maxLength: 20,
  })
  fc.assert(
    fc.property(distinct, fc.integer({ min: 0, max: 99 }), (reference, seed) => {
      const current = reference.map((n, i) => Math.floor(n / 20) + ((seed + 7 * i) % 5))
      const turned = table([...reference].reverse(), [...current].reverse())
      const found = table(reference, current)
      // Sums of the least may meet another count exactly: then any of both is put together.
      if (found === null || turned === null) expect(turned).toEqual(found)
      else if (new Set(sumsOf(reference)).size === sumsOf(reference).length)
        expect(turned.statistic).toBeCloseTo(found.statistic, 6)
    }),
  )
})

/** All counts and all sums that putting the two least together leads to. */
function sumsOf(reference: readonly number[]): number[] {
  const left = [...reference].sort((a, b) => a - b)
  const all = [...left]
  while (left.length > 1) {
    const sum = left.shift()! + left.shift()!
    all.push(sum)
    left.push(sum)
    left.sort((a, b) => a - b)
  }
  return all
}

test.each([
  ['two that expect ten', [60, 40], [16, 9], 1],
  ['two of which one expects 9.975', [601, 399], [16, 9], null],
  ['three that expect five', [50, 30, 20], [14, 7, 4], 2],
  ['three of which one expects 4.75', [50, 31, 19], [14, 7, 4], 1],
  ['five of which one expects one', [30, 25, 25, 19, 1], [32, 25, 23, 18, 2], 4],
  ['five of which two expect four', [40, 30, 22, 4, 4], [42, 30, 20, 5, 3], 3],
])('of %s so many degrees remain: %j against %j, %j', (_, reference, current, dof) => {
  const found = table(reference, current)
  if (dof === null) {
    expect(found).toBeNull()
    return
  }
  expect(found!.statistic).toBeGreaterThan(0)
  expect(found!.pValue).toBe(chi2Survival(found!.statistic, dof))
})

test('nothing to compare has no answer', () => {
  expect(table([], [])).toBeNull()
  expect(table([10], [10])).toBeNull()
  expect(table([10, 10], [0, 0])).toBeNull()
  expect(table([0, 0], [10, 10])).toBeNull()
})
