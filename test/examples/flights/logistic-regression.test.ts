import { expect, test } from 'vitest'
import { cut, inKilometresFrom, joined, type Flights } from '../../../examples/flights/features.ts'
import { auc, fit, scores } from '../../../examples/flights/logistic-regression.ts'
import { seeded } from '../../support/seeded.ts'

/** Flights whose lateness depends on the hour, on the origin and on the recent delay, as `odds` says. */
function madeUp(rows: number, seed: number): Flights {
  const random = seeded(seed)
  const index = Array.from({ length: rows }, (_, i) => i)
  const hour = Uint8Array.from(index, () => random.int(0, 23))
  const origin = Uint16Array.from(index, () => random.int(0, 3))
  const recentDelay = Float64Array.from(index, () =>
    random.next() < 0.1 ? NaN : 10 * random.normal(),
  )
  const odds = (i: number): number =>
    hour[i]! / 8 -
    3 +
    (origin[i] === 2 ? 1 : 0) +
    (Number.isNaN(recentDelay[i]!) ? 0 : recentDelay[i]! / 10)
  return {
    rows,
    number: Uint32Array.from(index),
    ts: Float64Array.from(index, (i) => i * 60_000),
    distance: Float64Array.from(index, () => random.int(50, 2500)),
    hour,
    weekday: Uint8Array.from(index, () => random.int(0, 6)),
    origin,
    destination: Uint16Array.from(index, () => random.int(0, 3)),
    recentDelay,
    delay: Int32Array.from(index, (i) => (random.next() < 1 / (1 + Math.exp(-odds(i))) ? 30 : 0)),
  }
}

const training = madeUp(20_000, 1)
const model = fit(training, 4, '1')

test('the same flights give the same model', () => {
  expect(fit(training, 4, '1')).toEqual(model)
})

test('it finds what lateness depends on, on flights it has not seen', () => {
  const held = madeUp(20_000, 2)
  expect(auc(model, held)).toBeGreaterThan(0.8)
  // One deviation of recent delay, 10 minutes, multiplies the odds by e.
  expect(model.weights[2]).toBeCloseTo(1, 1)
  expect(Math.abs(model.weights[0])).toBeLessThan(0.1)
})

test('scores are calibrated: their mean is the share of late flights', () => {
  const mean = scores(model, training).reduce((sum, p) => sum + p, 0) / training.rows
  const late = training.delay.filter((minutes) => minutes > 15).length / training.rows
  expect(mean).toBeCloseTo(late, 4)
})

test('as many flights are predicted late as were late in training', () => {
  const predicted = scores(model, training).filter((p) => p >= model.threshold).length
  const late = training.delay.filter((minutes) => minutes > 15).length
  expect(Math.abs(predicted - late)).toBeLessThan(training.rows / 1000)
})

test('the area under the curve counts ties half', () => {
  const zero = Array.from({ length: 24 }, () => 0)
  const tables = { hour: zero, weekday: zero, origin: zero, destination: zero }
  expect(auc({ ...model, ...tables, weights: [0, 0, 0, 0] }, training)).toBeCloseTo(0.5, 12)
})

test('an airport that training never saw scores as an average one', () => {
  const wider = fit(training, 10, '1')
  expect(wider.origin[9]).toBeCloseTo(0, 12)
})

test('the fault turns miles into kilometres from its hour on, and nothing else', () => {
  const from = 100 * 60_000
  const faulty = inKilometresFrom(training, from)
  expect(faulty.distance[99]).toBe(training.distance[99])
  expect(faulty.distance[100]).toBe(Math.round(training.distance[100]! * 1.609344))
  expect(faulty.recentDelay).toEqual(training.recentDelay)
})

test('flights cut in two and joined are the flights', () => {
  expect(
    joined([cut(training, 0, 7), cut(training, 7, 9), cut(training, 9, training.rows)]),
  ).toEqual(training)
})
