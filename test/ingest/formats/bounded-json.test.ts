import { expect, test } from 'vitest'
import { boundedJson, isTooDeep, maxLevels } from '../../../ingest/formats/bounded-json.ts'
import type { PureDecoder } from '../../../ingest/formats/decoder.ts'
import { createBentomlDecoder } from '../../../ingest/formats/bentoml.ts'
import { createMlflowDecoder } from '../../../ingest/formats/mlflow.ts'
import { plainOptions } from '../../../ingest/formats/options.ts'
import { createSagemakerDecoder } from '../../../ingest/formats/sagemaker.ts'
import { createSeldonV1Decoder } from '../../../ingest/formats/seldon-v1.ts'
import { createSeldonV2Decoder } from '../../../ingest/formats/seldon-v2.ts'
import { wireMessage } from '../../support/wire-messages.ts'

const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels)

test('values up to the limit are read, deeper ones are not', () => {
  expect(boundedJson(nested(maxLevels))).toBeDefined()
  expect(boundedJson(nested(maxLevels + 1))).toBeUndefined()
  expect(isTooDeep({ a: 1, b: [{}] })).toBe(false)
})

const deep = nested(200_000)
const seldonTopic = { topic: 'seldon.default.model.m.inputs', headers: { 'x-request-id': '1' } }
const seldonType = { type: 'io.seldon.serving.inference.request', requestid: '1' }
const cases: { name: string; decoder: PureDecoder; body: string; at?: object }[] = [
  {
    name: 'bentoml',
    decoder: createBentomlDecoder(plainOptions('bentoml')),
    body: `{"a":${deep},"request_id":"1"}`,
  },
  {
    name: 'mlflow',
    decoder: createMlflowDecoder(plainOptions('mlflow')),
    body: JSON.stringify({ request: `{"inputs":${deep}}` }),
  },
  {
    name: 'sagemaker',
    decoder: createSagemakerDecoder(plainOptions('sagemaker')),
    body: JSON.stringify({ captureData: { endpointInput: { encoding: 'JSON', data: deep } } }),
  },
  {
    name: 'seldon-v1',
    decoder: createSeldonV1Decoder(plainOptions('seldon-v1')),
    body: `{"jsonData":${deep}}`,
    at: { headers: seldonType },
  },
  {
    name: 'seldon-v2',
    decoder: createSeldonV2Decoder(plainOptions('seldon-v2')),
    body: `{"inputs":[{"name":"x","shape":[1],"datatype":"BYTES","data":[${deep}]}]}`,
    at: seldonTopic,
  },
]

test.each(cases)('$name refuses a payload that nests too deep', ({ decoder, body, at }) => {
  expect(decoder.decode(wireMessage(body, at))).toMatchObject({ kind: 'rejected' })
})
