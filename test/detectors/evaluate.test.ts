import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { endToEnd, evaluate, match, type Trial } from '../../detectors/evaluate.ts'

const at = (...places: number[]) => places.map((place) => ({ start: place, end: place }))
const trial = (alarms: number[], drifts: number[], length = 1000): Trial => ({
  alarms,
  drifts: at(...drifts),
  length,
})
const late = 50

// Values that river's documentation of its evaluation module prints.
test.each([
  ['precision', trial([110, 900], [100]), 0.5],
  ['recall', trial([110, 130], [100, 500]), 0.5],
  ['missedDetectionRate', trial([110], [100, 500]), 0.5],
  ['f1', trial([110, 900], [100, 500]), 0.5],
  ['detectionDelay', trial([110, 530], [100, 500, 900]), 20],
  ['normalizedDelay', trial([110], [100]), 0.2],
  ['falseAlarmsPerThousand', trial([110, 900], [100]), 1],
  ['meanTimeBetweenFalseAlarms', trial([200, 300, 500], []), 150],
  ['meanTimeRatio', trial([110, 400, 700], [100, 900]), 15],
] as const)('%s of %o is river’s', (figure, given, value) => {
  expect(evaluate(given, { late })[figure]).toBeCloseTo(value, 12)
})

describe('a figure without a domain is null', () => {
  test.each([
    ['precision', 'no alarm', trial([], [100])],
    ['f1', 'no alarm', trial([], [100])],
    ['recall', 'no drift', trial([5], [])],
    ['missedDetectionRate', 'no drift', trial([5], [])],
    ['f1', 'no drift', trial([5], [])],
    ['detectionDelay', 'nothing found', trial([5], [100])],
    ['normalizedDelay', 'nothing found', trial([5], [100])],
    ['meanTimeBetweenFalseAlarms', 'one false alarm', trial([5], [100])],
    ['meanTimeRatio', 'one false alarm', trial([5, 110], [100])],
    ['meanTimeRatio', 'nothing found', trial([5, 900], [100])],
    ['meanTimeRatio', 'no delay', trial([5, 100, 900], [100])],
  ] as const)('%s: %s', (figure, _, given) => {
    expect(evaluate(given, { late })[figure]).toBeNull()
  })
})

test('a window includes both of its ends', () => {
  const drifts = [{ start: 100, end: 120 }]
  const given = { alarms: [94, 95, 170, 171], drifts, length: 1000 }
  const matching = match(given, { late: 50, early: 5 })
  expect(matching).toEqual({ hits: [[95, 170]], falseAlarms: [94, 171] })
})

test('an alarm that two drifts take goes to the earlier', () => {
  expect(match(trial([130], [100, 120]), { late })).toEqual({ hits: [[130], []], falseAlarms: [] })
})

test('only the first alarm of a drift makes its delay', () => {
  expect(evaluate(trial([110, 140], [100]), { late })).toMatchObject({
    detectionDelay: 10,
    falseAlarms: 0,
    recall: 1,
    precision: 1,
  })
})

const anyTrial = fc
  .tuple(
    fc.uniqueArray(fc.nat(499), { maxLength: 20 }),
    fc.uniqueArray(fc.nat(400), { maxLength: 4 }),
  )
  .map(([alarms, drifts]) => {
    const ascending = (places: number[]) => places.toSorted((a, b) => a - b)
    return trial(ascending(alarms), ascending(drifts), 500)
  })

test('every alarm is counted once, and shares are shares', () => {
  fc.assert(
    fc.property(anyTrial, fc.integer({ min: 1, max: 99 }), (given, tolerance) => {
      const { hits, falseAlarms } = match(given, { late: tolerance })
      expect([...hits.flat(), ...falseAlarms].sort((a, b) => a - b)).toEqual(given.alarms)
      const figures = evaluate(given, { late: tolerance })
      for (const figure of [
        'precision',
        'recall',
        'f1',
        'missedDetectionRate',
        'normalizedDelay',
      ] as const) {
        const value = figures[figure]
        if (value !== null) expect(value).toBeGreaterThanOrEqual(0)
        if (value !== null) expect(value).toBeLessThanOrEqual(1)
      }
      expect(Object.values(figures).some(Number.isNaN)).toBe(false)
      expect(JSON.parse(JSON.stringify(figures))).toEqual(figures)
    }),
  )
})

test('a later alarm alone never makes the delay shorter', () => {
  fc.assert(
    fc.property(fc.nat(40), fc.nat(9), (delay, more) => {
      const sooner = evaluate(trial([100 + delay], [100]), { late })
      const later = evaluate(trial([100 + delay + more], [100]), { late })
      expect(later.detectionDelay).toBe(sooner.detectionDelay! + more)
    }),
  )
})

test('trials laid end to end keep their hits, false alarms and delays', () => {
  fc.assert(
    fc.property(fc.array(anyTrial, { minLength: 1, maxLength: 4 }), (trials) => {
      const spaced = trials.map((one) => ({ ...one, length: 600 }))
      const whole = match(endToEnd(spaced), { late: 99 })
      const parts = spaced.map((one) => match(one, { late: 99 }))
      expect(whole.hits.map((hit) => hit.length)).toEqual(
        parts.flatMap(({ hits }) => hits.map((hit) => hit.length)),
      )
      expect(whole.falseAlarms.length).toBe(
        parts.reduce((sum, { falseAlarms }) => sum + falseAlarms.length, 0),
      )
    }),
  )
})

test.each([
  ['alarms out of order', trial([5, 4], [])],
  ['an alarm told twice', trial([5, 5], [])],
  ['an alarm outside the stream', trial([1000], [])],
  ['drifts out of order', trial([], [500, 100])],
  ['a drift that ends before it starts', { alarms: [], drifts: [{ start: 5, end: 4 }], length: 9 }],
  ['an empty stream', trial([], [], 0)],
])('%s are refused', (_, given) => {
  expect(() => evaluate(given, { late })).toThrow(RangeError)
})

test('a tolerance that takes nothing is refused', () => {
  expect(() => evaluate(trial([], []), { late: 0 })).toThrow(RangeError)
  expect(() => evaluate(trial([], []), { late: 1, early: -1 })).toThrow(RangeError)
})
