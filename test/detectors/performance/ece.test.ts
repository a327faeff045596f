import { expect, test } from 'vitest'
import {
  ece,
  eceNoiseFloor,
  expectedCalibrationError,
  type ReliabilityBin,
} from '../../../detectors/performance/ece.ts'
import oracle from '../../fixtures/detectors/calibration.json' with { type: 'json' }
import { seeded } from '../../support/seeded.ts'

/** Ten bins, each with its upper edge: what the engine counts. */
function binned(scores: readonly number[], labels: readonly number[]): ReliabilityBin[] {
  const bins = Array.from({ length: 10 }, () => ({ count: 0, sumScore: 0, sumPositives: 0 }))
  for (const [i, score] of scores.entries()) {
    const bin = bins[Math.min(9, Math.max(0, Math.ceil(score * 10) - 1))]!
    bin.count += 1
    bin.sumScore += score
    bin.sumPositives += labels[i]!
  }
  return bins
}

test.each(oracle.cases)('agrees with scikit-learn: $name', ({ scores, labels, ece: expected }) => {
  expect(expectedCalibrationError(binned(scores, labels))).toBeCloseTo(expected, 12)
})

test('nothing labelled has no calibration error', () => {
  expect(expectedCalibrationError([])).toBeUndefined()
  expect(ece.compute(Array<number>(30).fill(0))).toBeNull()
})

test('sums are counts, scores in multiples of 2^-52, and positives', () => {
  const sums = Array<number>(30).fill(0)
  sums[2] = 40
  sums[12] = 10 * 2 ** 52
  sums[22] = 14
  expect(ece.compute(sums)).toEqual({
    value: 0.1,
    n: 40,
    noiseFloor: eceNoiseFloor([{ count: 40, sumScore: 10, sumPositives: 14 }]),
  })
})

test('the noise floor is passed by about one in twenty windows of a calibrated model', () => {
  const random = seeded(5)
  const windows = 2000
  let above = 0
  for (let window = 0; window < windows; window++) {
    const scores = Array.from({ length: 300 }, () => random.next())
    const bins = binned(
      scores,
      scores.map((score) => (random.next() < score ? 1 : 0)),
    )
    if (expectedCalibrationError(bins)! > eceNoiseFloor(bins)) above += 1
  }
  // Bins have a width, so the floor is a little high; three standard errors are 0.015.
  expect(above / windows).toBeGreaterThan(0.02)
  expect(above / windows).toBeLessThan(0.065)
})

test('certain scores leave no room for noise', () => {
  expect(eceNoiseFloor([{ count: 9, sumScore: 9, sumPositives: 9 }])).toBe(0)
  expect(eceNoiseFloor([])).toBe(0)
})
