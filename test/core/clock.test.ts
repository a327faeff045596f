import { expect, test } from 'vitest'
import { systemClock } from '../../core/clock.ts'
import { ManualClock } from '../support/manual-clock.ts'

test('the system clock tells epoch milliseconds and a time that does not go back', () => {
  const before = systemClock.monotonic()
  expect(systemClock.now()).toBeGreaterThan(Date.UTC(2025, 0, 1))
  expect(systemClock.monotonic()).toBeGreaterThanOrEqual(before)
})

test('a manual clock passes time only when told to', () => {
  const clock = new ManualClock(1000)
  clock.advance(500)
  expect([clock.now(), clock.monotonic()]).toEqual([1500, 500])
})

test('setting the clock passes no time', () => {
  const clock = new ManualClock(10_000)
  clock.jump(-3000)
  expect([clock.now(), clock.monotonic()]).toEqual([7000, 0])
  expect(() => {
    clock.advance(-1)
  }).toThrow(RangeError)
})
