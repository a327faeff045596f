import { expect, test } from 'vitest'
import { durationMs, durationName } from '../../core/duration.ts'

test.each([
  ['500ms', 500],
  ['90s', 90_000],
  ['5m', 300_000],
  ['1h', 3_600_000],
  ['7d', 604_800_000],
  ['2w', 1_209_600_000],
])('%s is %d milliseconds', (text, ms) => {
  expect(durationMs(text)).toBe(ms)
})

test.each(['', '5', 'm', '0s', '05m', '1.5h', '-1h', '1 h', '1h30m', '1000000s', '5M'])(
  'refuses %o',
  (text) => {
    expect(() => durationMs(text)).toThrow(RangeError)
  },
)

test('the longest duration is an exact number of milliseconds', () => {
  expect(Number.isSafeInteger(durationMs('999999w'))).toBe(true)
})

test.each([
  [0, '0s'],
  [1, '1ms'],
  [1500, '1500ms'],
  [60_000, '1m'],
  [3_600_000, '1h'],
  [604_800_000, '7d'],
])('%d milliseconds are called %s', (ms, name) => {
  expect(durationName(ms)).toBe(name)
})
