import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  type AnySequentialDetector,
  replay,
  sequentialDetectors,
} from '../../../detectors/sequential/catalogue.ts'
import { accepts, type State, type Step } from '../../../detectors/sequential/detector.ts'
import { seeded } from '../../support/seeded.ts'

/** Small windows and clocks, so that short streams reach every branch. */
const quick: Readonly<Record<string, object>> = {
  'page-hinkley/clamped': { threshold: 3, mode: 'both' },
  'page-hinkley/fading': { threshold: 3 },
  'cusum/tabular': { minInstances: 5 },
  'ewma/adaptive': { threshold: 2, minInstances: 5 },
  'adwin/2': { clock: 4, delta: 0.2 },
  'kswin/exact': { windowSize: 20, statSize: 6, alpha: 0.05 },
  'ddm/strict': { warmStart: 5 },
  'eddm/distances': { warmStart: 5 },
  'hddm/averages': { mode: 'both', driftConfidence: 0.05, warningConfidence: 0.1 },
  'hddm/weighted': { mode: 'both', driftConfidence: 0.05, warningConfidence: 0.1 },
}

const all = sequentialDetectors.map((detector) => ({ method: detector.method, detector }))

/** A value that the detector accepts, from any number. */
const domain = {
  number: fc.oneof(
    fc.integer({ min: -3, max: 3 }),
    fc.double({ noNaN: true, min: -1e100, max: 1e100 }),
  ),
  unit: fc.oneof(fc.constantFrom(0, 1), fc.double({ noNaN: true, min: 0, max: 1 })),
  error: fc.constantFrom(0, 1),
} as const

const streamOf = ({ input }: AnySequentialDetector) =>
  fc.array(domain[input], { minLength: 0, maxLength: 150 })

const throughJson = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T

function steps(detector: AnySequentialDetector, from: State<object>, series: readonly number[]) {
  let state = from
  return series.map((value): Step<State<object>> => {
    const step = detector.update(state, value)
    state = step.state
    return step
  })
}

test.each(all)('$method: JSON in mid-stream changes nothing', ({ detector, method }) => {
  fc.assert(
    fc.property(streamOf(detector), fc.nat(), (series, cut) => {
      const at = series.length === 0 ? 0 : cut % series.length
      const whole = replay(detector, detector.init(quick[method]), series)
      const first = replay(detector, detector.init(quick[method]), series.slice(0, at))
      expect(throughJson(first.state)).toEqual(first.state)
      const second = replay(detector, throughJson(first.state), series.slice(at))
      expect(second.state).toEqual(whole.state)
      expect([
        ...first.changes,
        ...second.changes.map((told) => ({ ...told, at: told.at + at })),
      ]).toEqual(whole.changes)
    }),
  )
})

test.each(all)(
  '$method: never NaN, and a drift only beyond its threshold',
  ({ detector, method }) => {
    fc.assert(
      fc.property(streamOf(detector), (series) => {
        for (const { state, change, statistic, threshold, way } of steps(
          detector,
          detector.init(quick[method]),
          series,
        )) {
          // JSON turns NaN into null.
          expect(throughJson(state)).toEqual(state)
          expect([null, 'up', 'down']).toContain(way)
          expect(statistic === null).toBe(threshold === null)
          if (statistic === null || threshold === null) {
            expect(change).not.toBe('drift')
            continue
          }
          expect(Number.isFinite(statistic) && Number.isFinite(threshold)).toBe(true)
          const beyond =
            method === 'eddm/distances' ? statistic < threshold : statistic >= threshold
          if (change === 'drift') expect(beyond).toBe(true)
        }
      }),
    )
  },
)

test.each(all)('$method: a constant never alarms', ({ detector, method }) => {
  fc.assert(
    fc.property(domain[detector.input], fc.integer({ min: 1, max: 400 }), (value, n) => {
      for (const params of [{}, quick[method]]) {
        const series = Array.from({ length: n }, () => value)
        expect(replay(detector, detector.init(params), series).changes).toEqual([])
      }
    }),
  )
})

test.each(all)('$method: after a drift the state is the first one', ({ detector, method }) => {
  const random = seeded(11)
  const start = detector.init(quick[method])
  const series = Array.from({ length: 400 }, (_, i) =>
    detector.input === 'number'
      ? random.normal() + (i < 200 ? 0 : 20)
      : Number(random.next() < (i < 200 ? 0.1 : 0.9)),
  )
  const drifts = steps(detector, start, series).filter(({ change }) => change === 'drift')
  expect(drifts.length).toBeGreaterThan(0)
  for (const { state } of drifts) expect(state).toEqual(start)
})

test.each(all)('$method: an update leaves the old state alone', ({ detector, method }) => {
  fc.assert(
    fc.property(streamOf(detector), domain[detector.input], (series, value) => {
      const { state } = replay(detector, detector.init(quick[method]), series)
      const before = JSON.stringify(state)
      const first = detector.update(state as State<object>, value)
      expect(JSON.stringify(state)).toBe(before)
      expect(detector.update(state as State<object>, value)).toEqual(first)
    }),
  )
})

test.each(all)('$method: what is no input changes nothing', ({ detector, method }) => {
  const state = detector.init(quick[method])
  for (const value of [NaN, Infinity, -Infinity, 1e101, 0.5, -1, 2]) {
    if (accepts(detector.input, value)) continue
    const step = detector.update(state, value)
    expect(step.state).toBe(state)
    expect(step).toMatchObject({ change: 'none', way: null, statistic: null, threshold: null })
  }
})

test.each(all)('$method: a state stays small over a long stream', ({ detector }) => {
  const random = seeded(5)
  const series = Array.from({ length: 20_000 }, () =>
    detector.input === 'number' ? random.normal() * 0.1 : Number(random.next() < 0.2),
  )
  const { state } = replay(detector, detector.init(), series)
  // KSWIN holds its window and the words of its generator.
  const limit = { 'adwin/2': 6000, 'kswin/exact': 10_000 }[detector.method] ?? 600
  expect(JSON.stringify(state).length).toBeLessThan(limit)
})
