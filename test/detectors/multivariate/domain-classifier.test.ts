import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { domainClassifier } from '../../../detectors/multivariate/domain-classifier.ts'
import type { MixedSample } from '../../../detectors/multivariate/mixed-sample.ts'
import { rankedAuc } from '../../../detectors/multivariate/ranked-auc.ts'
import { finished } from '../../../detectors/multivariate/work.ts'
import { numpyRandom, pythonRandom } from '../../../detectors/streams/random-source.ts'
import oracle from '../../fixtures/detectors/multivariate.json' with { type: 'json' }
import { seeded } from '../../support/seeded.ts'
import { beside, categoricalSample, numericSample } from './samples.ts'

const classified = (reference: MixedSample, current: MixedSample, seed = 1) =>
  finished(domainClassifier(reference, current, pythonRandom(seed)))

/** As bench/oracles/multivariate.py draws and changes them. */
const changes: Record<string, (a: number[][], b: number[][]) => void> = {
  nothing: () => undefined,
  correlation: (a, b) => {
    for (const row of a) row[1] = 0.6 * row[0]! + 0.8 * row[1]!
    for (const row of b) row[1] = -0.6 * row[0]! + 0.8 * row[1]!
  },
  variance: (_, b) => {
    for (const row of b) row[3]! *= 1.5
  },
  mean: (_, b) => {
    for (const row of b) row[3]! += 0.3
  },
  parity: (_, b) => {
    for (const row of b) row[0]! *= Math.sign(row[0]! * row[1]!)
  },
}

describe.each(oracle.classifier)('$name drifts', ({ name, seed, lightgbm, hist }) => {
  const random = numpyRandom(seed)
  const drawn = (): number[][] =>
    Array.from({ length: 1500 }, () => Array.from({ length: 12 }, random.normal))
  const [a, b] = [drawn(), drawn()]
  changes[name]!(a, b)
  const { score, importances } = classified(numericSample(a), numericSample(b))!

  test('it tells the samples apart as well as LightGBM and scikit-learn do', () => {
    if (name === 'nothing') expect(score.value).toBeLessThan(0.53)
    else expect(score.value).toBeGreaterThan(Math.min(lightgbm, hist) - 0.012)
  })

  test('the p-value knows drift from none', () => {
    if (name === 'nothing') expect(score.pValue).toBeGreaterThan(0.05)
    else expect(score.pValue).toBeLessThan(0.01)
    expect(score.effect).toBeCloseTo(Math.max(0, 2 * score.value - 1), 12)
  })

  test('the features that drifted come first', () => {
    const first = importances.map(([feature]) => feature)
    if (name === 'variance' || name === 'mean') expect(first[0]).toBe('f3')
    if (name === 'correlation' || name === 'parity')
      expect(first.slice(0, 2).sort()).toEqual(['f0', 'f1'])
    expect(importances.reduce((sum, [, share]) => sum + share, 0)).toBeCloseTo(1, 10)
  })
})

/** A number, a category of ten that goes with it, a tenth missing. */
function mixed(count: number, seed: number, turn = 1): MixedSample {
  const random = seeded(seed)
  const numbers = Array.from({ length: count }, () => random.normal())
  const group = (x: number): number => Math.min(9, Math.max(0, Math.round(5 + turn * 3 * x)))
  return beside(
    numericSample(numbers.map((x) => [random.next() < 0.1 ? null : x])),
    categoricalSample(numbers.map((x) => [random.next() < 0.1 ? null : `g${group(x)}`])),
  )
}

test('without drift no more p-values are small than there should be', () => {
  const p = Array.from(
    { length: 120 },
    (_, run) => classified(mixed(100, 2 * run), mixed(100, 2 * run + 1), run)!.score.pValue!,
  )
  // Binomial(120, 0.05): 6 ± 2.4.
  expect(p.filter((x) => x < 0.05).length).toBeLessThan(14)
  const half = p.filter((x) => x < 0.5).length
  expect(Math.abs(half - 60)).toBeLessThan(20)
})

test('categories that go with other numbers are seen, though neither changed', () => {
  expect(classified(mixed(500, 1), mixed(500, 2, -1))!.score.pValue).toBeLessThan(1e-9)
})

test('values that go missing are seen', () => {
  const random = seeded(4)
  const holed = (share: number): MixedSample =>
    numericSample(
      Array.from({ length: 300 }, () => [random.next() < share ? null : random.normal()]),
    )
  expect(classified(holed(0.02), holed(0.2))!.score.pValue).toBeLessThan(0.01)
})

test('a shift that all of three hundred columns share is seen through those that are drawn', () => {
  const random = seeded(5)
  const wide = (shift: number): MixedSample => {
    const rows = Array.from({ length: 200 }, () =>
      Array.from({ length: 300 }, () => random.normal() + shift),
    )
    return numericSample(rows)
  }
  expect(classified(wide(0), wide(0.3))!.score.pValue).toBeLessThan(1e-6)
})

test('the same rows and seed give the same bits; no unit of any number matters', () => {
  const [reference, current] = [mixed(120, 1), mixed(90, 2, -1)]
  const once = classified(reference, current)!
  expect(classified(reference, current)).toEqual(once)
  fc.assert(
    fc.property(fc.integer({ min: -300, max: 300 }), (power) => {
      const scaled = ({ count, columns }: MixedSample): MixedSample => ({
        count,
        columns: columns.map((column) =>
          column.kind === 'numeric'
            ? { ...column, values: column.values.map((x) => x * 2 ** power) }
            : column,
        ),
      })
      expect(classified(scaled(reference), scaled(current))).toEqual(once)
    }),
    { numRuns: 5 },
  )
})

const rows = (count: number, row: (i: number) => number | null): MixedSample =>
  numericSample(Array.from({ length: count }, (_, i) => [row(i)]))

test.each([
  ['constant', rows(60, () => 3), rows(60, () => 3)],
  ['all missing', rows(60, () => null), rows(60, () => null)],
])('%s on both sides is no drift', (_, reference, current) => {
  expect(classified(reference, current)).toMatchObject({
    score: { value: 0.5, pValue: 1, effect: 0, noiseFloor: 0.5 },
    importances: [],
  })
})

test.each([
  ['another constant', rows(60, () => 3), rows(60, () => 4)],
  ['a constant that goes missing', rows(60, () => 3), rows(60, () => null)],
  ['numbers that lie apart', rows(60, (i) => i), rows(60, (i) => 1000 + i)],
])('%s is drift', (_, reference, current) => {
  const { score } = classified(reference, current)!
  expect(score.value).toBeGreaterThan(0.99)
  expect(score.pValue).toBeLessThan(1e-6)
})

test('fewer than fifty rows a side, or no columns, have no answer', () => {
  expect(
    classified(
      rows(49, (i) => i),
      rows(500, (i) => i),
    ),
  ).toBeNull()
  expect(classified({ count: 60, columns: [] }, { count: 60, columns: [] })).toBeNull()
})

test('samples of other columns are the caller’s mistake', () => {
  expect(() =>
    classified(
      rows(60, (i) => i),
      mixed(60, 1),
    ),
  ).toThrow(RangeError)
})

test('an AUC counts ties as half, and they lessen its variance', () => {
  expect(rankedAuc([1, 1, 1, 1], [0, 1, 0, 1])).toEqual({ auc: 0.5, variance: 0 })
  expect(rankedAuc([1, 2], [1, 1])).toEqual({ auc: 0.5, variance: 0 })
  expect(rankedAuc([1, 2, 3, 4], [0, 0, 1, 1]).variance).toBeCloseTo(5 / 48, 12)
  expect(rankedAuc([1, 2, 2, 4], [0, 0, 1, 1]).auc).toBe(0.875)
})
