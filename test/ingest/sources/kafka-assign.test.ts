import fc from 'fast-check'
import { expect, test } from 'vitest'
import { assignPartitions } from '../../../ingest/sources/kafka-assign.ts'

const topics = ['a', 'b', 'c']
const members = fc.uniqueArray(
  fc.record({ id: fc.stringMatching(/^[a-z]{1,4}$/), topics: fc.subarray(topics) }),
  { minLength: 1, maxLength: 6, selector: ({ id }) => id },
)
const partitions = fc
  .array(fc.nat(9), { minLength: 3, maxLength: 3 })
  .map(
    (counts) =>
      new Map(topics.map((topic, i) => [topic, Array.from({ length: counts[i]! }, (_, p) => p)])),
  )

test('every partition goes to exactly one member that subscribes to its topic, if there is any', () => {
  fc.assert(
    fc.property(members, partitions, (group, all) => {
      const shares = assignPartitions(group, all)
      expect([...shares.keys()].sort()).toEqual(group.map(({ id }) => id).sort())
      for (const [topic, numbers] of all) {
        const given = group.flatMap((m) => {
          const own = shares.get(m.id)?.get(topic) ?? []
          if (!m.topics.includes(topic)) expect(own).toEqual([])
          return own
        })
        const wanted = group.some((m) => m.topics.includes(topic)) ? numbers : []
        expect([...given].sort((a, b) => a - b)).toEqual(wanted)
      }
    }),
  )
})

test('members with the same subscription differ by one partition at most', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 7 }), partitions, (count, all) => {
      const group = Array.from({ length: count }, (_, i) => ({ id: `m${i}`, topics }))
      const sizes = [...assignPartitions(group, all).values()].map((own) =>
        [...own.values()].reduce((sum, list) => sum + list.length, 0),
      )
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1)
    }),
  )
})

test('the outcome does not depend on the order in which members are told', () => {
  const group = ['b', 'a', 'c'].map((id) => ({ id, topics }))
  const all = new Map([['a', [2, 0, 1]]])
  expect(assignPartitions(group, all)).toEqual(assignPartitions([...group].reverse(), all))
})
