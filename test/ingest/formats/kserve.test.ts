import { expect, test } from 'vitest'
import type { Decoded } from '../../../ingest/formats/decoder.ts'
import { joinHalves } from '../../../ingest/formats/join-halves.ts'
import { createKserveDecoder } from '../../../ingest/formats/kserve.ts'
import { plainOptions, type DecodingOptions } from '../../../ingest/formats/options.ts'
import { sentAt, storedMessage, wireMessage } from '../../support/wire-messages.ts'

const decoding = (options: Partial<DecodingOptions> = {}) =>
  createKserveDecoder({ ...plainOptions('kserve'), ...options })

const stored = (path: string, options: Partial<DecodingOptions> = {}) =>
  decoding(options).decode(storedMessage(`kserve/${path}.json`))

const halfOf = (decoded: Decoded) => {
  if (decoded.kind !== 'half') throw new Error(`no half but ${JSON.stringify(decoded)}`)
  return decoded.half
}

function whole(request: Decoded, response: Decoded) {
  const [first, second] = [halfOf(request), halfOf(response)]
  if (first.side !== 'request' || second.side !== 'response') throw new Error('wrong sides')
  expect(first.pair).toBe(second.pair)
  const decoded = joinHalves(first, second)
  if (decoded.kind !== 'records') throw new Error(JSON.stringify(decoded))
  return decoded.records.map((record) => ('value' in record ? record.value : undefined))
}

const message = (body: unknown, more: Record<string, string> = {}) =>
  wireMessage(body, {
    headers: {
      'ce-specversion': '1.0',
      'ce-id': 'r-1',
      'ce-type': 'org.kubeflow.serving.inference.request',
      'ce-inferenceservicename': 'churn',
      ...more,
    },
  })

test('the halves of protocol v1 become an event a row, with the id of the request', () => {
  const features = ['sepal_length', 'sepal_width', 'petal_length', 'petal_width']
  const events = whole(stored('v1-request', { features }), stored('v1-response', { features }))
  expect(events).toEqual([
    expect.objectContaining({
      model: 'sklearn-iris',
      variant: 'live',
      id: '0009174a-24a8-4603-b098-09c8799950e9#0',
      ts: Date.UTC(2026, 10, 20, 21, 0, 0, 123),
      features: { sepal_length: 6.8, sepal_width: 2.8, petal_length: 4.8, petal_width: 1.4 },
      prediction: 1,
      tags: { namespace: 'team-a', 'x-tenant': 'acme' },
    }),
    expect.objectContaining({
      id: '0009174a-24a8-4603-b098-09c8799950e9#1',
      features: { sepal_length: 6, sepal_width: 3.4, petal_length: 4.5, petal_width: 1.6 },
      prediction: 1,
    }),
  ])
})

test('the halves of protocol v2 become events with the types and names of their tensors', () => {
  const outputs = { prediction: null, score: null, classes: ['stays', 'goes'] }
  const events = whole(stored('v2-request', { outputs }), stored('v2-response', { outputs }))
  expect(events).toEqual([
    expect.objectContaining({
      model: 'churn',
      version: '7',
      variant: 'canary',
      features: { age: 31, plan: 'pro', returning: true },
      prediction: 0,
      score: { stays: 0.8, goes: 0.2 },
    }),
    expect.objectContaining({
      features: { age: 45, plan: 'free', returning: false },
      prediction: 1,
      score: { stays: 0.1, goes: 0.9 },
    }),
  ])
})

test('over Kafka the columns of one nested tensor take the names that the decoding gives', () => {
  const half = halfOf(stored('v2-kafka-matrix-request', { features: ['a', 'b', 'c', 'd'] }))
  expect(half.pair).toBe(halfOf(stored('v2-response')).pair)
  expect(half.rows).toEqual([
    { a: 6.8, b: 2.8, c: 4.8, d: 1.4 },
    { a: 6, b: 3.4, c: 4.5, d: 1.6 },
  ])
})

test('an agent that sends no extensions needs only a model, and gives its time by arrival', () => {
  const half = halfOf(stored('v1-old-agent-request', { model: 'churn' }))
  expect(half).toMatchObject({ model: 'churn', variant: '', ts: sentAt, tags: {} })
  expect(half.rows).toEqual([{ age: 31, plan: 'pro' }])
})

test('a transformer is a model of its own, whose halves do not meet those of the predictor', () => {
  const body = { instances: [1] }
  const predictor = halfOf(decoding().decode(message(body, { 'ce-component': 'predictor' })))
  const transformer = halfOf(decoding().decode(message(body, { 'ce-component': 'transformer' })))
  expect([predictor.model, transformer.model]).toEqual(['churn', 'churn/transformer'])
  expect(transformer.pair).not.toBe(predictor.pair)
})

test('model, version and variant of the decoding stand instead of what the event says', () => {
  const options = { model: 'm', version: '3', variant: 'shadow' }
  expect(halfOf(stored('v2-response', options))).toMatchObject(options)
})

test('where only one side is logged, it is an event by itself and the other is skipped', () => {
  const requests = decoding({ halves: 'requests' })
  expect(requests.decode(message({ instances: [{ age: 31 }] }))).toEqual({
    kind: 'records',
    records: [{ value: expect.objectContaining({ id: 'r-1', features: { age: 31 } }) as unknown }],
  })
  expect(stored('v1-response', { halves: 'requests' }).kind).toBe('skipped')
  expect(stored('v1-response', { halves: 'responses' })).toMatchObject({
    kind: 'records',
    records: [{ value: { prediction: 1 } }, { value: { prediction: 1 } }],
  })
})

test('a response that tells an error makes events with that error and no output', () => {
  const response = message(
    { error: 'model is loading' },
    { 'ce-type': 'org.kubeflow.serving.inference.response' },
  )
  const [event] = whole(
    decoding().decode(message({ instances: [{ age: 31 }] })),
    decoding().decode(response),
  )
  expect(event).toMatchObject({ features: { age: 31 }, error: 'model is loading' })
  expect(event).not.toHaveProperty('prediction')
})

const tensor = (more: object) => ({
  inputs: [{ name: 'x', shape: [2], datatype: 'FP32', data: [1, 2], ...more }],
})

test.each<[string, unknown, string]>([
  ['a body that is no JSON', 'image bytes', 'invalid_json'],
  ['a body that is a list', [1], 'invalid_json'],
  ['a body of another interface', { prompt: 'hi' }, 'invalid_row'],
  ['a shape that claims a thousand million rows', tensor({ shape: [1e9] }), 'invalid_row'],
  ['a shape with a negative size', tensor({ shape: [-2, -1] }), 'invalid_row'],
  ['a shape whose product overflows', tensor({ shape: [2, 1e300] }), 'invalid_row'],
  ['fewer elements than the shape says', tensor({ data: [1] }), 'invalid_row'],
  [
    'data that nests without end',
    tensor({ data: JSON.parse(nested(20)) as unknown }),
    'invalid_row',
  ],
  ['tensors of unlike length', { inputs: [...tensor({}).inputs, { name: 'y', shape: [1], datatype: 'FP32', data: [1] }] }, 'invalid_row'], // prettier-ignore
  ['more rows than a message may have', { instances: Array(100_001).fill(1) }, 'invalid_row'],
])('%s is refused', (_, body, reason) => {
  expect(decoding().decode(message(body))).toMatchObject({
    kind: 'rejected',
    rejection: { reason },
  })
})

test('a tensor whose bytes follow the JSON is refused with what to do', () => {
  const head = JSON.stringify(tensor({ data: undefined, parameters: { binary_data_size: 8 } }))
  const body = Buffer.concat([Buffer.from(head), Buffer.alloc(8, 255)])
  expect(decoding().decode(message(body))).toMatchObject({
    rejection: { reason: 'invalid_encoding', detail: expect.stringContaining('JSON') as unknown },
  })
})

test('an event without an id cannot be paired and is refused', () => {
  expect(decoding().decode(message({ instances: [1] }, { 'ce-id': '' }))).toMatchObject({
    rejection: { reason: 'missing_id' },
  })
})

test('events of other types are skipped', () => {
  const other = message({}, { 'ce-type': 'org.kubeflow.serving.inference.feedback' })
  expect(decoding().decode(other)).toEqual({ kind: 'skipped', reason: 'not_inference' })
})

test('headers that cannot be tags are left out, and damaged metadata costs nothing', () => {
  const metadata = JSON.stringify({ 'X-Long': ['x'.repeat(300)], 'X-Ok': ['1', '2'], 'X-Odd': 7 })
  const tags = (text: string) =>
    halfOf(decoding().decode(message({ instances: [1] }, { 'ce-metadata': text }))).tags
  expect(tags(metadata)).toEqual({ 'x-ok': '1' })
  expect(tags('{broken')).toEqual({})
})

function nested(levels: number): string {
  return '['.repeat(levels) + '1,2' + ']'.repeat(levels)
}
