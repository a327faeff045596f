import { expect, test } from 'vitest'
import { Patience } from '../../monitor/patience.ts'
import { ManualClock } from '../support/manual-clock.ts'

const missing = { bins: false, complete: false }

test('looks follow each other after doubling pauses, up to a minute', () => {
  const clock = new ManualClock()
  const patience = new Patience(clock.monotonic)
  const pauses: number[] = []
  for (let look = 0; look < 9; look++) {
    patience.looked('m', missing)
    let waited = 0
    while (!patience.mayLook('m', true)) {
      clock.advance(500)
      waited += 500
    }
    pauses.push(waited)
  }
  expect(pauses).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000])
})

test('a model with bins whose windows are due is never kept waiting', () => {
  const patience = new Patience(new ManualClock().monotonic)
  patience.looked('m', { bins: true, complete: false })
  expect(patience.mayLook('m', true)).toBe(true)
  expect(patience.mayLook('m', false)).toBe(false)
})

test('once nothing waits any more, the pauses begin anew', () => {
  const clock = new ManualClock()
  const patience = new Patience(clock.monotonic)
  patience.looked('m', missing)
  patience.looked('m', missing)
  patience.looked('m', { bins: true, complete: true })
  patience.looked('m', missing)
  clock.advance(1000)
  expect(patience.mayLook('m', false)).toBe(true)
})
