import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { MixedSample } from '../../../detectors/multivariate/mixed-sample.ts'
import {
  chunkErrors,
  classifierVerdict,
  reconstructionLimits,
  reconstructionVerdict,
} from '../../../detectors/multivariate/nannyml-verdicts.ts'
import {
  pcaReconstruction,
  pcaReference,
} from '../../../detectors/multivariate/pca-reconstruction.ts'
import { finished } from '../../../detectors/multivariate/work.ts'
import { equalParts } from '../../../detectors/peers/chunk-threshold.ts'
import { numpyRandom } from '../../../detectors/streams/random-source.ts'
import oracle from '../../fixtures/detectors/multivariate-nannyml.json' with { type: 'json' }
import { between, numericSample, week, weeklyData } from './samples.ts'

/** The rows of `pairs` in bench/oracles/multivariate.py. */
function pairs(seed: number, reference: number, analysis: number, closeness: number): MixedSample {
  const random = numpyRandom(seed)
  const draw = (): number[] => Array.from({ length: reference + analysis }, random.normal)
  const [a, own, c] = [draw(), draw(), draw()]
  return numericSample(
    a.map((x, row) => {
      const share = row < reference ? 0.8 : closeness
      return [x, share * x + Math.sqrt(1 - share ** 2) * own[row]!, c[row]!]
    }),
  )
}

const cases: Readonly<Record<string, readonly [MixedSample, reference: number, chunk: number]>> = {
  weekly: [weeklyData(), 10 * week, week],
  'no change': [pairs(1, 1000, 500, 0.8), 1000, 100],
  'the other way': [pairs(2, 1000, 500, -0.8), 1000, 100],
  'more closely': [pairs(3, 1000, 500, 1), 1000, 100],
  'few rows, ten parts': [pairs(4, 20, 20, 0), 20, 2],
  'one chunk': [pairs(5, 50, 50, 0.8), 50, 50],
}

describe.each(oracle.pca)('NannyML’s limits, $name', (expected) => {
  const [data, rows, size] = cases[expected.name]!
  const fitted = finished(pcaReference(between(data, 0, rows)))!
  const places = Array.from({ length: rows }, (_, i) => i)
  const errors = chunkErrors(fitted.errors, equalParts(places, rows / size))
  const limits = reconstructionLimits(errors)!

  test('are learnt from the same errors of the same chunks', () => {
    expect(errors).toHaveLength(expected.reference.length)
    for (const [i, error] of expected.reference.entries()) expect(errors[i]).toBeCloseTo(error, 10)
    expect(limits.upper).toBeCloseTo(expected.upper, 10)
    if (expected.lower === null) expect(limits.lower).toBeNull()
    else expect(limits.lower).toBeCloseTo(expected.lower, 10)
  })

  test('judge the other chunks alike', () => {
    for (const [i, value] of expected.values.entries()) {
      const chunk = between(data, rows + i * size, rows + (i + 1) * size)
      const score = finished(pcaReconstruction(fitted, chunk))!
      expect(score.value).toBeCloseTo(value, 10)
      const { drifted, limit } = reconstructionVerdict(score.value, limits)
      expect(drifted).toBe(expected.alerts[i])
      expect(limit).toBe(drifted && value < limits.upper ? limits.lower : limits.upper)
    }
  })
})

test.each(oracle.classifier)('NannyML’s verdict on an AUC of $value', ({ value, ...found }) => {
  const { drifted, limit } = classifierVerdict(value)
  expect(drifted).toBe(found.alert)
  expect(limit).toBe(value < found.lower_threshold ? found.lower_threshold : found.upper_threshold)
})

test.each([
  ['at the upper limit', 6, true, 6],
  ['just within', 5.999, false, 6],
  ['just above the lower limit', 1.001, false, 6],
  ['at the lower limit', 1, true, 1],
  ['below', 0.5, true, 1],
  ['above', 7, true, 6],
])('a value %s (%d) is drift: %s', (_, value, drifted, limit) => {
  expect(reconstructionVerdict(value, { lower: 1, upper: 6 })).toEqual({ drifted, limit })
})

test('there is no lower limit that does not lie above 0', () => {
  expect(reconstructionLimits([1, 2, 3])).toEqual({ lower: null, upper: 2 + 3 * Math.sqrt(2 / 3) })
  expect(reconstructionLimits([10, 10])).toEqual({ lower: 10, upper: 10 })
  expect(reconstructionLimits([0, 0])).toEqual({ lower: null, upper: 0 })
  expect(reconstructionVerdict(0, { lower: null, upper: 6 }).drifted).toBe(false)
  // As in NannyML: a reference without any error makes no error at all an alarm.
  expect(reconstructionVerdict(0, reconstructionLimits([0, 0])!)).toEqual({
    drifted: true,
    limit: 0,
  })
})

test('without a chunk there is no limit, and empty ones do not count', () => {
  expect(reconstructionLimits([])).toBeNull()
  expect(chunkErrors(Float64Array.of(1, 3, 8), [[0, 1], [], [2]])).toEqual([2, 8])
})

test('limits lie on both sides of the mean, go with the unit, and know no order', () => {
  const errors = fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 1 })
  fc.assert(
    fc.property(errors, fc.integer({ min: -8, max: 8 }), (chunks, power) => {
      const { lower, upper } = reconstructionLimits(chunks)!
      const mean = chunks.reduce((sum, x) => sum + x / chunks.length, 0)
      expect(upper).toBeGreaterThanOrEqual(mean * (1 - 1e-9))
      expect(lower ?? 0).toBeLessThanOrEqual(mean * (1 + 1e-9))
      if (lower !== null) expect(lower).toBeGreaterThan(0)
      const other = reconstructionLimits(chunks.map((x) => x * 2 ** power).reverse())!
      expect(other.upper / 2 ** power).toBeCloseTo(upper, 4)
    }),
  )
})
