import { expect, test } from 'vitest'
import { afterFailure, closedBreaker, isOpen, type Breaker } from '../../alerts/breaker.ts'
import { failureOutcome, nextAttemptAt, scheduleMs } from '../../alerts/retry.ts'

const input = { attempts: 1, since: 0, now: 1000, retryAfter: null, random: 0.5 }

test.each([
  [301, 'dead'],
  [400, 'dead'],
  [401, 'dead'],
  [404, 'dead'],
  [408, 'retry'],
  [410, 'gone'],
  [425, 'retry'],
  [429, 'retry'],
  [500, 'retry'],
  [503, 'retry'],
])('a status %d means %s', (status, outcome) => {
  expect(failureOutcome(status)).toBe(outcome)
})

test('waits follow the schedule and end after its last attempt', () => {
  const waits = scheduleMs.map((_, i) => nextAttemptAt({ ...input, attempts: i + 1 }))
  expect(waits.map((wait) => wait && (wait - 1000) / 1000)).toEqual([
    5,
    30,
    120,
    600,
    1800,
    3600,
    7200,
    14400,
    null,
  ])
})

test('waits are spread by a fifth either way', () => {
  expect(nextAttemptAt({ ...input, random: 0 })).toBe(1000 + 4000)
  expect(nextAttemptAt({ ...input, random: 0.999999 })).toBe(1000 + 6000)
})

test('a receiver may ask for more patience, within bounds, never for less', () => {
  const wait = (retryAfter: string) => nextAttemptAt({ ...input, retryAfter })
  expect(wait('60')).toBe(61_000)
  expect(wait('1')).toBe(6000)
  expect(wait(new Date(121_000).toUTCString())).toBe(121_000)
  expect(wait('99999999')).toBe(1000 + 4 * 3_600_000)
  expect(wait('soon')).toBe(6000)
  expect(wait('Thu, 01 Jan 1970 00:00:00 GMT')).toBe(6000)
})

test('a delivery that grew old behind others gets one attempt, not another whole schedule', () => {
  expect(nextAttemptAt({ ...input, now: 8 * 3_600_000 })).toBeNull()
})

test('five failures in a row open the breaker, each failed probe for longer, up to a bound', () => {
  const open: number[] = []
  let breaker: Breaker = closedBreaker
  for (let i = 0; i < 12; i++) {
    breaker = afterFailure(breaker, 0)
    open.push(breaker.openUntil / 60_000)
  }
  expect(open).toEqual([0, 0, 0, 0, 1, 2, 4, 8, 15, 15, 15, 15])
  expect(isOpen(breaker, 15 * 60_000 - 1)).toBe(true)
  expect(isOpen(breaker, 15 * 60_000)).toBe(false)
})
