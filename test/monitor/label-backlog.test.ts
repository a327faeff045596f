import { expect, test } from 'vitest'
import { LabelBacklog } from '../../monitor/label-backlog.ts'

test('gives what waits, oldest first, and forgets what is done', () => {
  const backlog = new LabelBacklog()
  expect(backlog.next()).toBeNull()
  expect(backlog.oldest).toBe(Infinity)
  backlog.add(30, 5)
  backlog.add(10, 5)
  backlog.add(20, 5)
  expect(backlog.oldest).toBe(10)
  const batches = backlog.next()
  expect(batches).toEqual({ oldest: 10, newest: 30 })
  backlog.add(40, 1)
  backlog.done(batches!)
  expect(backlog.next()).toEqual({ oldest: 40, newest: 40 })
})

test('gives half a million labels at a time, and a greater batch alone', () => {
  const backlog = new LabelBacklog()
  for (const [at, labels] of [
    [1, 400_000],
    [2, 100_000],
    [3, 1],
    [4, 2_000_000],
  ] as const)
    backlog.add(at, labels)
  const taken: (number | undefined)[] = []
  for (let next = backlog.next(); next !== null; next = backlog.next()) {
    taken.push(next.newest)
    backlog.done(next)
  }
  expect(taken).toEqual([2, 3, 4])
  expect(backlog.isEmpty).toBe(true)
})

test('batches of one millisecond count together', () => {
  const backlog = new LabelBacklog()
  backlog.add(1, 300_000)
  backlog.add(1, 300_000)
  backlog.add(2, 1)
  expect(backlog.next()).toEqual({ oldest: 1, newest: 1 })
})
