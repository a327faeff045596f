import { expect, test } from 'vitest'
import type { Half } from '../../../ingest/formats/decoder.ts'
import { joinHalves } from '../../../ingest/formats/join-halves.ts'
import { plainOptions } from '../../../ingest/formats/options.ts'
import { createSeldonV1Decoder } from '../../../ingest/formats/seldon-v1.ts'
import { halfOf, valuesOf } from '../../support/halves.ts'
import { sentAt, storedMessage, wireMessage } from '../../support/wire-messages.ts'

const options = plainOptions('seldon-v1')
const decoder = createSeldonV1Decoder(options)
const decode = (path: string) => decoder.decode(storedMessage(`seldon-v1/${path}`))

test('request and response of the Kafka logger make the events of one inference', () => {
  const request = halfOf(decode('kafka-request.json'), 'request')
  const response = halfOf(decode('kafka-response.json'), 'response')
  expect(request.pair).toBe('seldon/churn/classifier/d7ad9d0f-6c5c-4f6c-9b6a-0c1c1d3f0a51')
  expect(response.pair).toBe(request.pair)
  expect(valuesOf(joinHalves(request, response))).toMatchObject([
    {
      model: 'churn',
      variant: 'live',
      id: 'd7ad9d0f-6c5c-4f6c-9b6a-0c1c1d3f0a51#0',
      ts: sentAt,
      features: { age: 31, plan: 'pro' },
      prediction: '0',
      score: { 0: 0.9, 1: 0.1 },
      tags: { namespace: 'seldon' },
    },
    { features: { age: 45, plan: 'free' }, prediction: '1' },
  ])
})

test('a CloudEvent over HTTP tells its instant and the predictor; a tensor is rows', () => {
  expect(decode('http-request-tensor.json')).toMatchObject({
    half: {
      side: 'request',
      id: '9c1f6d6b-5a51-4f5d-86a7-0f0b7a3b9d10',
      ts: Date.UTC(2026, 10, 20, 21, 0, 0, 123),
      model: 'income',
      variant: 'canary',
      rows: [
        { a: 1, b: 2 },
        { a: 3, b: 4 },
      ],
    },
  })
})

test('feedback becomes a label for each row of its request', () => {
  const label = { type: 'label', model: 'churn', ts: Date.UTC(2026, 10, 21, 9) }
  expect(valuesOf(decode('http-feedback.json'))).toEqual([
    { ...label, id: 'd7ad9d0f-6c5c-4f6c-9b6a-0c1c1d3f0a51#0', label: 'no' },
    { ...label, id: 'd7ad9d0f-6c5c-4f6c-9b6a-0c1c1d3f0a51#1', label: 'yes' },
  ])
})

const send = (type: string, body: unknown) =>
  wireMessage(body, {
    headers: { type: `io.seldon.serving.${type}`, requestid: 'r', inferenceservicename: 'm' },
  })

test('feedback names the request it is about before its own; a reward alone is no label', () => {
  const truth = { data: { ndarray: [[3.5]] } }
  const read = decoder.decode(send('feedback', { response: { meta: { puid: 'first' } }, truth }))
  expect(valuesOf(read)).toMatchObject([{ id: 'first', label: 3.5 }])
  expect(decoder.decode(send('feedback', { reward: 1 }))).toEqual({
    kind: 'skipped',
    reason: 'not_inference',
  })
})

test.each<{ name: string; body: unknown; rows: Half['rows'] }>([
  { name: 'one plain list', body: { data: { ndarray: [1, 2] } }, rows: [{ a: 1 }, { a: 2 }] },
  {
    name: 'one plain list that is named',
    body: { data: { names: ['x', 'y'], ndarray: [1, 2] } },
    rows: [{ x: 1, y: 2 }],
  },
  {
    name: 'rows without names',
    body: { data: { ndarray: [[1, 'p']] } },
    rows: [{ a: 1, b: 'p' }],
  },
  { name: 'jsonData', body: { jsonData: { age: 31 } }, rows: [{ age: 31 }] },
  { name: 'strData', body: { strData: 'hello' }, rows: [{ a: 'hello' }] },
  {
    name: 'the Open Inference Protocol',
    body: { inputs: [{ name: 'x', shape: [2], datatype: 'FP32', data: [1, 2] }] },
    rows: [{ x: 1 }, { x: 2 }],
  },
  { name: 'the TensorFlow protocol', body: { instances: [[1, 2]] }, rows: [{ a: 1, b: 2 }] },
])('reads a request with $name', ({ body, rows }) => {
  const named = createSeldonV1Decoder({ ...options, features: ['a', 'b'] })
  const half = halfOf(named.decode(send('inference.request', body)), 'request')
  expect(half.rows).toEqual(rows)
})

test.each<{ name: string; body: unknown; rows: Half['rows'] }>([
  {
    name: 'classes by the names of the payload',
    body: { data: { names: ['no', 'yes'], ndarray: [[0.3, 0.7]] } },
    rows: [{ prediction: 'yes', score: { no: 0.3, yes: 0.7 } }],
  },
  {
    name: 'one number',
    body: { data: { names: [], ndarray: [[0.5]] } },
    rows: [{ prediction: 0.5 }],
  },
  { name: 'a text', body: { strData: 'spam' }, rows: [{ prediction: 'spam' }] },
  {
    name: 'the TensorFlow protocol',
    body: { predictions: [[0.25, 0.75]] },
    rows: [{ prediction: '1', score: { 0: 0.25, 1: 0.75 } }],
  },
  {
    name: 'the Open Inference Protocol',
    body: { outputs: [{ name: 'predict', shape: [1, 1], datatype: 'INT64', data: [1] }] },
    rows: [{ prediction: 1 }],
  },
])('reads a response with $name', ({ body, rows }) => {
  const half = halfOf(decoder.decode(send('inference.response', body)), 'response')
  expect(half.rows).toEqual(rows)
})

test('a failure is a response with an error', () => {
  const body = { status: { code: 500, reason: 'MICROSERVICE_INTERNAL_ERROR', status: 'FAILURE' } }
  const half = halfOf(decoder.decode(send('inference.response', body)), 'response')
  expect(half).toMatchObject({ rows: [], error: 'MICROSERVICE_INTERNAL_ERROR' })
})

test.each([
  {
    name: 'binary data',
    message: send('inference.request', { binData: 'AA==' }),
    detail: /binData/,
  },
  {
    name: 'a tensor whose shape lies',
    message: send('inference.request', { data: { tensor: { shape: [1e9, 2], values: [1] } } }),
    detail: /does not fit/,
  },
  {
    name: 'a tensor of negative sizes',
    message: send('inference.request', { data: { tensor: { shape: [-1, -1], values: [1] } } }),
    detail: /no list of sizes/,
  },
  { name: 'no JSON', message: send('inference.request', 'hello'), detail: /no JSON object/ },
  { name: 'another type', message: wireMessage({}), detail: /none of Seldon/ },
  {
    name: 'a request without an id',
    message: wireMessage({}, { headers: { type: 'io.seldon.serving.inference.request' } }),
    detail: /no requestid/,
  },
])('refuses $name', ({ message, detail }) => {
  expect(decoder.decode(message)).toMatchObject({
    kind: 'rejected',
    rejection: { detail: expect.stringMatching(detail) as unknown },
  })
})
