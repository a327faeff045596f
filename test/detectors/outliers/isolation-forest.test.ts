import { describe, expect, test } from 'vitest'
import {
  fitIsolationForest,
  isolationForestScorer,
  type IsolationForest,
} from '../../../detectors/outliers/isolation-forest.ts'
import oracle from '../../fixtures/detectors/outliers.json' with { type: 'json' }
import { seeded } from '../../support/seeded.ts'
import { encoded, rowsOf } from './moments.ts'

describe.each(oracle.forest)('scikit-learn’s IsolationForest: %#', (row) => {
  test('scores differ from the mean of its forests no more than its forests do', () => {
    const scorers = [1, 2, 3, 4, 5].map((seed) =>
      isolationForestScorer(fitIsolationForest(rowsOf(row.rows), seed)),
    )
    const gaps = row.probes.map((probe, i) => {
      const scores = scorers.map(({ raw }) => raw(encoded(probe)))
      const mean = scores.reduce((sum, s) => sum + s, 0) / scores.length
      return (mean - row.scores[i]!) / Math.max(row.spread[i]!, 0.005)
    })
    // Of a mean of five, some 0.45 deviations of a single one are usual.
    expect(Math.hypot(...gaps) / Math.sqrt(gaps.length)).toBeLessThan(0.9)
    expect(Math.abs(gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length)).toBeLessThan(0.5)
  })
})

const random = seeded(11)
const usual = (): (number | null)[] => [random.normal(), 5 + random.normal(), random.int(0, 3)]
const rows = Array.from({ length: 600 }, usual)
const forest = fitIsolationForest(rowsOf(rows), 42)

test('the same rows and seed grow the same forest, another seed another one', () => {
  expect(fitIsolationForest(rowsOf(rows), 42)).toEqual(forest)
  expect(fitIsolationForest(rowsOf(rows), 43)).not.toEqual(forest)
})

test('a row far out in one of three features scores above most usual rows, for that feature', () => {
  const scorer = isolationForestScorer(forest)
  const odd = encoded([0, 40, 1])
  const below = rows.filter((row) => scorer.raw(encoded(row)) < scorer.raw(odd))
  expect(below.length / rows.length).toBeGreaterThan(0.95)
  const parts = new Float64Array(3)
  scorer.contribute(odd, parts)
  expect(parts[1]! / (parts[0]! + parts[1]! + parts[2]!)).toBeGreaterThan(0.6)
})

test('a value that is missing contributes nothing and makes no outlier', () => {
  const scorer = isolationForestScorer(forest)
  const parts = new Float64Array(3)
  scorer.contribute(encoded([null, 40, 1]), parts)
  expect(parts[0]).toBe(0)
  expect(scorer.raw(encoded([null, null, null]))).toBeLessThan(0.5)
})

test('rows of missing, constant and extreme values grow a forest whose scores lie within 0 and 1', () => {
  const odd = Array.from({ length: 300 }, (_, i) => [
    i % 3 === 0 ? null : 1.7e308 * (i % 2 === 0 ? 1 : -1),
    7,
    null,
  ])
  const scorer = isolationForestScorer(fitIsolationForest(rowsOf(odd), 1))
  for (const row of [...odd.slice(0, 6), [0, 8, 1], [null, null, null]]) {
    const raw = scorer.raw(encoded(row))
    expect(raw).toBeGreaterThan(0)
    expect(raw).toBeLessThanOrEqual(1)
  }
})

test('rows that are all the same score alike, and so does anything else', () => {
  const same = fitIsolationForest(rowsOf(Array.from({ length: 10 }, () => [1, 2])), 5)
  const { raw, contribute } = isolationForestScorer(same)
  expect(raw(encoded([1, 2]))).toBe(raw(encoded([100, -3])))
  const parts = new Float64Array(2)
  contribute(encoded([1, 2]), parts)
  expect([...parts]).toEqual([0, 0])
})

test('the same forest comes back from its JSON', () => {
  const again = JSON.parse(JSON.stringify(forest)) as IsolationForest
  const row = encoded([0.3, null, 2])
  expect(isolationForestScorer(again).raw(row)).toBe(isolationForestScorer(forest).raw(row))
})
