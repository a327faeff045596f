import { expect, test } from 'vitest'
import {
  largestShareGap,
  linfRobustDetector,
  linfSimpleDetector,
  samplingMargin,
} from '../../../detectors/drift/linf.ts'
import { ksTwoSample } from '../../../detectors/drift/ks.ts'
import conventions from '../../fixtures/detectors/conventions.json' with { type: 'json' }
import { categories, emptyProfile } from '../sampling.ts'

test.each(conventions.categorical)('the largest share gap is NannyML’s: $name', (row) => {
  expect(largestShareGap(row.reference, row.current)).toBeCloseTo(row.linf, 12)
})

test.each(conventions.numeric)('gap less margin is SageMaker’s robust distance: $name', (row) => {
  const d = ksTwoSample(conventions.reference, row.current)
  const margin = samplingMargin(conventions.reference.length, row.current.length)
  expect(Math.max(0, d - margin)).toBeCloseTo(row.linfRobust, 12)
})

const shift = {
  reference: { ...emptyProfile, n: 1000, counts: [500, 500, 0] },
  current: { ...emptyProfile, n: 1000, counts: [500, 400, 0], unseen: 100 },
  binning: categories(2),
}

test('an unseen category is a category like any other', () => {
  expect(linfSimpleDetector.compute(shift)?.value).toBeCloseTo(0.1, 12)
})

test('the robust value keeps the evidence of the simple one', () => {
  const simple = linfSimpleDetector.compute(shift)
  const robust = linfRobustDetector.compute(shift)
  expect(robust?.value).toBeCloseTo(0.1 - 1.8 * Math.sqrt(2 / 1000), 12)
  expect(robust?.pValue).toBe(simple?.pValue)
  expect(robust?.effect).toBe(simple?.value)
})
