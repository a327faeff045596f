import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { createBentomlDecoder } from '../../../ingest/formats/bentoml.ts'
import { plainOptions } from '../../../ingest/formats/options.ts'
import { valuesOf } from '../../support/halves.ts'
import { storedMessage, wireMessage } from '../../support/wire-messages.ts'

const options = { ...plainOptions('bentoml'), model: 'iris', timeZone: 'Europe/Berlin' }
const decoder = createBentomlDecoder(options)
const values = (body: unknown, by = decoder) => valuesOf(by.decode(wireMessage(body)))
const fixture = (name: string) =>
  readFileSync(new URL(`../../fixtures/formats/bentoml/${name}`, import.meta.url), 'utf8')

test('lines of the data log are events at the local time of their zone', () => {
  const read = valuesOf(decoder.decode(storedMessage('bentoml/data.jsonl')))
  expect(read).toMatchObject([
    {
      model: 'iris',
      ts: Date.UTC(2026, 10, 20, 20, 0, 0, 123),
      features: { sepal_len: 5.1, sepal_wid: 3.5 },
      prediction: 0,
      tags: { request_id: '11643250120216374000' },
    },
    { features: { sepal_len: 6.2, sepal_wid: 2.9 }, prediction: 1 },
  ])
})

test('a schema line tells roles, model and version of the lines after it', () => {
  const line = {
    sepal_len: 5.1,
    pred: 0,
    species: 'setosa',
    timestamp: '2026-11-20T21:00:00',
    request_id: '1',
    event_id: 'e-1',
  }
  const named = createBentomlDecoder({ ...options, model: null })
  const body = fixture('schema.jsonl') + JSON.stringify(line)
  const ts = Date.UTC(2026, 10, 20, 20)
  expect(values(body, named)).toEqual([
    {
      model: 'iris_classifier',
      version: 'qo6pl6h6bwrvqasc',
      id: 'e-1',
      ts,
      features: { sepal_len: 5.1 },
      prediction: 0,
      tags: { request_id: '1' },
    },
    { type: 'label', model: 'iris_classifier', id: 'e-1', label: 'setosa', ts },
  ])
})

test('without a schema the options tell the roles', () => {
  const named = createBentomlDecoder({
    ...options,
    features: ['a'],
    outputs: { prediction: 'answer', score: 'sure', classes: [] },
  })
  const line = { a: 1, noise: 2, answer: 'x', sure: 0.9, target: null, request_id: 'None' }
  const [event, ...others] = values(line, named)
  expect(others).toEqual([])
  expect(event).toMatchObject({ features: { a: 1 }, prediction: 'x', score: 0.9, tags: {} })
  expect(event).not.toHaveProperty('id')
})

test('the rows of one request have ids of their own, the same each time they are sent', () => {
  const row = (a: number) => ({ a, pred: 1, request_id: '7', timestamp: '2026-11-20T21:00:00' })
  const lines = [row(1), row(2), row(1)].map((line) => JSON.stringify(line)).join('\n')
  const ids = values(lines).map((event) => (event as { id: string }).id)
  expect(new Set(ids).size).toBe(3)
  expect(ids.every((id) => /^7#[0-9a-f]{16}(\.1)?$/.test(id))).toBe(true)
  expect(values(lines)).toMatchObject(ids.map((id) => ({ id })))
  expect(values(row(2))).toMatchObject([{ id: ids[1] }])
})

test('a schema alone is nothing to count', () => {
  expect(decoder.decode(storedMessage('bentoml/schema.jsonl'))).toEqual({
    kind: 'skipped',
    reason: 'not_inference',
  })
})

test.each([
  { name: 'a line that is no object', body: '[1]', reason: 'not_an_object' },
  { name: 'a time that is none', body: { timestamp: 'noon' }, reason: 'invalid_timestamp' },
])('refuses $name', ({ body, reason }) => {
  expect(decoder.decode(wireMessage(body))).toMatchObject({ rejection: { reason } })
})

test('refuses a local time where no zone is set, and says what to set', () => {
  const unset = createBentomlDecoder({ ...options, timeZone: null })
  expect(unset.decode(wireMessage({ timestamp: '2026-11-20T21:00:00' }))).toMatchObject({
    rejection: {
      reason: 'invalid_timestamp',
      detail: expect.stringContaining('time_zone') as unknown,
    },
  })
})

test('a column named __proto__ is a column', () => {
  const [event] = values('{"__proto__": 1, "a": 2, "request_id": "1"}')
  const { features } = event as { features: object }
  expect(Object.entries(features)).toEqual([
    ['__proto__', 1],
    ['a', 2],
  ])
})
