import { expect, test } from 'vitest'
import { createMlflowDecoder } from '../../../ingest/formats/mlflow.ts'
import { plainOptions } from '../../../ingest/formats/options.ts'
import { valuesOf } from '../../support/halves.ts'
import { sentAt, storedMessage, wireMessage } from '../../support/wire-messages.ts'

const decoder = createMlflowDecoder(plainOptions('mlflow'))
const decode = (path: string) => valuesOf(decoder.decode(storedMessage(`mlflow/${path}`)))

test('rows of the older tables: a data frame becomes events, a failure an event with an error', () => {
  expect(decode('legacy.jsonl')).toEqual([
    {
      model: 'main.ml.churn',
      version: '7',
      id: '4ea8b4b5-6a0a-4b64-9f0e-7d1f6f1a9c10#0',
      ts: 1763202645123,
      features: { age: 31, plan: 'pro' },
      prediction: 0.2,
      latency_ms: 42,
      error: null,
      tags: { sampling_fraction: '0.5' },
    },
    expect.objectContaining({ features: { age: 45, plan: 'free' }, prediction: 0.8 }),
    {
      model: 'main.ml.churn',
      version: '7',
      id: 'order-9',
      ts: 1763202646123,
      features: { age: 31 },
      latency_ms: 3,
      error: 'HTTP 400',
      tags: { sampling_fraction: '1' },
    },
  ])
})

test('rows of the gateway tables, with columns by name; the requester is not stored', () => {
  const read = decode('ai-gateway.jsonl')
  expect(read).toMatchObject([
    {
      version: '8d5a2e1f',
      id: 'order-10#0',
      ts: Date.UTC(2026, 5, 1, 8, 0, 0, 250),
      features: { age: 31, plan: 'pro' },
      prediction: 'stay',
      latency_ms: 17,
    },
    { id: 'order-10#1', features: { age: 45, plan: 'free' }, prediction: 'leave' },
  ])
  expect(JSON.stringify(read)).not.toContain('someone@example.com')
})

const row = (request: unknown, response: unknown, more: object = {}) => ({
  databricks_request_id: 'r',
  status_code: 200,
  request: JSON.stringify(request),
  response: JSON.stringify(response),
  ...more,
})
const values = (body: unknown) => valuesOf(decoder.decode(wireMessage(body)))

test.each([
  {
    name: 'records',
    request: { dataframe_records: [{ a: 1 }, { a: 2 }] },
    response: { predictions: [{ label: 'x', score: 0.9 }, { label: 'y', score: 0.6 }] }, // prettier-ignore
    read: [
      { features: { a: 1 }, prediction: 'x', score: 0.9 },
      { features: { a: 2 }, prediction: 'y', score: 0.6 },
    ],
  },
  {
    name: 'instances',
    request: { instances: [[1, 2]] },
    response: { predictions: [[0.2, 0.8]] },
    read: [{ prediction: '1', score: { 0: 0.2, 1: 0.8 } }],
  },
  {
    name: 'inputs as rows',
    request: { inputs: [{ a: 1 }] },
    response: { predictions: [3] },
    read: [{ features: { a: 1 }, prediction: 3 }],
  },
  {
    name: 'inputs as one row of named values',
    request: { inputs: { a: 1, b: 'x' } },
    response: { predictions: 3 },
    read: [{ features: { a: 1, b: 'x' }, prediction: 3 }],
  },
  {
    name: 'predictions as columns',
    request: { dataframe_records: [{ a: 1 }, { a: 2 }] },
    response: { predictions: { label: ['x', 'y'], score: [0.9, 0.6] } },
    read: [
      { prediction: 'x', score: 0.9 },
      { prediction: 'y', score: 0.6 },
    ],
  },
  {
    name: 'inputs as tensors of the Open Inference Protocol',
    request: { inputs: [{ name: 'a', datatype: 'INT64', shape: [2], data: [1, 2] }] },
    response: { outputs: [{ name: 'predict', datatype: 'INT64', shape: [2], data: [0, 1] }] },
    read: [
      { features: { a: 1 }, prediction: 0 },
      { features: { a: 2 }, prediction: 1 },
    ],
  },
])('reads $name', ({ request, response, read }) => {
  expect(values(row(request, response))).toMatchObject(read)
})

test('payloads that an exporter has parsed, numbers that it has quoted, a time with a zone set', () => {
  const local = createMlflowDecoder({ ...plainOptions('mlflow'), timeZone: '+02:00' })
  const body = {
    databricks_request_id: 'r',
    status_code: '200',
    execution_duration_ms: '17',
    request_time: '2026-06-01 10:00:00.250',
    request: { dataframe_records: [{ a: 1 }] },
    response: { predictions: [1] },
  }
  expect(valuesOf(local.decode(wireMessage(body)))).toMatchObject([
    { ts: Date.UTC(2026, 5, 1, 8, 0, 0, 250), latency_ms: 17, error: null, prediction: 1 },
  ])
})

test('a row without a time is of the instant it was sent', () => {
  expect(values(row({ inputs: [1] }, { predictions: [1] }))).toMatchObject([{ ts: sentAt }])
})

test.each([
  { name: 'a row without a request', body: { status_code: 200 }, detail: /request: no JSON/ },
  {
    name: 'a payload that was too large, with what the table says of it',
    body: { request: null, logging_error_codes: ['MAX_REQUEST_SIZE_EXCEEDED'] },
    detail: /MAX_REQUEST_SIZE_EXCEEDED/,
  },
  {
    name: 'data that does not fit its columns',
    body: row({ dataframe_split: { columns: ['a', 'b'], data: [[1]] } }, {}),
    detail: /row 0 has not the 2 values/,
  },
  {
    name: 'columns of different lengths',
    body: row({ inputs: { a: [1, 2], b: [1] } }, {}),
    detail: /not of one length/,
  },
  {
    name: 'a value beside columns, which would stand for every row',
    body: row({ inputs: { a: [1, 2], b: 1 } }, {}),
    detail: /not of one length/,
  },
  {
    name: 'fewer predictions than rows',
    body: row({ inputs: [1, 2] }, { predictions: [1] }),
    detail: /2 rows, its response 1/,
  },
  {
    name: 'a time that is none',
    body: row({ inputs: [1] }, { predictions: [1] }, { request_time: 'noon' }),
    detail: /time/,
  },
])('refuses $name', ({ body, detail }) => {
  expect(decoder.decode(wireMessage(body))).toMatchObject({
    kind: 'rejected',
    rejection: { detail: expect.stringMatching(detail) as unknown },
  })
})
