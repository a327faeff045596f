import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { plainOptions } from '../../../ingest/formats/options.ts'
import { createSagemakerDecoder } from '../../../ingest/formats/sagemaker.ts'
import { valuesOf } from '../../support/halves.ts'
import { sentAt, storedMessage, wireMessage } from '../../support/wire-messages.ts'

const options = {
  ...plainOptions('sagemaker'),
  model: 'diabetes',
  features: ['pregnancies', 'glucose', 'pressure'],
}
const decoder = createSagemakerDecoder(options)
const decode = (path: string) => valuesOf(decoder.decode(storedMessage(`sagemaker/${path}`)))

test('CSV rows are events, with a line of numbers as an output each', () => {
  expect(decode('csv.jsonl')).toEqual([
    {
      model: 'diabetes',
      version: '',
      id: '4651a1bf-4b00-4248-a309-4a18b11e4277#0',
      ts: Date.UTC(2025, 10, 15, 10, 30, 45),
      features: { pregnancies: 6, glucose: 148, pressure: 72 },
      prediction: 0.627,
      latency_ms: null,
      error: null,
      tags: {},
    },
    expect.objectContaining({
      id: '4651a1bf-4b00-4248-a309-4a18b11e4277#1',
      features: { pregnancies: 1, glucose: 85, pressure: 66 },
      prediction: 0.351,
    }),
  ])
})

test('the id that the caller chose names the event; instances may wrap their features', () => {
  expect(decode('json.jsonl')).toMatchObject([
    {
      id: 'order-77#0',
      features: { pregnancies: 31, glucose: 1.5 },
      prediction: 1,
      score: 0.83,
    },
    { id: 'order-77#1', prediction: 0, score: 0.12 },
  ])
})

test('payloads in BASE64 are read by their content type', () => {
  expect(decode('base64.jsonl')).toMatchObject([
    { id: 'c3d4', features: { pregnancies: 31, glucose: 'pro' }, prediction: 1 },
  ])
})

const record = (
  input: object | undefined,
  output?: object,
  metadata: object = { eventId: 'e' },
) => ({
  captureData: { endpointInput: input, endpointOutput: output },
  eventMetadata: metadata,
  eventVersion: '0',
})
const json = (data: unknown) => ({
  observedContentType: 'application/json',
  data: JSON.stringify(data),
  encoding: 'JSON',
})
const csv = (data: string) => ({ observedContentType: 'text/csv', data, encoding: 'CSV' })
const values = (body: unknown) => valuesOf(decoder.decode(wireMessage(body)))

test.each([
  {
    name: 'one row of three classes is not three rows',
    body: record(csv('1,2,3'), csv('0.7,0.2,0.1')),
    read: [{ prediction: '0', score: { 0: 0.7, 1: 0.2, 2: 0.1 } }],
  },
  {
    name: 'an object without a wrapper is one row',
    body: record(json({ age: 31, plan: 'pro' }), json({ prediction: 'leave' })),
    read: [{ features: { age: 31, plan: 'pro' }, prediction: 'leave' }],
  },
  {
    name: 'JSON lines are a row each',
    body: record(
      { ...json(''), data: '{"features":[1,2,3]}\n{"features":[4,5,6]}' },
      { ...json(''), data: '{"predicted_label":0}\n{"predicted_label":1}' },
    ),
    read: [
      { features: { pregnancies: 1, glucose: 2, pressure: 3 }, prediction: 0 },
      { features: { pregnancies: 4, glucose: 5, pressure: 6 }, prediction: 1 },
    ],
  },
  {
    name: 'a data frame of a container of MLflow',
    body: record(json({ dataframe_split: { columns: ['a'], data: [[1]] } }), json([0.5])),
    read: [{ features: { a: 1 }, prediction: 0.5 }],
  },
  {
    name: 'an input alone gives features without an output',
    body: record(csv('1,2,3')),
    read: [{ features: { pregnancies: 1 }, error: null }],
  },
  {
    name: 'an output alone gives an output without features',
    body: record(undefined, json({ predictions: ['yes'] })),
    read: [{ features: {}, prediction: 'yes' }],
  },
])('$name', ({ body, read }) => {
  expect(values(body)).toMatchObject(read)
})

test('a record without a time is of the instant it was sent, one without an id takes its place', () => {
  const [event] = values(record(csv('1'), undefined, {}))
  expect(event).toMatchObject({ ts: sentAt })
  expect(event).not.toHaveProperty('id')
})

test('a bad line costs only itself', () => {
  const good = readFileSync(
    new URL('../../fixtures/formats/sagemaker/base64.jsonl', import.meta.url),
    'utf8',
  )
  const read = valuesOf(decoder.decode(wireMessage(`${good}{"captureData":\n${good}`)))
  expect(read).toMatchObject([{ id: 'c3d4' }, '{"captureData":', { id: 'c3d4' }])
})

test.each([
  { name: 'no record of Data Capture', body: { a: 1 }, reason: 'invalid_row' },
  { name: 'no JSON', body: '{', reason: 'invalid_json' },
  { name: 'no UTF-8', body: Buffer.from([0xff, 0xfe]), reason: 'invalid_encoding' },
  {
    name: 'a time that is none',
    body: record(csv('1'), undefined, { inferenceTime: 'noon' }),
    reason: 'invalid_timestamp',
  },
  {
    name: 'more outputs than inputs',
    body: record(csv('1\n2'), json({ predictions: [1, 2, 3] })),
    reason: 'invalid_row',
  },
  {
    name: 'an image',
    body: record({ observedContentType: 'image/png', data: 'aGk=', encoding: 'BASE64' }),
    reason: 'invalid_row',
  },
  { name: 'neither side', body: record(undefined), reason: 'invalid_row' },
])('refuses $name', ({ body, reason }) => {
  expect(decoder.decode(wireMessage(body))).toMatchObject({
    kind: 'rejected',
    rejection: { reason },
  })
})
