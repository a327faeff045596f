import { expect, test } from 'vitest'
import { matchedTopics, missingTopics } from '../../../ingest/sources/kafka-topics.ts'

const source = (from: { topic: string } | { pattern: string }, decoding = 'auto') => ({
  cluster: 'main',
  decoding,
  backfill: false,
  start: 'earliest' as const,
  ...from,
})

test('a pattern matches whole names, and none of those that belong to Kafka', () => {
  const topics = [
    'seldon.a.inputs',
    'seldon.a.inputs.old',
    'my-seldon.a.inputs',
    '__consumer_offsets',
  ]
  expect([...matchedTopics(topics, [source({ pattern: 'seldon\\..*\\.inputs' })]).keys()]).toEqual([
    'seldon.a.inputs',
  ])
  expect([...matchedTopics(topics, [source({ pattern: '.*' })]).keys()]).not.toContain(
    '__consumer_offsets',
  )
  expect([...matchedTopics(['a', 'ab'], [source({ pattern: 'x|a' })]).keys()]).toEqual(['a'])
})

test('a name with dots is no pattern', () => {
  expect(matchedTopics(['a.b', 'axb'], [source({ topic: 'a.b' })]).size).toBe(1)
})

test('of several entries the first that matches says how a topic is read', () => {
  const found = matchedTopics(
    ['a', 'b'],
    [source({ topic: 'b' }, 'native'), source({ pattern: '.*' }, 'kserve')],
  )
  expect([...found].map(([topic, { decoding }]) => [topic, decoding])).toEqual([
    ['a', 'kserve'],
    ['b', 'native'],
  ])
})

test('only names can be missing', () => {
  expect(
    missingTopics(
      ['a'],
      [source({ topic: 'a' }), source({ topic: 'b' }), source({ pattern: 'c' })],
    ),
  ).toEqual(['b'])
})
