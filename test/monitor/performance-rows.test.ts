import { expect, test } from 'vitest'
import { modelSpec } from '../../core/model-spec.ts'
import { performanceMetrics } from '../../detectors/performance/catalogue.ts'
import { performanceRows } from '../../monitor/performance-rows.ts'
import { measuresOf } from '../../store/queries/outcome-measures.ts'
import type { Outcomes } from '../../store/queries/merge-outcomes.ts'

const spec = modelSpec({ model: 'm', task: 'binary_classification', min_samples: 20 })
const windowStart = Date.UTC(2026, 0, 1)
const window = { spec, windowMs: 300_000, revision: 3 }

function outcomes(count: number): Outcomes {
  const sums = Array<number>(30).fill(0)
  ;[sums[4], sums[14], sums[24]] = [count, (count / 2) * 2 ** 52, count / 4]
  const arm = { version: '7', variant: 'live', slice: 'country=DE' }
  return { ...arm, windowStart, measure: 'reliability/10', predicted: 100, labelled: 50, sums }
}

test('a value comes with its coverage, its noise and how many events it is about', () => {
  expect(performanceRows(window, outcomes(40))).toEqual([
    expect.objectContaining({
      model: 'm',
      version: '7',
      variant: 'live',
      windowStart,
      windowEnd: windowStart + 300_000,
      window: '5m',
      slice: 'country=DE',
      feature: '',
      metric: 'ece',
      method: 'ece/10-bins',
      value: 0.25,
      nCurrent: 40,
      labelCoverage: 0.5,
      status: 'ok',
      revision: 3,
    }),
  ])
})

test('fewer labelled events than min_samples are insufficient data', () => {
  expect(performanceRows(window, outcomes(16))).toEqual([
    expect.objectContaining({ value: 0.25, nCurrent: 16, status: 'insufficient_data' }),
  ])
})

test('labels of events without a probability have no row', () => {
  expect(performanceRows(window, outcomes(0))).toEqual([])
})

test('sums that no metric reads make no row', () => {
  expect(performanceRows(window, { ...outcomes(40), measure: 'another' })).toEqual([])
})

test('every metric reads sums that are stored', () => {
  const stored = measuresOf(spec).map(({ name }) => name)
  for (const { measure } of performanceMetrics) expect(stored).toContain(measure)
})
