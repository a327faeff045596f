import { expect, test } from 'vitest'
import {
  burstMetrics,
  outlierMetrics,
  rateNoiseFloor,
  type OutlierMetricsInput,
} from '../../../detectors/quality/outlier-metrics.ts'
import { seeded } from '../../support/seeded.ts'

const input: OutlierMetricsInput = {
  scored: 200,
  scoreSum: 120,
  outliers: 10,
  judged: 100,
  confidentOutliers: 4,
  sure: 250,
  boundary: 25,
  threshold: 0.99,
  method: 'tails/greatest',
}
const byName = (of: OutlierMetricsInput) =>
  new Map(outlierMetrics(of).map((row) => [row.metric, row]))

test('each share is of the events that it can be said of', () => {
  const found = byName(input)
  expect(found.get('outlier_rate')).toMatchObject({ value: 0.05, n: 200, method: 'tails/greatest' })
  expect(found.get('outlier_rate')?.effect).toBeCloseTo(5, 12)
  expect(found.get('outlier_score_mean')).toMatchObject({ value: 0.6, n: 200 })
  expect(found.get('overconfidence_rate')).toMatchObject({ value: 0.04, n: 100 })
  expect(found.get('near_boundary_rate')).toMatchObject({ value: 0.1, n: 250 })
})

test('nothing is said of a window without scores, and only what can be of one without confidence', () => {
  const none = { ...input, scored: 0, scoreSum: 0, outliers: 0, judged: 0, sure: 0 }
  expect(outlierMetrics(none)).toEqual([])
  expect([...byName({ ...input, judged: 0, sure: 0 }).keys()]).toEqual([
    'outlier_rate',
    'outlier_score_mean',
  ])
})

test('a threshold of 1 expects no outliers: no effect is divided by nothing', () => {
  const rate = byName({ ...input, threshold: 1 }).get('outlier_rate')
  expect(rate).not.toHaveProperty('effect')
  expect(rate?.noiseFloor).toBeCloseTo(0.0025, 12)
})

test.each([100, 1000, 10_000])(
  '95 of 100 calm windows of %i events stay below the noise floor',
  (n) => {
    const random = seeded(n)
    const windows = 1000
    let above = 0
    for (let w = 0; w < windows; w++) {
      let outliers = 0
      for (let i = 0; i < n; i++) if (random.next() < 0.01) outliers++
      if (outliers / n > rateNoiseFloor(0.01, n)) above++
    }
    expect(above / windows).toBeLessThan(0.08)
    expect(above / windows).toBeGreaterThan(0.005)
  },
)

test('bursts are shares of all events of the window', () => {
  expect(burstMetrics({ events: 200, boundary: 20, duplicates: 50 })).toEqual([
    { metric: 'boundary_burst', method: 'sender/margin-0.1', value: 0.1, n: 200 },
    { metric: 'duplicate_burst', method: 'sender/64-cells', value: 0.25, n: 200 },
  ])
  expect(burstMetrics({ events: 0, boundary: 0, duplicates: 0 })).toEqual([])
})
