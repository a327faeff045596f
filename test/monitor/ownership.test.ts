import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ownsPartitions, ownsShard, partOf } from '../../monitor/ownership.ts'

const name = fc.string({ minLength: 1, maxLength: 40 })

test('every model is exactly one shard’s', () => {
  fc.assert(
    fc.property(name, fc.integer({ min: 1, max: 20 }), (model, count) => {
      const owners = Array.from({ length: count }, (_, index) => ownsShard({ index, count })(model))
      expect(owners.filter(Boolean)).toHaveLength(1)
    }),
  )
})

test('models are spread evenly', () => {
  const counts = [0, 0, 0, 0]
  for (let i = 0; i < 4000; i++) counts[partOf(`model-${i}`, 4)]! += 1
  for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(150)
})

test('the part of a model is a matter of its name alone, in every version', () => {
  expect(['fraud', 'flight-delay', 'Ω'].map((model) => partOf(model, 32))).toEqual([
    // Of SHA-256 the first four bytes, modulo 32.
    13, 30, 5,
  ])
})

test('who was assigned a partition owns its models, and nobody without an assignment', () => {
  let assigned = new Set([partOf('fraud', 32)])
  const owns = ownsPartitions(
    () => 32,
    () => assigned,
  )
  expect(owns('fraud')).toBe(true)
  assigned = new Set()
  expect(owns('fraud')).toBe(false)
  expect(
    ownsPartitions(
      () => 0,
      () => new Set([0]),
    )('fraud'),
  ).toBe(false)
})
