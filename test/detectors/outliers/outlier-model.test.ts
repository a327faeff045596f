import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bySurprise, byTail, coder } from '../../../detectors/outliers/encoding.ts'
import { fitIsolationForest } from '../../../detectors/outliers/isolation-forest.ts'
import { fitMahalanobis } from '../../../detectors/outliers/mahalanobis.ts'
import {
  outlierScorer,
  parseOutlierModel,
  scorerOf,
  type OutlierModel,
} from '../../../detectors/outliers/outlier-model.ts'
import { percentile, referenceScores } from '../../../detectors/outliers/reference-scores.ts'
import { tailLevels, tailsScorer } from '../../../detectors/outliers/tails.ts'
import oracle from '../../fixtures/detectors/outliers.json' with { type: 'json' }
import { seeded } from '../../support/seeded.ts'
import { encoded, jointMoments, rowsOf } from './moments.ts'

const random = seeded(3)
const rows = Array.from({ length: 2000 }, () => [random.normal(), Math.exp(random.normal())])
const quantilesOf = (column: readonly number[]): number[] => {
  const sorted = [...column].sort((a, b) => a - b)
  return tailLevels.map((level) => sorted[Math.round(level * (sorted.length - 1))]!)
}
const tails = {
  kind: 'tails',
  n: rows.length,
  quantiles: [0, 1].map((j) => quantilesOf(rows.map((row) => row[j]!))),
} as const

const bodies: OutlierModel['body'][] = [
  fitMahalanobis(jointMoments(rows)),
  fitIsolationForest(rowsOf(rows), 9),
  tails,
]

function modelOf(body: OutlierModel['body']): OutlierModel {
  const { raw } = scorerOf(body)
  return {
    format: 1,
    method: body.kind,
    n: rows.length,
    features: [
      { name: 'a', kind: 'numeric' },
      { name: 'b', kind: 'numeric' },
    ],
    body,
    reference: referenceScores(Float64Array.from(rows, (row) => raw(encoded(row)))),
  }
}

describe.each(bodies)('scores by $kind', (body) => {
  const scorer = outlierScorer(modelOf(body))

  test('lie within 0 and 1 for any numbers, missing ones among them', () => {
    const any = fc.option(fc.double({ noNaN: true, noDefaultInfinity: true }))
    fc.assert(
      fc.property(fc.tuple(any, any), (row) => {
        const score = scorer.score(encoded(row))
        expect(score).toBeGreaterThanOrEqual(0)
        expect(score).toBeLessThanOrEqual(1)
      }),
    )
  })

  test('reach a threshold of 0.95 for a twentieth of the reference at most', () => {
    const flagged = rows.filter((row) => scorer.score(encoded(row)) >= 0.95)
    expect(flagged.length).toBeGreaterThan(60)
    expect(flagged.length).toBeLessThanOrEqual(101)
  })

  test('are those of the model that comes back from its JSON, bit for bit', () => {
    const again = outlierScorer(parseOutlierModel(JSON.stringify(modelOf(body))))
    for (const row of rows.slice(0, 50))
      expect(again.score(encoded(row))).toBe(scorer.score(encoded(row)))
  })

  test('name the feature that is far out, shares adding up to 1', () => {
    const explained = scorer.explain(encoded([9, 1]), 5)
    expect(explained[0]?.[0]).toBe('a')
    expect(explained.reduce((sum, [, share]) => sum + share, 0)).toBeCloseTo(1, 12)
    expect(scorer.explain(encoded([9, 1]), 1)).toEqual(explained.slice(0, 1))
  })

  test('name nothing where everything is missing', () => {
    expect(scorer.explain(encoded([null, null]), 5)).toEqual([])
  })
})

test('percentiles are SciPy’s strict ones at the reference’s own scores', () => {
  const { reference, asked, shares } = oracle.strict_percentiles
  const ranks = referenceScores(Float64Array.from(reference))
  const n = reference.length
  for (const [i, value] of asked.entries()) {
    // One score of the reference more or less is a rank: 1/n against 1/(n − 1).
    const rank = Math.min(1, (shares[i]! * n) / (n - 1))
    expect(Math.abs(percentile(ranks, value) - rank)).toBeLessThanOrEqual(1 / (n - 1))
    if (reference.includes(value)) expect(percentile(ranks, value)).toBeCloseTo(rank, 12)
  }
})

test('a score that a tenth of the reference shares does not reach the 0.95 that it ties with', () => {
  const tied = referenceScores(Float64Array.from({ length: 100 }, (_, i) => (i < 90 ? i : 500)))
  expect(percentile(tied, 500)).toBeLessThan(0.91)
  expect(percentile(tied, 500.1)).toBe(1)
})

test('a greater score never has a lesser percentile', () => {
  const scores = fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 2, maxLength: 60 })
  fc.assert(
    fc.property(scores, fc.double({ min: -1, max: 31, noNaN: true }), (list, x) => {
      const ranks = referenceScores(Float64Array.from(list))
      expect(percentile(ranks, x + 0.5)).toBeGreaterThanOrEqual(percentile(ranks, x))
    }),
  )
})

test('a long reference keeps its ends and its median', () => {
  const ranks = referenceScores(Float64Array.from({ length: 100_001 }, (_, i) => i))
  expect(ranks).toHaveLength(4001)
  expect([ranks[0], ranks[2000], ranks[4000]]).toEqual([0, 50_000, 100_000])
})

const counts = {
  categories: ['DE', 'FR', 'AT', 'CH'],
  counts: [600, 300, 50, 50],
  missing: 0,
  rest: { count: 0, categories: 0 },
}

test('categories count by how rare they are, unseen and missing ones as half an event', () => {
  const code = coder(bySurprise('country', counts))
  expect(code('DE')).toBeCloseTo(-Math.log(0.6), 12)
  expect(code('CH')).toBeCloseTo(-Math.log(0.05), 12)
  expect(code('XX')).toBeCloseTo(-Math.log(0.0005), 12)
  expect(code(null)).toBe(code('XX'))
})

test('the tail of a category is the share of all that are no more frequent', () => {
  const code = coder(byTail('country', counts))
  expect(code('DE')).toBe(0)
  expect(code('FR')).toBeCloseTo(-Math.log2(0.4), 12)
  expect(code('AT')).toBeCloseTo(-Math.log2(0.1), 12)
  expect(code('XX')).toBeCloseTo(-Math.log2(0.0005), 12)
})

test('a category beyond the list counts as an average one of the rest', () => {
  const many = { ...counts, rest: { count: 100, categories: 50 } }
  expect(coder(bySurprise('country', many))('XX')).toBeCloseTo(-Math.log(2 / 1100), 12)
  expect(coder(byTail('country', many))('XX')).toBeCloseTo(-Math.log2(100 / 1100), 12)
})

test('tails: bits are those of a two-sided chance, and go on beyond the reference', () => {
  const { raw } = tailsScorer(tails)
  const median = tails.quantiles[0]![tailLevels.indexOf(0.5)]!
  const late = tails.quantiles[0]![tailLevels.indexOf(0.99)]!
  expect(raw(encoded([median, null]))).toBeCloseTo(0, 9)
  expect(raw(encoded([late, null]))).toBeCloseTo(-Math.log2(0.02), 9)
  expect(raw(encoded([100, null]))).toBeGreaterThan(raw(encoded([10, null])))
  expect(raw(encoded([10, null]))).toBeGreaterThan(-Math.log2(1 / 2000))
})

test('tails: the commonest value of a spike is not odd, however many share it', () => {
  const spike = { kind: 'tails', n: 1000, quantiles: [tailLevels.map((l) => (l < 0.9 ? 0 : l))] }
  const { raw } = tailsScorer(spike as Parameters<typeof tailsScorer>[0])
  expect(raw(encoded([0]))).toBe(0)
  expect(raw(encoded([-1]))).toBeGreaterThan(9)
})

test('a form of model that this program does not know is refused', () => {
  expect(() => parseOutlierModel('{"format":2}')).toThrow(RangeError)
})
