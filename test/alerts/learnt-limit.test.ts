import { expect, test } from 'vitest'
import { hourOfWeek, learntFrom, learntThresholds } from '../../alerts/learnt-limit.ts'
import { isOver } from '../../alerts/policy.ts'
import { learntSettings, type LearntSettings } from '../../core/model-spec.ts'
import { seeded } from '../support/seeded.ts'
import { at, hour } from './rows.ts'

const settings = (rest: Partial<LearntSettings> = {}): LearntSettings => ({
  ...learntSettings({}),
  minWindows: 2,
  ...rest,
})
const past = (values: readonly number[], from = 0, every = 1) => ({
  starts: values.map((_, i) => at(from + i * every)),
  values,
})
const limits = (rule: LearntSettings, values: readonly number[]) =>
  learntThresholds(rule, learntFrom(rule, past(values), at(values.length), null)!)

// Mean 5 and population standard deviation 2, as in many a textbook.
const textbook = [2, 4, 4, 4, 5, 5, 7, 9]

test('limits are the mean and three population standard deviations, as NannyML has them', () => {
  expect(limits(settings(), textbook)).toMatchObject([
    { operator: '<', limit: -1 },
    { operator: '>', limit: 11 },
  ])
  expect(limits(settings({ deviations: 2, side: 'above' }), textbook)).toMatchObject([{ limit: 9 }])
  expect(limits(settings({ deviations: 2, side: 'below' }), textbook)).toMatchObject([{ limit: 1 }])
})

test.each([
  ['at the upper limit', 11, false],
  ['beyond the upper limit', 11.000001, true],
  ['at the lower limit', -1, false],
  ['beyond the lower limit', -1.000001, true],
])('a value %s is a breach: %s', (_, value, breach) => {
  expect(limits(settings(), textbook).some((limit) => isOver(limit, value))).toBe(breach)
})

test('a limit says what it was made of', () => {
  expect(limits(settings({ side: 'above' }), [0.06, 0.1])[0]!.text).toBe(
    '> 0.14 (mean 0.08 + 3·0.02 of 2 windows)',
  )
  expect(limits(settings({ side: 'below', center: 'median' }), textbook)[0]!.text).toBe(
    '< 2.276 (median 4.5 - 3·0.7413 of 8 windows)',
  )
})

test('equal values have no spread, and the next one like them is no breach', () => {
  // 27 · 0.1 / 27 is not 0.1 in floating point.
  const [lower, upper] = limits(settings(), Array<number>(27).fill(0.1))
  expect([lower!.limit, upper!.limit]).toEqual([0.1, 0.1])
  expect([lower, upper].some((limit) => isOver(limit!, 0.1))).toBe(false)
})

test('an odd window moves the mean and not the median', () => {
  const usual = Array.from({ length: 20 }, (_, i) => 1 + (i % 5) / 10)
  const odd = [...usual.slice(1), 100]
  const upper = (values: readonly number[], center: 'mean' | 'median'): number =>
    limits(settings({ center, side: 'above' }), values)[0]!.limit
  expect(upper(odd, 'mean')).toBeGreaterThan(50)
  expect(upper(odd, 'median')).toBeCloseTo(upper(usual, 'median'), 12)
})

test('the median of an even number is between the two, and its deviation is scaled to the normal one', () => {
  const learnt = learntFrom(settings({ center: 'median' }), past([1, 2, 4, 9]), at(4), null)
  // Deviations from 3 are 2, 1, 1, 6: their median is 1.5.
  expect(learnt).toMatchObject({ center: 3, spread: 1.4826 * 1.5, windows: 4 })
})

test('the judged window and those before the reach are not learnt from', () => {
  const rule = settings({ overMs: 3 * hour })
  const learnt = learntFrom(rule, past([100, 1, 2, 3, 100, 100]), at(4), null)
  expect(learnt).toMatchObject({ center: 2, windows: 3, from: at(1), to: at(4) })
})

test('with too few windows nothing is learnt', () => {
  const rule = settings({ minWindows: 4 })
  expect(learntFrom(rule, past([1, 2, 3]), at(3), null)).toBeNull()
  expect(learntFrom(rule, past([1, 2, 3, 4]), at(4), null)).not.toBeNull()
})

test('a season is the same hour of the week and no other', () => {
  const weeks = 4
  // 10 at one hour of the week and 0 else.
  const values = Array.from({ length: weeks * 168 }, (_, i) => (i % 168 === 5 ? 10 : 0))
  const rule = settings({ seasonal: 'hour_of_week', overMs: weeks * 168 * hour, minWindows: 4 })
  const of = (window: number) => learntFrom(rule, past(values), at(window), null)
  expect(of(weeks * 168 + 5)).toMatchObject({ center: 10, spread: 0, windows: 4 })
  expect(of(weeks * 168 + 6)).toMatchObject({ center: 0, spread: 0, windows: 4 })
  // Of the fifth hour a week later one of the four is missing.
  expect(of((weeks + 1) * 168 + 5)).toBeNull()
  expect(hourOfWeek(at(5))).toBe(hourOfWeek(at(5 + 168)))
  expect(hourOfWeek(at(5))).not.toBe(hourOfWeek(at(5 + 24)))
})

test('a baseline is learnt from its own windows, for those after it alone', () => {
  const range = { from: at(2), to: at(5) }
  const of = (window: number) => learntFrom(settings(), past([9, 9, 1, 2, 3, 9]), at(window), range)
  expect(of(4)).toBeNull()
  expect(of(5)).toMatchObject({ center: 2, windows: 3, ...range })
  expect(of(500)).toMatchObject({ center: 2, windows: 3, ...range })
})

test('values too large to be squared teach nothing', () => {
  expect(learntFrom(settings(), past([1e200, -1e200, 1e200]), at(3), null)).toBeNull()
})

// The figures of docs/how-to/choose-thresholds.md.
test.each([
  [8, 30],
  [14, 66],
  [100, 268],
])('three deviations learnt from %i normal windows are left by 1 in %i', (n, expected) => {
  const random = seeded(n)
  const trials = 60_000
  let left = 0
  for (let trial = 0; trial < trials; trial++) {
    const values = Array.from({ length: n }, () => random.normal())
    const next = random.normal()
    if (limits(settings(), values).some((limit) => isOver(limit, next))) left += 1
  }
  const share = 1 / expected
  expect(Math.abs(left / trials - share)).toBeLessThan(4 * Math.sqrt(share / trials))
})
