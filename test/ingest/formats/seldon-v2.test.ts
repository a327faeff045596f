import { expect, test } from 'vitest'
import { joinHalves } from '../../../ingest/formats/join-halves.ts'
import { plainOptions } from '../../../ingest/formats/options.ts'
import { createSeldonV2Decoder } from '../../../ingest/formats/seldon-v2.ts'
import { encodeInferRequest } from '../../support/infer-protobuf.ts'
import { sentAt, storedMessage, wireMessage } from '../../support/wire-messages.ts'
import { halfOf } from '../../support/halves.ts'

const options = { ...plainOptions('seldon-v2'), features: ['a', 'b', 'c', 'd'] }
const decoder = createSeldonV2Decoder(options)
const decode = (path: string) => decoder.decode(storedMessage(`seldon-v2/${path}`))

test('the inputs of a model are features by the names that the decoding gives', () => {
  expect(decode('model-inputs.json')).toEqual({
    kind: 'half',
    half: {
      side: 'request',
      pair: 'seldon-mesh/income/income.model/cg5fm6nsd4tu6a3l5mog',
      id: 'cg5fm6nsd4tu6a3l5mog',
      ts: sentAt,
      model: 'income',
      version: '',
      variant: '',
      tags: { namespace: 'seldon-mesh', pipeline: 'income.model' },
      rows: [{ a: 1, b: 2, c: 3, d: 4 }],
    },
  })
})

test('inputs and outputs of one request make its event', () => {
  const request = halfOf(decode('model-inputs.json'), 'request')
  const response = halfOf(decode('model-outputs.json'), 'response')
  expect(response.pair).toBe(request.pair)
  expect(joinHalves(request, response)).toMatchObject({
    kind: 'records',
    records: [
      {
        value: {
          model: 'income',
          version: '1',
          id: 'cg5fm6nsd4tu6a3l5mog',
          features: { a: 1, b: 2, c: 3, d: 4 },
          prediction: 1,
        },
      },
    ],
  })
})

test('the JSON form of REST is read as well, a tensor a column', () => {
  expect(halfOf(decode('rest-inputs.json'), 'request').rows).toEqual([
    { sepal: 5.1, kind: 'a' },
    { sepal: 6.2, kind: 'b' },
  ])
})

test('raw contents and a topic prefix with dots', () => {
  const raw = Buffer.alloc(8)
  raw.writeFloatLE(2.5, raw.writeFloatLE(1.5))
  const message = wireMessage(
    encodeInferRequest({
      id: 'r1',
      inputs: [{ name: 'x', datatype: 'FP32', shape: [2, 1] }],
      rawInputContents: [raw.toString('base64')],
    }),
    { topic: 'eu.prod.seldon.default.pipeline.scoring.inputs' },
  )
  expect(halfOf(decoder.decode(message), 'request')).toMatchObject({
    id: 'r1',
    model: 'scoring',
    tags: { namespace: 'default' },
    rows: [{ x: 1.5 }, { x: 2.5 }],
  })
})

test('errors are skipped, wherever they come', () => {
  const skip = { kind: 'skipped', reason: 'not_inference' }
  expect(decode('errors.json')).toEqual(skip)
  const headers = { 'seldon-pipeline-errors': 'income' }
  const topic = 'seldon.default.pipeline.income.outputs'
  expect(decoder.decode(wireMessage('failed', { headers, topic }))).toEqual(skip)
})

test('where only requests are logged, inputs are events and outputs are not waited for', () => {
  const requests = createSeldonV2Decoder({ ...options, halves: 'requests' })
  expect(requests.decode(storedMessage('seldon-v2/model-inputs.json'))).toMatchObject({
    kind: 'records',
    records: [{ value: { features: { a: 1 }, error: null } }],
  })
  expect(requests.decode(storedMessage('seldon-v2/model-outputs.json'))).toEqual({
    kind: 'skipped',
    reason: 'unwanted_half',
  })
})

const topic = 'seldon.default.model.m.inputs'
const tensor = { name: 'x', datatype: 'FP64' }
test.each([
  { name: 'no id', body: { inputs: [] }, at: { topic }, reason: 'missing_id' },
  {
    name: 'a shape that its elements do not fill',
    body: { id: '1', inputs: [{ ...tensor, shape: [1_000_000_000], data: [1] }] },
    at: { topic },
    reason: 'invalid_row',
  },
  {
    name: 'rows of nothing',
    body: { id: '1', inputs: [{ ...tensor, shape: [100_000, 0], data: [] }] },
    at: { topic },
    reason: 'invalid_row',
  },
  {
    name: 'tensors of different lengths',
    body: {
      id: '1',
      inputs: [
        { ...tensor, shape: [1], data: [1] },
        { ...tensor, name: 'y', shape: [2], data: [1, 2] },
      ],
    },
    at: { topic },
    reason: 'invalid_row',
  },
  {
    name: 'a tensor of the binary extension',
    body: {
      id: '1',
      inputs: [{ ...tensor, shape: [1], parameters: { binary_data_size: 8 } }],
    },
    at: { topic },
    reason: 'invalid_row',
  },
  {
    name: 'another topic, with nothing that says what it is',
    body: { a: 1 },
    at: { topic: 'orders' },
    reason: 'invalid_row',
  },
  { name: 'damaged protobuf', body: 'hello', at: { topic }, reason: 'invalid_row' },
])('refuses $name', ({ body, at, reason }) => {
  expect(decoder.decode(wireMessage(body, at))).toMatchObject({
    kind: 'rejected',
    rejection: { reason },
  })
})
