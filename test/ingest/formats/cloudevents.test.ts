import { CloudEvent, HTTP, Kafka } from 'cloudevents'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createCloudEventsDecoder } from '../../../ingest/formats/cloudevents.ts'
import type { Message } from '../../../ingest/formats/decoder.ts'
import { plainOptions, type DecodingOptions } from '../../../ingest/formats/options.ts'
import { sentAt, storedMessage, wireMessage } from '../../support/wire-messages.ts'

const decode = (message: Message, options: Partial<DecodingOptions> = {}) =>
  createCloudEventsDecoder({ ...plainOptions('cloudevents'), ...options }).decode(message)

const values = (message: Message, options: Partial<DecodingOptions> = {}) => {
  const decoded = decode(message, options)
  if (decoded.kind !== 'records') throw new Error(JSON.stringify(decoded))
  return decoded.records.map((record) => ('value' in record ? record.value : undefined))
}

const event = {
  id: 'r-1',
  ts: Date.UTC(2026, 10, 20, 21, 0, 0, 123),
  model: 'fraud',
  version: '7',
  features: { amount: 12.5, country: 'DE' },
  prediction: '1',
  score: 0.83,
}

test.each(['http-binary', 'kafka-binary', 'structured'])('%s: the data is the event', (name) => {
  expect(values(storedMessage(`cloudevents/${name}.json`))).toEqual([event])
})

test('a batch holds events and labels, and a label keeps the id of its event', () => {
  expect(values(storedMessage('cloudevents/http-batch.json'))).toEqual([
    event,
    { type: 'label', model: 'fraud', id: 'r-1', label: '1', ts: Date.UTC(2026, 10, 21, 9) },
  ])
})

const structured = (more: object): Message =>
  wireMessage({ specversion: '1.0', id: 'e-1', type: 't', source: '/s', ...more })

test('an envelope is known by its shape where no header tells', () => {
  expect(values(structured({ data: { model: 'm' } }))).toEqual([
    { model: 'm', id: 'e-1', ts: sentAt },
  ])
})

test('several records in one event share its time and are numbered under its id', () => {
  const data = [{ model: 'm' }, { model: 'm', id: 'own', ts: 5 }, { type: 'label', model: 'm' }]
  expect(values(structured({ data, time: '2026-11-20T21:00:00Z' }))).toEqual([
    { model: 'm', id: 'e-1#0', ts: sentAt },
    { model: 'm', id: 'own', ts: 5 },
    { type: 'label', model: 'm', ts: sentAt },
  ])
})

test('model, version and variant of the decoding stand instead of the data', () => {
  const options = { model: 'm2', version: '2', variant: 'shadow' }
  const data = [{ model: 'm' }, { type: 'label', model: 'm', id: 'x', label: '1' }]
  expect(values(structured({ data }), options)).toEqual([
    { id: 'e-1#0', ts: sentAt, model: 'm2', version: '2', variant: 'shadow' },
    { type: 'label', model: 'm2', id: 'x', label: '1', ts: sentAt },
  ])
})

test('data in base64 or as a string of JSON is read like any other', () => {
  const text = JSON.stringify({ model: 'm' })
  const expected = [{ model: 'm', id: 'e-1', ts: sentAt }]
  expect(values(structured({ data_base64: Buffer.from(text).toString('base64') }))).toEqual(
    expected,
  )
  expect(values(structured({ data: text }))).toEqual(expected)
})

test('an attribute that HTTP percent-encodes is decoded, and one of Kafka is left as it is', () => {
  const headers = (prefix: string) => ({
    [`${prefix}specversion`]: '1.0',
    [`${prefix}id`]: 'caf%C3%A9',
  })
  const ids = ['ce-', 'ce_'].map(
    (prefix) => values(wireMessage({ model: 'm' }, { headers: headers(prefix) }))[0],
  )
  expect(ids).toMatchObject([{ id: 'café' }, { id: 'caf%C3%A9' }])
})

const kserve = (kind: string, data: unknown, id = 'r-1') => ({
  specversion: '1.0',
  id,
  type: `org.kubeflow.serving.inference.${kind}`,
  source: '/agent',
  inferenceservicename: 'churn',
  data,
})

test('events of a known system are read as that system means them', () => {
  expect(decode(wireMessage(kserve('request', { instances: [{ age: 31 }] })))).toMatchObject({
    kind: 'half',
    half: { model: 'churn', rows: [{ age: 31 }] },
  })
  expect(decode(storedMessage('seldon-v1/http-request-tensor.json'))).toMatchObject({
    half: { model: 'income', rows: [{ a: 1, b: 2 }, { a: 3, b: 4 }] }, // prettier-ignore
  })
  expect(decode(storedMessage('azure-ml/inputs.jsonl'))).toMatchObject({
    half: { model: 'drugs' },
  })
})

test('both halves in one batch are joined; a half that is alone there is refused', () => {
  const request = kserve('request', { instances: [{ age: 31 }] })
  const response = kserve('response', { predictions: [1] })
  expect(values(wireMessage([response, request]))).toMatchObject([
    { id: 'r-1', features: { age: 31 }, prediction: 1 },
  ])
  expect(
    decode(wireMessage([request, kserve('request', { instances: [1] }, 'r-2')])),
  ).toMatchObject({
    kind: 'rejected',
    rejection: { reason: 'invalid_row' },
  })
})

test('a damaged event of a batch stays a record of its own to be refused', () => {
  const good = { specversion: '1.0', id: 'a', data: { model: 'm' } }
  expect(values(wireMessage([good, 7]))).toEqual([{ model: 'm', id: 'a', ts: sentAt }, 7])
})

const deep = '['.repeat(9000) + ']'.repeat(9000)

test.each<[string, Message, string]>([
  ['bytes that are no UTF-8', wireMessage(Buffer.from([0xff, 0xfe])), 'invalid_encoding'],
  ['a body that is no JSON', wireMessage('{"specversion":'), 'invalid_json'],
  ['an object that is no CloudEvent', wireMessage({ model: 'm' }), 'invalid_row'],
  ['a version that is to come', wireMessage({ specversion: '2.0' }), 'invalid_row'],
  ['an envelope in Avro', wireMessage('x', { headers: { 'content-type': 'application/cloudevents+avro' } }), 'invalid_encoding'], // prettier-ignore
  ['data that is no event', structured({ data: 'hello' }), 'not_an_object'],
  ['data that nests without end', wireMessage(`{"specversion":"1.0","data":${deep}}`), 'too_deep'], // prettier-ignore
  ['data that is an image', structured({ data_base64: '/9j/' }), 'invalid_json'],
])('%s is refused', (_, message, reason) => {
  expect(decode(message)).toMatchObject({ kind: 'rejected', rejection: { reason } })
})

test('an event without data is skipped', () => {
  expect(decode(structured({}))).toEqual({ kind: 'skipped', reason: 'not_inference' })
})

const attributeText = fc.stringMatching(/^[a-zA-Z0-9/._-]{1,20}$/)
const anyEvent = fc.record({
  id: attributeText,
  source: attributeText,
  time: fc.date({ min: new Date(0), max: new Date('2099-01-01T00:00:00Z'), noInvalidDate: true }),
  data: fc.record({ model: attributeText, features: fc.dictionary(fc.string(), fc.integer()) }),
})

/** What the reference implementation writes, in each mode, as a message. */
const written = (sdk: CloudEvent<unknown>): Message[] =>
  [HTTP.binary(sdk), HTTP.structured(sdk)].map(({ headers, body }) =>
    wireMessage(body as string, { headers: headers as Record<string, string> }),
  )

test('what the CloudEvents SDK writes is read with the same id, time and data', () => {
  fc.assert(
    fc.property(anyEvent, ({ id, source, time, data }) => {
      const sdk = new CloudEvent<unknown>({ id, source, type: 'x', time: time.toISOString(), data })
      for (const message of written(sdk)) {
        expect(values(message)).toEqual([{ ...data, id, ts: time.getTime() }])
      }
      const kafka = Kafka.structured(sdk)
      const headers = kafka.headers as Record<string, string>
      expect(values(wireMessage(kafka.value, { headers }))).toEqual([
        { ...data, id, ts: time.getTime() },
      ])
    }),
  )
})

test('no bytes and no headers make it throw', () => {
  const headers = fc.dictionary(
    fc.constantFrom('ce-specversion', 'ce_type', 'ce-id', 'ce-time', 'content-type', 'type'),
    fc.oneof(fc.string(), fc.constantFrom('1.0', 'application/cloudevents+json', '%', '%ff')),
  )
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), headers, (bytes, names) => {
      decode(wireMessage(Buffer.from(bytes), { headers: names }))
    }),
  )
  fc.assert(
    fc.property(fc.json(), headers, (text, names) => {
      decode(wireMessage(text, { headers: names }))
    }),
  )
})
