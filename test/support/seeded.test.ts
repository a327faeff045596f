import { expect, test } from 'vitest'
import { sampleEvents, seeded } from './seeded.ts'

test('one seed always draws the same, another something else', () => {
  const draw = (seed: number): number[] => {
    const random = seeded(seed)
    return Array.from({ length: 5 }, random.next)
  }
  expect(draw(1)).toEqual(draw(1))
  expect(draw(1)).not.toEqual(draw(2))
})

test('draws have the moments of their distributions', () => {
  const random = seeded(7)
  const normals = Array.from({ length: 20_000 }, random.normal)
  const mean = normals.reduce((total, x) => total + x, 0) / normals.length
  const variance = normals.reduce((total, x) => total + (x - mean) ** 2, 0) / normals.length
  expect(mean).toBeCloseTo(0, 1)
  expect(variance).toBeCloseTo(1, 1)
  const dice = Array.from({ length: 6000 }, () => random.int(1, 6))
  expect([Math.min(...dice), Math.max(...dice)]).toEqual([1, 6])
})

test('events follow each other in time and drift when told to', () => {
  const events = sampleEvents(seeded(1), { count: 2000, stepMs: 60_000 })
  expect(events[1]?.ts).toBe('2026-01-01T00:01:00.000Z')
  expect(new Set(events.map(({ id }) => id)).size).toBe(2000)
  const mean = (of: typeof events): number =>
    of.reduce((total, { features }) => total + Number(features['amount']), 0) / of.length
  const drifted = sampleEvents(seeded(1), { count: 2000, shift: 1 })
  expect(mean(drifted) - mean(events)).toBeCloseTo(20, 5)
})
