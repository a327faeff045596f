import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  defaultDetectors,
  detectorNamed,
  detectors,
  insufficient,
  rowMethods,
} from '../../detectors/catalogue.ts'
import { type Detector } from '../../detectors/detector.ts'
import { profileMoments } from '../../detectors/moments.ts'
import { type FeatureBinning, type FeatureProfile } from '../../detectors/profile.ts'
import { type Score } from '../../detectors/score.ts'
import { categories, emptyProfile } from './sampling.ts'

const count = fc.oneof(fc.constant(0), fc.nat(3), fc.nat(1000), fc.nat(1_000_000))
const finite = fc.double({ noNaN: true, noDefaultInfinity: true })

interface Case {
  binning: FeatureBinning
  reference: FeatureProfile
  current: FeatureProfile
}

function profile(bins: number, numeric: boolean): fc.Arbitrary<FeatureProfile> {
  const moment = numeric ? fc.option(finite) : fc.constant(null)
  return fc
    .record({
      counts: fc.array(count, { minLength: bins, maxLength: bins }),
      missing: count,
      invalid: count,
      typeMismatch: count,
      unseen: numeric ? fc.constant(0) : count,
      sum: moment,
      sumSquares: moment,
      extremes: fc.option(fc.tuple(finite, finite)),
    })
    .map(({ extremes, ...rest }) => ({
      ...emptyProfile,
      ...rest,
      n: [...rest.counts, rest.missing, rest.invalid, rest.typeMismatch, rest.unseen].reduce(
        (a, b) => a + b,
      ),
      min: numeric && extremes ? Math.min(...extremes) : null,
      max: numeric && extremes ? Math.max(...extremes) : null,
    }))
}

const numericCase: fc.Arbitrary<Case> = fc
  .uniqueArray(finite, { maxLength: 12, minLength: 2 })
  .chain((values) => {
    const sorted = values.sort((a, b) => a - b)
    const edges = sorted.slice(1, -1)
    const binning: FeatureBinning = {
      kind: 'numeric',
      edges,
      coarse: [...edges, 0].map((_, i) => i >> 1),
      low: sorted[0]!,
      high: sorted.at(-1)!,
    }
    const side = profile(edges.length + 1, true)
    return fc.record({ binning: fc.constant(binning), reference: side, current: side })
  })

const categoricalCase: fc.Arbitrary<Case> = fc.integer({ min: 0, max: 12 }).chain((k) => {
  const side = profile(k + 1, false)
  return fc.record({ binning: fc.constant(categories(k)), reference: side, current: side })
})

/** Metrics whose values are shares or distances of at most one. */
const shares = new Set(['js', 'ks', 'linf', 'hellinger', 'tvd', 'mann-whitney', 'cramers-v'])

/** Methods in which the reference sets the unit or the weights. */
const oneWay = new Set([
  'wasserstein/normed',
  'energy/normed-64',
  'kl/decile-jeffreys',
  'chi2/goodness-jeffreys',
  't/welch',
])

/** The only statistic about values alone: without two on each side it has no answer. */
function lacksMoments(detector: Detector, { reference, current }: Case): boolean {
  return (
    detector.metric === 't' &&
    [reference, current].some((side) => (profileMoments(side)?.values ?? 0) < 2)
  )
}

function numbers(score: Score): number[] {
  return [score.value, score.pValue!, score.effect!, score.noiseFloor!]
}

describe.each(detectors)('$method', (detector) => {
  const anyCase = detector.kinds.includes('categorical')
    ? fc.oneof(numericCase, categoricalCase)
    : numericCase

  test('gives finite numbers in their range, or null without events, for any counts', () => {
    fc.assert(
      fc.property(anyCase, (input) => {
        const score = detector.compute(input)
        if (lacksMoments(detector, input) || input.reference.n === 0 || input.current.n === 0) {
          expect(score).toBeNull()
          return
        }
        expect(score?.method).toBe(detector.method)
        expect(score?.nReference).toBe(input.reference.n)
        expect(score?.nCurrent).toBe(input.current.n)
        for (const number of numbers(score!)) expect(number).toSatisfy(Number.isFinite)
        for (const number of numbers(score!)) expect(number).toBeGreaterThanOrEqual(0)
        expect(score!.pValue).toBeLessThanOrEqual(1)
        if (shares.has(detector.metric)) {
          expect(score!.value).toBeLessThanOrEqual(1)
        }
      }),
    )
  })

  test('nothing is drift when a sample is compared with itself', () => {
    fc.assert(
      fc.property(anyCase, ({ binning, reference }) => {
        const score = detector.compute({ binning, reference, current: reference })
        if (score === null) return
        expect(score.value).toBeCloseTo(0, 9)
        expect(score.pValue).toBeGreaterThan(0.05)
      }),
    )
  })

  test('a value above its noise floor is one with p below 0.05', () => {
    fc.assert(
      fc.property(anyCase, (input) => {
        const score = detector.compute(input)
        if (score === null || detector.method === 'linf/robust-1.8') return
        if (score.value > score.noiseFloor! * 1.000001) {
          expect(score.pValue).toBeLessThan(0.05 + 1e-4)
        }
        if (score.value < score.noiseFloor! * 0.999999) {
          expect(score.pValue).toBeGreaterThan(0.05 - 1e-4)
        }
      }),
    )
  })

  test('the two sides may be exchanged, unless one sets the unit', () => {
    fc.assert(
      fc.property(anyCase, ({ binning, reference, current }) => {
        if (oneWay.has(detector.method)) return
        const there = detector.compute({ binning, reference, current })
        const back = detector.compute({ binning, reference: current, current: reference })
        expect(back?.value ?? 0).toBeCloseTo(there?.value ?? 0, 6)
        expect(back?.pValue ?? 0).toBeCloseTo(there?.pValue ?? 0, 6)
      }),
    )
  })

  if (!detector.kinds.includes('categorical')) return

  test('categories have no order', () => {
    fc.assert(
      fc.property(categoricalCase, ({ binning, reference, current }) => {
        const turned = (side: FeatureProfile) => ({ ...side, counts: [...side.counts].reverse() })
        const plain = detector.compute({ binning, reference, current })
        const moved = detector.compute({
          binning,
          reference: turned(reference),
          current: turned(current),
        })
        expect(Math.abs((moved?.value ?? 0) - (plain?.value ?? 0))).toBeLessThanOrEqual(
          1e-9 * Math.max(1, plain?.value ?? 0),
        )
      }),
    )
  })

  test('an all-missing window is drift, not silence', () => {
    const reference = { ...emptyProfile, n: 1000, counts: [250, 250, 250, 250], sum: 0 }
    const current = { ...emptyProfile, n: 1000, counts: [0, 0, 0, 0], missing: 1000 }
    const binning: FeatureBinning = {
      kind: 'numeric',
      edges: [-1, 0, 1],
      coarse: [0, 1, 2, 3],
      low: -3,
      high: 3,
    }
    const score = detector.compute({
      binning,
      reference: { ...reference, sumSquares: 1000 },
      current,
    })
    expect(score?.pValue).toBeLessThan(1e-10)
    expect(score?.value).toBeGreaterThan(0.9)
  })

  test('a profile over another binning is the caller’s mistake', () => {
    const wrong = { ...emptyProfile, n: 1, counts: [1] }
    const binning: FeatureBinning = { kind: 'numeric', edges: [0], coarse: [0, 1], low: 0, high: 1 }
    expect(() => detector.compute({ binning, reference: wrong, current: wrong })).toThrow(
      RangeError,
    )
  })
})

test('a name finds a method, or the default method of a metric', () => {
  expect(detectorNamed('linf/robust-1.8')?.method).toBe('linf/robust-1.8')
  expect(detectorNamed('linf')?.method).toBe('linf/simple')
  expect(detectorNamed('nonsense')).toBeUndefined()
  for (const method of rowMethods) expect(detectorNamed(method)).toBeUndefined()
})

test('method ids are unique and begin with their metric', () => {
  expect(new Set(detectors.map((detector) => detector.method)).size).toBe(detectors.length)
  for (const { metric, method } of detectors) expect(method.startsWith(`${metric}/`)).toBe(true)
  for (const detector of defaultDetectors) expect(detectors).toContain(detector)
})

test('either side below the least number of events is insufficient', () => {
  const some = { ...emptyProfile, n: 100 }
  expect(insufficient(some, some, 100)).toBe(false)
  expect(insufficient({ ...some, n: 99 }, some, 100)).toBe(true)
  expect(insufficient(some, { ...some, n: 99 }, 100)).toBe(true)
})
