import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { createMapping } from '../../../ingest/formats/mapping.ts'
import type { Mapping } from '../../../ingest/formats/mapped-fields.ts'
import { plainOptions, type DecodingOptions } from '../../../ingest/formats/options.ts'

const base = plainOptions('mapping')

function mapped(mapping: Mapping, value: unknown, options: Partial<DecodingOptions> = {}) {
  const decoded = createMapping(mapping, { ...base, ...options })(value)
  if (decoded.kind !== 'records') return decoded
  return decoded.records.map((record) => ('value' in record ? record.value : record.text))
}

test('a message becomes an event, and what is not there is missing', () => {
  const mapping: Mapping = {
    model: '/m',
    version: '/v',
    id: '/request/id',
    ts: '/at',
    features: { amount: '/body/amount', 'first tag': '/body/tags/0', gone: '/body/gone/deeper' },
    prediction: '/answer/label',
    score: '/answer/p',
    latencyMs: { pointer: '/took', unit: 's' },
    variant: { value: 'canary' },
    tags: { region: '/where', team: { value: 'risk' } },
    error: '/error',
  }
  const message = {
    m: 'fraud',
    v: 7,
    request: { id: 'r-1' },
    at: '2026-11-20T21:00:00.5Z',
    body: { amount: 12.5, tags: ['a', 'b'] },
    answer: { label: '1', p: 0.83 },
    took: 0.25,
    where: 'eu',
    error: null,
  }
  expect(mapped(mapping, message)).toEqual([
    {
      model: 'fraud',
      version: 7,
      variant: 'canary',
      id: 'r-1',
      ts: Date.parse('2026-11-20T21:00:00.500Z'),
      features: { amount: 12.5, 'first tag': 'a' },
      prediction: '1',
      score: 0.83,
      latency_ms: 250,
      tags: { region: 'eu', team: 'risk' },
      error: null,
    },
  ])
})

test('rows of a table that Vertex AI logs to BigQuery become an event each', () => {
  const row = readFileSync('test/fixtures/formats/mapping/vertex-row.json', 'utf8')
  const mapping: Mapping = {
    rows: { instance: '/request_payload', answer: '/response_payload' },
    parse: ['instance', 'answer'],
    model: { value: 'fraud' },
    version: '/deployed_model_id',
    id: '/request_id',
    ts: '/logging_time',
    features: { '*': 'instance' },
    score: 'answer/scores',
    classes: 'answer/classes',
    tags: { endpoint: '/endpoint' },
  }
  const facts = {
    model: 'fraud',
    version: '789',
    ts: Date.parse('2026-11-20T21:00:00.123Z'),
    tags: { endpoint: 'projects/123/locations/europe-west1/endpoints/456' },
  }
  expect(mapped(mapping, JSON.parse(row))).toEqual([
    {
      ...facts,
      id: '9007199254740000#0',
      features: { amount: 12.5, country: 'DE' },
      prediction: 'ok',
      score: { ok: 0.9, fraud: 0.1 },
    },
    {
      ...facts,
      id: '9007199254740000#1',
      features: { amount: 99, country: 'FR' },
      prediction: 'fraud',
      score: { ok: 0.2, fraud: 0.8 },
    },
  ])
})

test.each<{ name: string; at: Mapping['ts']; found: unknown; ts: unknown; zone?: string }>([
  { name: 'milliseconds', at: '/t', found: 1_700_000_000_123, ts: 1_700_000_000_123 },
  {
    name: 'seconds with a fraction',
    at: { pointer: '/t', unit: 's' },
    found: 1_700_000_000.123,
    ts: 1_700_000_000_123,
  },
  {
    name: 'microseconds',
    at: { pointer: '/t', unit: 'us' },
    found: 1_700_000_000_123_999,
    ts: 1_700_000_000_123,
  },
  {
    name: 'nanoseconds as text, for they are no exact number',
    at: { pointer: '/t', unit: 'ns' },
    found: '1700000000123456789',
    ts: 1_700_000_000_123,
  },
  {
    name: 'ISO 8601 whatever the unit of numbers is',
    at: { pointer: '/t', unit: 's' },
    found: '2023-11-14T22:13:20Z',
    ts: 1_700_000_000_000,
  },
  {
    name: 'a local time in the zone of the decoding',
    at: '/t',
    found: '2023-11-14 23:13:20',
    ts: 1_700_000_000_000,
    zone: 'Europe/Berlin',
  },
  {
    name: 'a local time without a zone, which the reader of events refuses by name',
    at: '/t',
    found: '2023-11-14 23:13:20',
    ts: '2023-11-14 23:13:20',
  },
  { name: 'something else', at: '/t', found: [1], ts: [1] },
  { name: 'nothing', at: '/t', found: null, ts: undefined },
])('a time can be $name', ({ at, found, ts, zone = null }) => {
  const mapping: Mapping = { prediction: '/p', ...(at === undefined ? {} : { ts: at }) }
  expect(mapped(mapping, { p: 1, t: found }, { model: 'm', timeZone: zone })).toEqual([
    { model: 'm', prediction: 1, ...(ts === undefined ? {} : { ts }) },
  ])
})

test('all members of an object are features, and a name given in full has the last word', () => {
  const mapping: Mapping = { features: { '*': '/f', 'user.*': '/u', b: '/other' } }
  const message = JSON.parse('{"f":{"a":1,"b":2,"__proto__":3},"u":{"age":4},"other":5}') as unknown
  const [event] = mapped(mapping, message, { model: 'm' }) as [{ features: object }]
  expect(Object.entries(event.features)).toEqual([
    ['a', 1],
    ['b', 5],
    ['__proto__', 3],
    ['user.age', 4],
  ])
  expect(Object.getPrototypeOf(event.features)).toBe(Object.prototype)
})

test('entries of a list are features by the names of the columns', () => {
  const mapping: Mapping = { rows: { x: '/instances' }, features: { '*': 'x' } }
  const message = { instances: [[1, 'a', true]] }
  expect(mapped(mapping, message, { model: 'm', features: ['age', 'plan'] })).toEqual([
    { model: 'm', features: { age: 1, plan: 'a', '2': true } },
  ])
})

test('what a message inherits and does not hold is not found', () => {
  const mapping: Mapping = {
    prediction: '/p',
    features: { a: '/constructor/name', b: '/list/length', c: '/toString' },
  }
  expect(mapped(mapping, { p: 1, list: [1] }, { model: 'm' })).toEqual([
    { model: 'm', prediction: 1 },
  ])
})

test('slashes and tildes in names are written as in RFC 6901', () => {
  const mapping: Mapping = { features: { a: '/x~1y', b: '/m~0n', c: '/~01' } }
  expect(mapped(mapping, { 'x/y': 1, 'm~n': 2, '~1': 3 }, { model: 'm' })).toEqual([
    { model: 'm', features: { a: 1, b: 2, c: 3 } },
  ])
})

test('a message may bring the truth beside the event, or alone', () => {
  const mapping: Mapping = {
    model: { value: 'm' },
    id: '/id',
    prediction: '/p',
    label: { id: '/about', label: '/truth', ts: '/known' },
  }
  const label = { type: 'label', model: 'm', id: 'r', label: 1, ts: 5 }
  const event = { model: 'm', id: 'x', prediction: 0 }
  expect(mapped(mapping, { id: 'x', p: 0 })).toEqual([event])
  expect(mapped(mapping, { about: 'r', truth: 1, known: 5 })).toEqual([label])
  expect(mapped(mapping, { id: 'x', p: 0, about: 'r', truth: 1, known: 5 })).toEqual([event, label])
})

test.each([
  ['prediction', true],
  [2, true],
  ['2', false],
  [null, false],
  [undefined, false],
])('a message whose kind is %j is read: %j', (kind, read) => {
  const mapping: Mapping = {
    when: { pointer: '/kind', equals: ['prediction', 2] },
    model: { value: 'm' },
    prediction: '/p',
  }
  expect(mapped(mapping, { kind, p: 1 })).toEqual(
    read ? [{ model: 'm', prediction: 1 }] : { kind: 'skipped', reason: 'not_inference' },
  )
})

test('what the decoding says of model, version and variant stands instead of the message', () => {
  const mapping: Mapping = { model: '/m', version: '/v', variant: '/w', prediction: '/p' }
  const told = { model: 'a', version: 'b', variant: 'c' }
  expect(mapped(mapping, { m: 1, v: 2, w: 3, p: 4 }, told)).toEqual([{ ...told, prediction: 4 }])
})

test('texts that hold JSON are read first, those of the others first', () => {
  const mapping: Mapping = {
    parse: ['/outer', '/outer/inner', '/broken'],
    features: { a: '/outer/inner/a', broken: '/broken' },
    model: { value: 'm' },
  }
  const outer = JSON.stringify({ inner: JSON.stringify({ a: 1 }) })
  expect(mapped(mapping, { outer, broken: '{' })).toEqual([
    { model: 'm', features: { a: 1, broken: '{' } },
  ])
})

test.each<{ name: string; message: unknown; detail: string }>([
  { name: 'no list', message: { a: 1, b: [] }, detail: 'there is no list for the rows "a"' },
  {
    name: 'lists of two lengths',
    message: { a: [1, 2], b: [1] },
    detail: 'rows "b" are 1, rows "a" are 2',
  },
  {
    name: 'too many rows',
    message: { a: Array(100_001).fill(1), b: Array(100_001).fill(1) },
    detail: '100001 rows, at most 100000 are allowed',
  },
  {
    name: 'rows without anything that is mapped',
    message: { a: [1], b: [1] },
    detail: 'nothing of the mapping is in the message',
  },
])('a message with $name is refused', ({ message, detail }) => {
  const mapping: Mapping = { rows: { a: '/a', b: '/b' }, features: { x: 'a/x' } }
  expect(mapped(mapping, message, { model: 'm' })).toEqual({
    kind: 'rejected',
    rejection: { ok: false, reason: 'invalid_row', detail },
  })
})

test('a small message cannot become a million features', () => {
  const tags = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`t${i}`, { value: 'x' }]))
  const mapping: Mapping = { rows: { r: '/r' }, prediction: 'r', tags }
  expect(mapped(mapping, { r: Array(40_000).fill(1) }, { model: 'm' })).toMatchObject({
    kind: 'rejected',
    rejection: { reason: 'event_too_large' },
  })
})

test('a list above the rows does not come again with each of them without end', () => {
  const mapping: Mapping = { rows: { r: '/r' }, prediction: 'r', features: { all: '/r' } }
  const decoded = mapped(mapping, { r: Array(2000).fill(1) }, { model: 'm' })
  expect(decoded).toMatchObject({ rejection: { reason: 'event_too_large' } })
})

test('of a feature that nests its kind is kept, which the reader of events counts', () => {
  const mapping: Mapping = { features: { a: '/a', b: '/b', c: '/c' } }
  const message = { a: [1, [2]], b: { c: 1 }, c: [1, 2] }
  expect(mapped(mapping, message, { model: 'm' })).toEqual([
    { model: 'm', features: { a: [], b: {}, c: [1, 2] } },
  ])
})

test('a message without rows is nothing to count', () => {
  const mapping: Mapping = { rows: { r: '/r' }, prediction: 'r' }
  expect(mapped(mapping, { r: [] }, { model: 'm' })).toEqual({
    kind: 'skipped',
    reason: 'not_inference',
  })
})
