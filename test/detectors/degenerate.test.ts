import { describe, expect, test } from 'vitest'
import { detectors } from '../../detectors/catalogue.ts'
import { type DriftInput } from '../../detectors/detector.ts'
import { type NumericBinning } from '../../detectors/profile.ts'
import { categories, emptyProfile, numericProfile } from './sampling.ts'

const binning: NumericBinning = { kind: 'numeric', edges: [5], coarse: [0, 1], low: 5, high: 5 }
const numbers = (list: readonly number[]) => numericProfile(list, binning)
const many = (n: number, value: number) => new Array<number>(n).fill(value)
const score = (detector: (typeof detectors)[number], input: DriftInput) => detector.compute(input)

const numeric = detectors.filter(({ kinds }) => kinds.includes('numeric'))
const categorical = detectors.filter(({ kinds }) => kinds.includes('categorical'))
const aboutValues = new Set(['t/welch'])

describe.each(numeric)('$method of numbers', (detector) => {
  test('a constant feature that stays constant has not drifted', () => {
    const same = score(detector, {
      reference: numbers(many(500, 5)),
      current: numbers(many(200, 5)),
      binning,
    })
    expect(same!.value).toBeCloseTo(0, 9)
    expect(same!.pValue).toBeGreaterThan(0.5)
  })

  test('a constant feature that takes another value has', () => {
    const moved = score(detector, {
      reference: numbers(many(500, 5)),
      current: numbers(many(200, 4)),
      binning,
    })
    expect(moved!.pValue).toBeLessThan(1e-6)
    expect(moved!.value).toBeGreaterThan(moved!.noiseFloor!)
    expect(moved!.effect).toSatisfy(Number.isFinite)
  })

  test('a window without a value is drift, but has no mean', () => {
    const gone = score(detector, {
      reference: numbers(Array.from({ length: 500 }, (_, i) => 4 + (i % 3))),
      current: numbers(many(200, Number.NaN)),
      binning,
    })
    if (aboutValues.has(detector.method)) expect(gone).toBeNull()
    else expect(gone!.pValue).toBeLessThan(1e-6)
  })

  test('a side without events has no answer', () => {
    const some = numbers(many(500, 5))
    expect(score(detector, { reference: some, current: numbers([]), binning })).toBeNull()
    expect(score(detector, { reference: numbers([]), current: some, binning })).toBeNull()
  })

  test('one event a side says nothing', () => {
    const one = score(detector, { reference: numbers([5]), current: numbers([4]), binning })
    // The largest gap alone does not know how few two events are; min_samples does.
    const bounded = detector.metric === 'ks' || detector.metric === 'linf'
    if (one !== null && !bounded) expect(one.pValue).toBeGreaterThan(0.05)
  })

  test('one stray missing value among a hundred is no alarm at one in a hundred', () => {
    const stray = score(detector, {
      reference: numbers(many(5000, 5)),
      current: numbers([...many(99, 5), Number.NaN]),
      binning,
    })
    expect(stray!.pValue).toBeGreaterThan(0.01)
  })
})

describe.each(categorical)('$method of categories', (detector) => {
  const profile = (counts: readonly number[]) => ({
    ...emptyProfile,
    n: counts.reduce((a, b) => a + b, 0),
    counts,
  })

  test('a single category that stays is no drift, another in its place is', () => {
    const one = categories(2)
    const reference = profile([800, 0, 0])
    const same = score(detector, { reference, current: profile([300, 0, 0]), binning: one })
    expect(same).toMatchObject({ pValue: 1 })
    expect(same!.value).toBeCloseTo(0, 9)
    const other = score(detector, { reference, current: profile([0, 300, 0]), binning: one })
    expect(other!.pValue).toBeLessThan(1e-9)
  })

  test('a hundred thousand categories that keep their shares are no drift', () => {
    const k = 100_000
    const wide = categories(k)
    const spread = (n: number, from: number) => {
      const counts = new Array<number>(k + 1).fill(0)
      // A stride that shares no factor with k visits every category once before any twice.
      for (let i = 0; i < n; i++) counts[(from + i * 48_271) % k]!++
      return profile(counts)
    }
    const input = { reference: spread(300_000, 0), current: spread(20_000, 17), binning: wide }
    const even = score(detector, input)!
    expect(even.pValue).toBeGreaterThan(0.05)
    for (const number of [even.value, even.effect, even.noiseFloor]) {
      expect(number).toSatisfy(Number.isFinite)
    }
    const lost = new Array<number>(k + 1).fill(0)
    lost[0] = 20_000
    expect(score(detector, { ...input, current: profile(lost) })!.pValue).toBeLessThan(1e-9)
  })
})
