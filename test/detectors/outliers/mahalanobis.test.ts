import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cholesky, invertLower } from '../../../detectors/outliers/linear-algebra.ts'
import {
  fitMahalanobis,
  mahalanobisScorer,
  type Mahalanobis,
} from '../../../detectors/outliers/mahalanobis.ts'
import oracle from '../../fixtures/detectors/outliers.json' with { type: 'json' }
import { seeded } from '../../support/seeded.ts'
import { encoded, jointMoments } from './moments.ts'

describe.each(oracle.shrinkage)('scikit-learn’s Ledoit–Wolf: %#', (row) => {
  const model = fitMahalanobis(jointMoments(row.rows))

  test('the shrinkage is the same', () => {
    expect(model.shrinkage).toBeCloseTo(row.shrinkage, 12)
  })

  test('so are the distances, missing values by their conditional distribution', () => {
    const { raw } = mahalanobisScorer(model)
    for (const [i, probe] of row.probes.entries())
      expect(raw(encoded(probe)) / row.distances[i]!).toBeCloseTo(1, 10)
  })
})

const random = seeded(7)
const correlatedRow = (): number[] => {
  const [a, b, c] = [random.normal(), random.normal(), random.normal()]
  return [a, 0.9 * a + 0.4 * b, 100 + 20 * c]
}
const rows = Array.from({ length: 400 }, correlatedRow)
const distance = (model: Mahalanobis, row: readonly (number | null)[]): number =>
  mahalanobisScorer(model).raw(encoded(row))

test('two usual values that never occur together are far, and they are the ones named', () => {
  const scorer = mahalanobisScorer(fitMahalanobis(jointMoments(rows)))
  const odd = encoded([1.5, -1.5, 100])
  expect(scorer.raw(odd)).toBeGreaterThan(4 * scorer.raw(encoded([1.5, 1.5, 100])))
  const parts = new Float64Array(3)
  scorer.contribute(odd, parts)
  expect(Math.min(parts[0]!, parts[1]!)).toBeGreaterThan(10 * parts[2]!)
})

test('contributions add up to the distance, those below 0 apart', () => {
  const scorer = mahalanobisScorer(fitMahalanobis(jointMoments(rows)))
  const far = encoded([3, -3, 170])
  const parts = new Float64Array(3)
  scorer.contribute(far, parts)
  expect(parts.reduce((sum, x) => sum + x, 0)).toBeCloseTo(scorer.raw(far), 8)
})

test('no order and no unit of the features matters', () => {
  const model = fitMahalanobis(jointMoments(rows))
  const turned = (row: readonly (number | null)[]): (number | null)[] => [
    row[2] === null ? null : row[2]! * -1e5 + 3,
    row[0]!,
    row[1]!,
  ]
  const other = fitMahalanobis(jointMoments(rows.map(turned)))
  const value = fc.option(fc.double({ min: -50, max: 50, noNaN: true }))
  fc.assert(
    fc.property(fc.tuple(value, value, value), (row) => {
      const expected = distance(model, row)
      expect(distance(other, turned(row))).toBeCloseTo(expected, 4 - Math.log10(1 + expected))
    }),
  )
})

test('a row without any value scores as many as it has features', () => {
  expect(distance(fitMahalanobis(jointMoments(rows)), [null, null, null])).toBe(3)
})

test('any doubles at all have a finite distance that is not negative', () => {
  const scorer = mahalanobisScorer(fitMahalanobis(jointMoments(rows)))
  const parts = new Float64Array(3)
  const any = fc.option(fc.double({ noNaN: true, noDefaultInfinity: true }))
  fc.assert(
    fc.property(fc.tuple(any, any, any), (row) => {
      const raw = scorer.raw(encoded(row))
      expect(raw).toBeGreaterThanOrEqual(0)
      expect(raw).toBeLessThan(Infinity)
      scorer.contribute(encoded(row), parts)
      for (const part of parts) expect(part).toBeGreaterThanOrEqual(0)
    }),
  )
})

test('a feature that depends on another one, one that never varied and one without values are no trouble', () => {
  const degenerate = rows.map(([a, b]) => [a!, a!, 7, null, b!])
  const model = fitMahalanobis(jointMoments(degenerate))
  expect(distance(model, [0.1, 0.1, 7, null, 0.1])).toBeLessThan(10)
  expect(distance(model, [0.1, 0.1, 7.1, null, 0.1])).toBeGreaterThan(1e6)
  expect(distance(model, [2, -2, 7, null, 0])).toBeGreaterThan(100)
})

test('values missing at random leave the correlations what they are', () => {
  const holed = rows.map((row) => row.map((x) => (random.next() < 0.3 ? null : x)))
  const whole = distance(fitMahalanobis(jointMoments(rows)), [2, -2, 100])
  expect(distance(fitMahalanobis(jointMoments(holed)), [2, -2, 100]) / whole).toBeGreaterThan(0.6)
})

test('the same model comes back from its JSON', () => {
  const model = fitMahalanobis(jointMoments(rows))
  const again = JSON.parse(JSON.stringify(model)) as Mahalanobis
  expect(distance(again, [1, null, 90])).toBe(distance(model, [1, null, 90]))
})

test('a matrix that is not positive definite has no Cholesky factor', () => {
  expect(cholesky(Float64Array.of(1, 2, 2, 1), 2)).toBeNull()
  const lower = cholesky(Float64Array.of(4, 2, 2, 3), 2)!
  expect([...lower]).toEqual([2, 0, 1, Math.SQRT2])
  expect(invertLower(lower, 2)[2]).toBeCloseTo(-1 / (2 * Math.SQRT2), 12)
})
