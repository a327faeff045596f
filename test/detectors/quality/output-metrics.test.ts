import { expect, test } from 'vitest'
import { entropyBits, outputMetrics } from '../../../detectors/quality/output-metrics.ts'
import { categories, emptyProfile, numericProfile } from '../sampling.ts'

const prediction = {
  profile: { ...emptyProfile, n: 10, counts: [6, 2, 0], unseen: 0, missing: 2 },
  binning: categories(2),
}

test('class shares, positive rate and entropy are of the answers given', () => {
  expect(outputMetrics({ n: 10, prediction, positiveClass: 'c1' })).toEqual([
    { metric: 'volume', method: 'count', value: 10 },
    { metric: 'positive_rate', method: 'share', value: 0.25 },
    { metric: 'entropy', method: 'entropy/bits', value: entropyBits([6, 2]) },
    { metric: 'class_share', method: 'share', value: 0.75, class: 'c0' },
    { metric: 'class_share', method: 'share', value: 0.25, class: 'c1' },
  ])
})

test('a class that vanished keeps its share of zero, an unseen one is shown', () => {
  const profile = { ...emptyProfile, n: 4, counts: [3, 0, 0], unseen: 1 }
  const shares = outputMetrics({ n: 4, prediction: { ...prediction, profile } }).filter(
    ({ metric }) => metric === 'class_share',
  )
  expect(shares.map((share) => [share.class, share.value])).toEqual([
    ['c0', 0.75],
    ['c1', 0],
    ['__unseen__', 0.25],
  ])
})

test('mean confidence is the mean score', () => {
  const binning = { kind: 'numeric' as const, edges: [0.5], coarse: [0, 1], low: 0, high: 1 }
  const score = { profile: numericProfile([0.2, 0.9, 0.7], binning) }
  const found = outputMetrics({ n: 3, score }).find(({ metric }) => metric === 'mean_confidence')
  expect(found?.value).toBeCloseTo(0.6, 12)
})

test('an empty window has a volume of zero and nothing else', () => {
  const profile = { ...emptyProfile, counts: [0, 0, 0] }
  expect(outputMetrics({ n: 0, prediction: { ...prediction, profile } })).toEqual([
    { metric: 'volume', method: 'count', value: 0 },
  ])
  expect(entropyBits([])).toBeUndefined()
})
