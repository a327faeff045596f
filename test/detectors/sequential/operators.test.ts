import { expect, test } from 'vitest'
import { adwin } from '../../../detectors/sequential/adwin.ts'
import { type AnySequentialDetector, replay } from '../../../detectors/sequential/catalogue.ts'
import { cusum } from '../../../detectors/sequential/cusum.ts'
import { ddm } from '../../../detectors/sequential/ddm.ts'
import { eddm } from '../../../detectors/sequential/eddm.ts'
import {
  equalSamplesGap,
  equalSamplesSurvival,
} from '../../../detectors/sequential/equal-samples-ks.ts'
import { ewma } from '../../../detectors/sequential/ewma.ts'
import { hddmA } from '../../../detectors/sequential/hddm-a.ts'
import { hddmW } from '../../../detectors/sequential/hddm-w.ts'
import { kswin, sampleIndices } from '../../../detectors/sequential/kswin.ts'
import { pageHinkleyFading } from '../../../detectors/sequential/page-hinkley-fading.ts'
import { pageHinkley } from '../../../detectors/sequential/page-hinkley.ts'
import { pythonRandom } from '../../../detectors/streams/random-source.ts'
import oracle from '../../fixtures/detectors/river-detectors.json' with { type: 'json' }
import streams from '../../fixtures/detectors/river-streams.json' with { type: 'json' }
import { seeded } from '../../support/seeded.ts'

const first = (detector: AnySequentialDetector, params: object, series: readonly number[]) =>
  replay(detector, detector.init(params), series).changes[0]

const known = { center: 0, deviation: 1 }

// Which operator each has, by a statistic that equals its threshold to the bit.
test('Page–Hinkley: reaching the threshold is a drift', () => {
  const params = { minInstances: 1, delta: 0, alpha: 1, threshold: 4 }
  expect(first(pageHinkley, params, [0, 8])).toMatchObject({ at: 1, statistic: 4, way: 'up' })
})

test('Page–Hinkley, fading: reaching the threshold is none, passing it is', () => {
  const params = { minInstances: 1, delta: 0, alpha: 1, threshold: 4 }
  expect(first(pageHinkleyFading, params, [0, 8])).toBeUndefined()
  expect(first(pageHinkleyFading, params, [0, 9])).toMatchObject({ at: 1, statistic: 4.5 })
})

test('CUSUM: reaching the threshold is none, passing it is', () => {
  expect(first(cusum, known, [3, 3])).toBeUndefined()
  expect(first(cusum, known, [3, 3, 0.75])).toMatchObject({ at: 2, way: 'up', statistic: 5.25 })
  expect(first(cusum, known, [-6])).toMatchObject({ at: 0, way: 'down', statistic: 5.5 })
  expect(first(cusum, { ...known, mode: 'up' }, [-6])).toBeUndefined()
})

test('EWMA: reaching the threshold is none, passing it is', () => {
  const params = { ...known, alpha: 1, threshold: 3 }
  expect(first(ewma, params, [3, -3])).toBeUndefined()
  expect(first(ewma, params, [3, -3.5])).toMatchObject({ at: 1, way: 'down', statistic: 3.5 })
})

test('DDM: reaching the threshold is none', () => {
  // After one hit and one error p = ½ and s = √⅛: best, and above no threshold of its own.
  const params = { warmStart: 1, warningThreshold: 1, driftThreshold: 1 }
  expect(first(ddm, params, [0, 1])).toBeUndefined()
  expect(first(ddm, params, [0, 1, 1])).toMatchObject({ at: 2, change: 'drift', way: 'up' })
})

test('EDDM: reaching the threshold is none, going below is', () => {
  // Distances 3 and 3, then 1 until the level is ever lower.
  const errors = [0, 0, 1, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1]
  const levels: number[] = []
  let state = eddm.init({ warmStart: 1, alpha: 1, beta: 1 })
  for (const value of errors) {
    const step = eddm.update(state, value)
    if (step.statistic !== null) levels.push(step.statistic)
    if (step.change === 'drift') break
    state = step.state
  }
  expect(levels[0]).toBe(1)
  expect(levels.at(-1)).toBeLessThan(1)
})

test('HDDM-A: reaching the bound is a drift', () => {
  const series = [...Array.from({ length: 20 }, () => 0), ...Array.from({ length: 40 }, () => 1)]
  const drift = replay(hddmA, hddmA.init(), series).changes.find((told) => told.change === 'drift')
  const { at, statistic, threshold } = drift!
  expect(statistic).toBeGreaterThanOrEqual(threshold!)
  // The mean of n values after 20 zeros, against the bound of Hoeffding with a cut at 20.
  const n = at + 1
  expect(statistic).toBeCloseTo((n - 20) / n, 12)
  expect(threshold).toBeCloseTo(Math.sqrt(((n - 20) / (40 * n)) * Math.log(2000)), 12)
})

test('HDDM tells falls only when asked to', () => {
  const series = [...Array.from({ length: 60 }, () => 1), ...Array.from({ length: 60 }, () => 0)]
  for (const detector of [hddmA, hddmW]) {
    expect(first(detector, {}, series)).toBeUndefined()
    const told = replay(detector, detector.init({ mode: 'both' }), series).changes
    expect(told.find(({ change }) => change === 'drift')).toMatchObject({ way: 'down' })
  }
})

test('ADWIN tells the way, and keeps the new level when asked to', () => {
  const series = Array.from({ length: 400 }, (_, i) => (i < 200 ? 5 : 3) + (i % 2) / 10)
  expect(first(adwin, {}, series)).toMatchObject({ way: 'down', change: 'drift' })
  const kept = replay(adwin, adwin.init({ afterDrift: 'keep' }), series).state
  const { width, total, origin } = kept.memory as { width: number; total: number; origin: number }
  expect(width).toBeLessThan(300)
  expect(total / width + origin).toBeLessThan(3.3)
})

test('KSWIN: a p-value equal to alpha is a drift, one above is none', () => {
  const series = [0, 0, 0, 0, 0, 1, 1, 1, 1, 1]
  const params = { windowSize: 10, statSize: 5 }
  const p = equalSamplesSurvival(5, 1)
  expect(first(kswin, { ...params, alpha: p }, series)).toMatchObject({ at: 9, change: 'drift' })
  expect(first(kswin, { ...params, alpha: p * (1 - 1e-12) }, series)).toBeUndefined()
})

test('KSWIN: no gap of a tenth or less is a drift, whatever its p-value', () => {
  const series = Array.from({ length: 400 }, (_, i) => (i * 7) % 31)
  const params = { windowSize: 60, statSize: 30, alpha: 1 }
  const drifts = replay(kswin, kswin.init(params), series).changes
  for (const { statistic } of drifts) expect(10 ** -statistic!).toBeLessThanOrEqual(1)
  expect(
    first(
      kswin,
      params,
      Array.from({ length: 99 }, () => 4),
    ),
  ).toBeUndefined()
})

test.each(oracle.equal_samples)(
  'the p-value of a gap of $d between two samples of $n is SciPy’s exact one',
  ({ n, d, p }) => {
    expect(Math.abs(equalSamplesSurvival(n, d) - p)).toBeLessThanOrEqual(1e-11 * p)
  },
)

test('the gap of two samples counts ties on both sides', () => {
  expect(equalSamplesGap(Float64Array.of(1, 1, 2, 3), Float64Array.of(3, 1, 3, 4))).toBe(0.5)
  expect(equalSamplesGap(Float64Array.of(2, 2), Float64Array.of(2, 2))).toBe(0)
  expect(equalSamplesGap(Float64Array.of(1, 2), Float64Array.of(5, 6))).toBe(1)
})

test.each(streams.samples)('Python’s sample of $k from $n with seed $seed', (expected) => {
  const { below } = pythonRandom(expected.seed)
  expect(sampleIndices(below, expected.n, expected.k)).toEqual(expected.drawn)
})

test('ADWIN says nothing while no cut leaves enough on both sides', () => {
  const params = { clock: 4, minWindowLength: 30 }
  const series = Array.from({ length: 40 }, (_, i) => (i < 20 ? 0 : 100))
  expect(first(adwin, params, series)).toBeUndefined()
  expect(
    adwin.update(replay(adwin, adwin.init(params), series).state as never, 9).statistic,
  ).toBeNull()
})

/** Mean number of normal values until an alarm without any change. */
function runLength(detector: AnySequentialDetector, params: object, values: number): number {
  const random = seeded(2026)
  const series = Array.from({ length: values }, () => random.normal())
  return values / replay(detector, detector.init(params), series).changes.length
}

// Tables of run lengths: Montgomery, ch. 9; Lucas and Saccucci (1990). ± 4 standard errors.
test.each([
  ['CUSUM, both ways', cusum, known, 465],
  ['CUSUM, one way', cusum, { ...known, mode: 'up' }, 930],
  ['EWMA', ewma, { ...known, alpha: 0.1, threshold: 2.703 }, 370],
])('%s: a false alarm comes as often as the tables say', (_, detector, params, expected) => {
  const values = 400_000
  const error = expected / Math.sqrt(values / expected)
  const found = runLength(detector, params, values)
  expect(Math.abs(found - expected)).toBeLessThan(4 * error)
})
