import { afterAll, beforeAll, expect, test } from 'vitest'
import { loadConfig } from '../../../core/config.ts'
import { formats, plainFormats } from '../../../core/decoding-schema.ts'
import type { Decoded, Message } from '../../../ingest/formats/decoder.ts'
import { createDecoders } from '../../../ingest/formats/decoders.ts'
import { startSchemaRegistry, type TestSchemaRegistry } from '../../support/schema-registry.ts'
import { storedMessage, wireMessage } from '../../support/wire-messages.ts'

let server: TestSchemaRegistry
beforeAll(async () => {
  server = await startSchemaRegistry()
})
afterAll(() => server.close())

function decodersOf(decodings: object, registries: object = {}) {
  const env = {
    TIDEGAUGE__DECODINGS: JSON.stringify(decodings),
    TIDEGAUGE__REGISTRIES: JSON.stringify(registries),
  }
  return createDecoders(loadConfig({ env }), { clock: { monotonic: () => performance.now() } })
}

async function decode(find: ReturnType<typeof createDecoders>, name: string, message: Message) {
  const decoded: Decoded | undefined = await find(name)?.decode(message)
  return decoded?.kind === 'records'
    ? decoded.records.map((record) => ('value' in record ? record.value : record.text))
    : decoded
}

test('formats that need nothing configured are decodings by their own name, the others are not', () => {
  const find = decodersOf({})
  expect(formats.filter((format) => find(format) !== undefined)).toEqual([...plainFormats])
  for (const name of ['', 'toString', '__proto__', 'Auto']) expect(find(name)).toBeUndefined()
})

test('a decoding may be called like a format, and stands instead of it', async () => {
  const find = decodersOf({ native: { format: 'native', model: 'told' } })
  const event = { model: 'sent', version: 'sent', prediction: 1 }
  expect(await decode(find, 'native', wireMessage(event))).toEqual([
    { model: 'told', version: 'sent', prediction: 1 },
  ])
  expect(await decode(find, 'auto', wireMessage(event))).toEqual([JSON.stringify(event)])
})

test('what a decoding says of version and variant is not said of labels, which have none', async () => {
  const find = decodersOf({ told: { format: 'native', model: 'm', version: '2', variant: 'v' } })
  const label = { type: 'label', model: 'x', id: 'r', label: 1 }
  const event = { id: 'r', prediction: 1 }
  expect(await decode(find, 'told', wireMessage([label, event, 3]))).toEqual([
    { ...label, model: 'm' },
    { ...event, model: 'm', version: '2', variant: 'v' },
    3,
  ])
})

test.each([
  { stored: 'kserve/v1-request.json', kind: 'half' },
  { stored: 'seldon-v2/model-inputs.json', kind: 'half' },
  { stored: 'cloudevents/kafka-binary.json', kind: 'records' },
  { stored: 'sagemaker/json.jsonl', kind: 'records' },
])('auto finds out by itself what $stored is', async ({ stored, kind }) => {
  const decoded = await decodersOf({}).call(null, 'auto')?.decode(storedMessage(stored))
  expect(decoded?.kind).toBe(kind)
})

test('a mapping reads a line at a time, and a line that is none costs only itself', async () => {
  const find = decodersOf({
    mine: { format: 'mapping', mapping: { model: '/m', prediction: '/p' } },
  })
  expect(
    await decode(find, 'mine', wireMessage('{"m":"a","p":1}\nnone\n{"m":"b","p":2}\n')),
  ).toEqual([{ model: 'a', prediction: 1 }, 'none', { model: 'b', prediction: 2 }])
})

const framed = (id: number, body: string) => {
  const header = Buffer.alloc(5)
  header.writeUInt32BE(id, 1)
  return wireMessage(Buffer.concat([header, Buffer.from(body)]))
}

test('messages with a schema id are native events, or whatever a mapping makes of them', async () => {
  server.schemas.set('/schemas/ids/3', { schema: '{}', schemaType: 'JSON' })
  const find = decodersOf(
    {
      plain: { format: 'confluent', registry: 'main', version: '9' },
      mapped: {
        format: 'confluent',
        registry: 'main',
        mapping: { model: { value: 'm' }, features: { '*': '/f' } },
      },
    },
    { main: { url: server.url } },
  )
  expect(await decode(find, 'plain', framed(3, '{"model":"m","prediction":1}'))).toEqual([
    { model: 'm', version: '9', prediction: 1 },
  ])
  expect(await decode(find, 'mapped', framed(3, '{"f":{"a":1}}'))).toEqual([
    { model: 'm', features: { a: 1 } },
  ])
  expect(await decode(find, 'plain', framed(3, '7'))).toMatchObject({
    rejection: { reason: 'not_an_object' },
  })
  expect(await decode(find, 'plain', framed(4, '{}'))).toMatchObject({
    rejection: { reason: 'unknown_schema' },
  })
  // Both decodings use one registry, which was asked once an id.
  expect(server.asked.map(({ path }) => path)).toEqual(['/schemas/ids/3', '/schemas/ids/4'])
})

test('certificates that cannot be read are found out at the start', () => {
  expect(() => decodersOf({}, { main: { url: 'https://r', ca: '/no/such.pem' } })).toThrow(
    'the certificates in /no/such.pem cannot be read',
  )
})
