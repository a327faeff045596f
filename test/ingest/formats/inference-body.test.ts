import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Message, PureDecoder } from '../../../ingest/formats/decoder.ts'
import { createMlflowDecoder } from '../../../ingest/formats/mlflow.ts'
import {
  requestRows,
  responseRows,
  tensorFeatures,
} from '../../../ingest/formats/inference-body.ts'
import { plainOptions } from '../../../ingest/formats/options.ts'
import { createSagemakerDecoder } from '../../../ingest/formats/sagemaker.ts'
import { createSeldonV1Decoder } from '../../../ingest/formats/seldon-v1.ts'
import { createSeldonV2Decoder } from '../../../ingest/formats/seldon-v2.ts'
import { valuesOf } from '../../support/halves.ts'
import { encodeInferRequest } from '../../support/infer-protobuf.ts'
import { wireMessage } from '../../support/wire-messages.ts'

test('a tensor of several columns beside others is a list in every row, as embeddings are', () => {
  const tensors = [
    { name: 'comment', datatype: 'BYTES', shape: [2], data: ['a', 'b'] },
    { name: 'vector', datatype: 'FP32', shape: [2, 3], data: [1, 2, 3, 4, 5, 6] },
  ]
  expect(tensorFeatures(tensors, [])).toEqual([
    { comment: 'a', vector: [1, 2, 3] },
    { comment: 'b', vector: [4, 5, 6] },
  ])
})

const names = ['age', 'fee', 'visits']
type Table = number[][]
const anyTable = fc
  .array(fc.tuple(fc.integer({ min: -1000, max: 1000 }), fc.integer(), fc.integer()), {
    minLength: 1,
    maxLength: 20,
  })
  .map((rows) => rows.map((row) => [...row]))

const objects = (table: Table) =>
  table.map((row) => Object.fromEntries(names.map((name, i) => [name, row[i]!])))
const columns = (table: Table) =>
  Object.fromEntries(names.map((name, i) => [name, table.map((row) => row[i]!)]))

const options = { features: names, halves: 'requests', model: 'm' } as const
const mlflow = createMlflowDecoder({ ...plainOptions('mlflow'), ...options })
const sagemaker = createSagemakerDecoder({ ...plainOptions('sagemaker'), ...options })
const seldonV1 = createSeldonV1Decoder({ ...plainOptions('seldon-v1'), ...options })
const seldonV2 = createSeldonV2Decoder({ ...plainOptions('seldon-v2'), ...options })

const tableRow = (request: object): Message =>
  wireMessage({ status_code: 500, request: JSON.stringify(request) })
const capture = (data: string, encoding: string): Message =>
  wireMessage({ captureData: { endpointInput: { data, encoding } } })
const seldonHeaders = { type: 'io.seldon.serving.inference.request', requestid: 'r' }
const topic = 'seldon.default.model.m.inputs'
const tensors = (table: Table) =>
  names.map((name, i) => ({
    name,
    datatype: 'INT64',
    shape: [table.length, 1],
    data: table.map((row) => row[i]!),
  }))

const wireForms: { name: string; decoder: PureDecoder; encode: (table: Table) => Message }[] = [
  {
    name: 'dataframe_split',
    decoder: mlflow,
    encode: (table) => tableRow({ dataframe_split: { columns: names, data: table } }),
  },
  {
    name: 'dataframe_records',
    decoder: mlflow,
    encode: (table) => tableRow({ dataframe_records: objects(table) }),
  },
  { name: 'instances', decoder: mlflow, encode: (table) => tableRow({ instances: table }) },
  {
    name: 'inputs by column',
    decoder: mlflow,
    encode: (table) => tableRow({ inputs: columns(table) }),
  },
  {
    name: 'captured CSV',
    decoder: sagemaker,
    encode: (table) => capture(table.map((row) => row.join(',')).join('\n'), 'CSV'),
  },
  {
    name: 'captured JSON lines',
    decoder: sagemaker,
    encode: (table) =>
      capture(table.map((features) => JSON.stringify({ features })).join('\n'), 'JSON'),
  },
  {
    name: 'ndarray',
    decoder: seldonV1,
    encode: (ndarray) => wireMessage({ data: { ndarray } }, { headers: seldonHeaders }),
  },
  {
    name: 'tensor of Seldon',
    decoder: seldonV1,
    encode: (table) =>
      wireMessage(
        { data: { names, tensor: { shape: [table.length, 3], values: table.flat() } } },
        { headers: seldonHeaders },
      ),
  },
  {
    name: 'JSON tensors',
    decoder: seldonV2,
    encode: (table) => wireMessage({ id: 'r', inputs: tensors(table) }, { topic }),
  },
  {
    name: 'one tensor in protobuf',
    decoder: seldonV2,
    encode: (table) =>
      wireMessage(
        encodeInferRequest({
          id: 'r',
          inputs: [
            {
              name: 'x',
              datatype: 'INT64',
              shape: [table.length, 3],
              contents: { int64Contents: table.flat() },
            },
          ],
        }),
        { topic },
      ),
  },
]

test.each(wireForms)('a table is the same rows again from $name', ({ decoder, encode }) => {
  fc.assert(
    fc.property(anyTable, (table) => {
      const read = valuesOf(decoder.decode(encode(table)))
      expect(read.map((event) => (event as { features: unknown }).features)).toEqual(objects(table))
    }),
  )
})

test.each(wireForms)(
  'whatever is broken off $name is decoded or refused',
  ({ decoder, encode }) => {
    const whole = encode([
      [1, 2, 3],
      [4, 5, 6],
    ])
    const value = whole.value!
    for (let end = 0; end < value.length; end++) {
      const { kind } = decoder.decode({ ...whole, value: value.subarray(0, end) })
      expect(['records', 'rejected', 'skipped']).toContain(kind)
    }
  },
)

test('any JSON is rows or a reason why not, with no more rows than its text could hold', () => {
  fc.assert(
    fc.property(
      fc.jsonValue(),
      fc.constantFrom('inputs', 'instances', 'predictions'),
      (value, key) => {
        for (const body of [value, { [key]: value }]) {
          const outputs = plainOptions('mlflow').outputs
          const limit = JSON.stringify(body).length
          for (const rows of [requestRows(body, names), responseRows(body, outputs)]) {
            if (typeof rows !== 'string') expect(rows.length).toBeLessThanOrEqual(limit)
          }
        }
      },
    ),
  )
})

test('members that look like methods are values like any other', () => {
  const odd = { toString: 1, valueOf: 1 }
  expect(requestRows({ dataframe_split: { columns: [odd], data: [[1]] } }, names)).toMatch(/name/)
  expect(requestRows([{ a: odd }, [odd]], names)).toEqual([{ a: odd }, { age: odd }])
  for (const data of [
    { names: [odd], ndarray: [[1]] },
    { tensor: { shape: [odd], values: [1] } },
  ]) {
    const message = wireMessage({ data }, { headers: seldonHeaders })
    expect(seldonV1.decode(message)).toMatchObject({ kind: 'rejected' })
  }
  const row = { request: odd, logging_error_codes: [odd], status_code: odd, request_time: odd }
  expect(mlflow.decode(wireMessage(row))).toMatchObject({ kind: 'rejected' })
})

test('more rows than a request can have are refused, whatever they are called', () => {
  const rows = Array.from({ length: 100_001 }, () => 0)
  const problem = 'more than 100000 rows'
  const { outputs } = plainOptions('mlflow')
  expect(requestRows(rows, names)).toBe(problem)
  expect(requestRows({ inputs: { a: rows } }, names)).toBe(problem)
  expect(requestRows({ dataframe_split: { columns: [], data: rows } }, names)).toBe(problem)
  expect(responseRows({ predictions: rows }, outputs)).toBe(problem)
})

test('a value that a tensor has not is missing, as null is', () => {
  const bytes = encodeInferRequest({
    id: 'r',
    inputs: [{ name: 'x', datatype: 'FP32', shape: [2], contents: { fp32Contents: [1, NaN] } }],
  })
  expect(valuesOf(seldonV2.decode(wireMessage(bytes, { topic })))).toMatchObject([
    { features: { x: 1 } },
    { features: { x: null } },
  ])
})

test('a message whose first bytes could begin JSON is still protobuf', () => {
  // The tag of the model's name is a line feed, and a length of 123 is a brace.
  const bytes = encodeInferRequest({
    modelName: 'm'.repeat(123),
    id: 'r',
    inputs: [{ name: 'x', datatype: 'INT64', shape: [1], contents: { int64Contents: [7] } }],
  })
  expect(bytes.subarray(0, 2).toString()).toBe('\n{')
  expect(valuesOf(seldonV2.decode(wireMessage(bytes, { topic })))).toMatchObject([
    { features: { x: 7 } },
  ])
})
