import fc from 'fast-check'
import { expect, test } from 'vitest'
import { detectFormat } from '../../../ingest/formats/detect.ts'
import { storedMessage, wireMessage } from '../../support/wire-messages.ts'

test.each([
  ['kserve/v1-request.json', 'cloudevents'],
  ['kserve/v2-kafka-matrix-request.json', 'cloudevents'],
  ['cloudevents/structured.json', 'cloudevents'],
  ['cloudevents/http-batch.json', 'cloudevents'],
  ['azure-ml/inputs.jsonl', 'cloudevents'],
  ['seldon-v1/http-request-tensor.json', 'cloudevents'],
  ['seldon-v1/kafka-request.json', 'seldon-v1'],
  ['seldon-v2/model-inputs.json', 'seldon-v2'],
  ['seldon-v2/model-outputs.json', 'seldon-v2'],
  ['sagemaker/csv.jsonl', 'sagemaker'],
  ['sagemaker/json.jsonl', 'sagemaker'],
  ['mlflow/legacy.jsonl', 'mlflow'],
  ['mlflow/ai-gateway.jsonl', 'mlflow'],
  ['bentoml/data.jsonl', 'bentoml'],
  ['bentoml/schema.jsonl', 'bentoml'],
])('the payload %s is %s', (path, format) => {
  expect(detectFormat(storedMessage(path))).toBe(format)
})

const detect = (body: string) => detectFormat(wireMessage(body))

test.each([
  ['an event', '{"model":"m","features":{}}'],
  ['an event whose features have names of other formats', '{"features":{"specversion":1,"captureData":2},"model":"m"}'], // prettier-ignore
  ['an event after white space and a byte order mark', '\ufeff \n{"ts":1,"model":"m"}'],
  ['a text that looks like a member', '{"tags":{"a":"\\"captureData\\":"},"error":"captureData"}'],
  ['a member behind the first kilobytes', `{"a":"${'x'.repeat(5000)}","captureData":{}}`],
  ['a member of the second object', '{"a":1}\n{"captureData":{}}'],
  ['two of the members that BentoML adds', '{"timestamp":"t","request_id":"r","a":1}'],
  ['nothing', ''],
  ['no JSON', 'captureData'],
])('%s is native', (_, body) => {
  expect(detect(body)).toBe('native')
})

test('a member is found behind nested values and escapes', () => {
  expect(detect('{"a":[{"b":"}\\\\"}],"c":"\\"","captureData" : {}}')).toBe('sagemaker')
})

test('of an array its first object tells', () => {
  expect(detect(' [ {"captureData":{}} ]')).toBe('sagemaker')
})

test('topics of Seldon are known whatever the payload, and others that only resemble them are not', () => {
  const onTopic = (topic: string) => detectFormat(wireMessage('{}', { topic }))
  expect(onTopic('seldon.ml.pipeline.income.inputs')).toBe('seldon-v2')
  expect(onTopic('seldon.ml.errors.errors')).toBe('seldon-v2')
  expect(onTopic('predictions.model.inputs')).toBe('native')
  expect(onTopic('seldon-request-logs')).toBe('native')
})

test('an object that JSON.parse takes is found to have exactly its own members', () => {
  const names = fc.constantFrom('a', 'specversion', 'captureData', 'b"', 'c\\')
  const objects = fc.dictionary(names, fc.jsonValue({ maxDepth: 2 }), { maxKeys: 4 })
  fc.assert(
    fc.property(objects, fc.boolean(), (object, pretty) => {
      const members = Object.keys(object)
      const told = members.find((name) => name === 'specversion' || name === 'captureData')
      const text = JSON.stringify(object, null, pretty ? 2 : 0)
      fc.pre(text.length < 4000)
      expect(detect(text)).toBe(
        told === undefined ? 'native' : told === 'specversion' ? 'cloudevents' : 'sagemaker',
      )
    }),
  )
})

test('no bytes make it throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      detectFormat(wireMessage(Buffer.concat([Buffer.from('{'), Buffer.from(bytes)])))
    }),
  )
})
