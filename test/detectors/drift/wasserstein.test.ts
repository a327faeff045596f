import { expect, test } from 'vitest'
import {
  binPositions,
  wasserstein,
  wassersteinDetector,
} from '../../../detectors/drift/wasserstein.ts'
import { transportNull, transportSurvival } from '../../../detectors/calibration/transport-null.ts'
import conventions from '../../fixtures/detectors/conventions.json' with { type: 'json' }
import oracle from '../../fixtures/detectors/drift.json' with { type: 'json' }
import { draw, equalMassBinning, histogram, numericProfile, seeded } from '../sampling.ts'

test.each(oracle.histograms)('the distance is SciPy’s wasserstein_distance: %#', (row) => {
  const value = wasserstein(row.reference, row.current, row.positions)
  expect(value).toBeCloseTo(row.wasserstein, 10)
})

test.each(conventions.numeric)('a bin for each value gives Evidently’s number: $name', (row) => {
  const { reference } = conventions
  const positions = [...new Set([...reference, ...row.current])].sort((a, b) => a - b)
  const edges = positions.slice(1)
  const work = wasserstein(histogram(reference, edges), histogram(row.current, edges), positions)
  const mean = reference.reduce((a, x) => a + x, 0) / reference.length
  const variance = reference.reduce((a, x) => a + (x - mean) ** 2, 0) / reference.length
  expect(work / Math.sqrt(variance)).toBeCloseTo(row.wassersteinNormed, 10)
})

const random = seeded(5)
const reference = draw(4000, random.normal)
const binning = equalMassBinning(reference)
const score = (current: readonly number[]) =>
  wassersteinDetector.compute({
    reference: numericProfile(reference, binning),
    current: numericProfile(current, binning),
    binning,
  })!

test.each([0.05, 0.2, 0.5, 2, 40])('a shift by %d deviations scores as much', (shift) => {
  const value = score(reference.map((x) => x + shift)).value
  expect(value).toBeGreaterThan(shift * 0.97)
  expect(value).toBeLessThan(shift * 1.05)
})

test('a value that turns missing costs one reference deviation', () => {
  const value = score(reference.map((x, i) => (i % 10 === 0 ? Number.NaN : x))).value
  expect(value).toBeCloseTo(0.1, 1)
  expect(score(reference.map(() => Number.NaN)).value).toBe(1)
})

test('positions ascend and stay inside the range of the reference', () => {
  const positions = binPositions(binning, numericProfile(reference, binning))
  expect(positions).toHaveLength(binning.edges.length + 1)
  expect(positions).toEqual([...positions].sort((a, b) => a - b))
  expect(positions[0]).toBeGreaterThanOrEqual(binning.low)
  expect(positions.at(-1)).toBeLessThanOrEqual(binning.high)
})

test.each([
  { name: 'no edge', edges: [], counts: [5], at: [0] },
  { name: 'one edge', edges: [2], counts: [5, 5], at: [1, 6] },
  { name: 'empty outer bins', edges: [2, 4], counts: [0, 5, 0], at: [1, 3, 5] },
])('positions of $name', ({ edges, counts, at }) => {
  const small = { kind: 'numeric' as const, edges, coarse: counts.map(() => 0), low: 0, high: 10 }
  expect(binPositions(small, { ...numericProfile([], small), counts })).toEqual(at)
})

test('moments that overflowed fall back to the bins', () => {
  const broken = { ...numericProfile(reference, binning), sumSquares: Infinity }
  const current = numericProfile(
    reference.map((x) => x + 0.5),
    binning,
  )
  const value = wassersteinDetector.compute({ reference: broken, current, binning })!.value
  expect(value).toBeGreaterThan(0.4)
  expect(value).toBeLessThan(0.6)
})

test('where nothing can vary nothing is unusual', () => {
  const nothing = transportNull({
    values: [20],
    widths: [],
    meanDeviation: 0,
    valueSize: 5,
    groups: [20, 0],
    n: 10,
    m: 10,
  })
  expect(transportSurvival(0, nothing)).toBe(1)
})

test('values far from zero keep their unit', () => {
  const far = (xs: readonly number[]) => xs.map((x) => 1e12 + x)
  const farBinning = equalMassBinning(far(reference))
  const value = wassersteinDetector.compute({
    reference: numericProfile(far(reference), farBinning),
    current: numericProfile(far(reference.map((x) => x + 0.5)), farBinning),
    binning: farBinning,
  })!.value
  expect(value).toBeGreaterThan(0.45)
  expect(value).toBeLessThan(0.6)
})

test('a deviation near the end of the doubles leaves a finite noise floor', () => {
  const nothing = { missing: 0, invalid: 0, typeMismatch: 0, unseen: 0, outOfRange: 0 }
  const score = wassersteinDetector.compute({
    binning: {
      kind: 'numeric',
      edges: [0, 1e197, 1e259],
      coarse: [0, 0, 1, 1],
      low: -1,
      high: 1e302,
    },
    reference: {
      ...nothing,
      n: 3,
      counts: [0, 3, 0, 0],
      sum: 0,
      sumSquares: 0,
      min: null,
      max: null,
    },
    current: {
      ...nothing,
      n: 1,
      counts: [0, 0, 0, 1],
      sum: 0,
      sumSquares: 5e302,
      min: null,
      max: null,
    },
  })
  expect(score?.noiseFloor).toSatisfy(Number.isFinite)
})
