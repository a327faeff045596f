import { readFileSync } from 'node:fs'
import avro from 'avsc'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  createConfluentDecoder,
  payloadReader,
  type PayloadReader,
} from '../../../ingest/formats/confluent-wire.ts'
import type { Decoded, Message } from '../../../ingest/formats/decoder.ts'
import type { Found, RegisteredSchema } from '../../../ingest/formats/schema-registry.ts'

interface OracleCase {
  readonly name: string
  readonly type: string
  readonly hex: string
  readonly schema: string
  readonly references: readonly { readonly name: string; readonly text: string }[]
  readonly value: unknown
}

// Written by Confluent's Python serializers: bench/oracles/confluent_messages.py.
const oracle = JSON.parse(
  readFileSync('test/fixtures/formats/confluent/messages.json', 'utf8'),
) as OracleCase[]

const message = (value: Buffer): Message => ({ value, headers: new Map(), timestamp: 0, topic: '' })

function decoderOf(schema: RegisteredSchema | string, asked: number[] = []) {
  const found: Found<PayloadReader> =
    typeof schema === 'string'
      ? { ok: false, detail: schema }
      : { ok: true, schema: payloadReader(schema) }
  const registry = { find: (id: number) => (asked.push(id), found) }
  return createConfluentDecoder(registry, (value) => ({ kind: 'records', records: [{ value }] }))
}

const values = (decoded: Decoded): unknown =>
  decoded.kind === 'records' ? decoded.records.map((r) => 'value' in r && r.value) : decoded

test.each(oracle)('reads what Python writes: $name', ({ type, hex, schema, references, value }) => {
  const asked: number[] = []
  const decoder = decoderOf({ type, text: schema, references }, asked)
  expect(values(decoder.decode(message(Buffer.from(hex, 'hex'))) as Decoded)).toEqual([value])
  expect(asked).toEqual([Buffer.from(hex, 'hex').readUInt32BE(1)])
})

test.each(oracle.filter(({ type }) => type !== 'JSON'))(
  'a message cut short anywhere is refused or is another message: $name',
  ({ type, hex, schema, references }) => {
    const decoder = decoderOf({ type, text: schema, references })
    const whole = Buffer.from(hex, 'hex')
    const cuts = Array.from({ length: whole.length }, (_, length) => {
      const decoded = decoder.decode(message(whole.subarray(0, length))) as Decoded
      return decoded.kind === 'rejected' ? decoded.rejection.reason : decoded.kind
    })
    expect(cuts.slice(0, 5)).toEqual(Array(5).fill('invalid_encoding'))
    // A field of Protobuf that is cut off between two fields is one that is not there.
    const possible = type === 'AVRO' ? ['invalid_encoding'] : ['invalid_encoding', 'records']
    expect(cuts.filter((cut) => !possible.includes(cut))).toEqual([])
  },
)

const header = Buffer.from([0, 0, 0, 0, 7])

test.each([
  { name: 'nothing', bytes: Buffer.alloc(0) },
  { name: 'a header cut short', bytes: Buffer.from([0, 0, 0, 7]) },
  { name: 'JSON without a header', bytes: Buffer.from('{"model":"m"}') },
])('$name is no message of a serializer', ({ bytes }) => {
  expect(decoderOf('').decode(message(bytes))).toMatchObject({
    rejection: {
      reason: 'invalid_encoding',
      detail: 'no zero byte and schema id before the value',
    },
  })
})

test('a schema that the registry does not know refuses the message by its id', () => {
  expect(decoderOf('the registry has no such schema').decode(message(header))).toMatchObject({
    rejection: {
      reason: 'unknown_schema',
      detail: 'schema 7: the registry has no such schema',
    },
  })
})

test('a JSON schema is not enforced: its value is read as it is', () => {
  const decoder = decoderOf({ type: 'JSON', text: '{"type":"string"}', references: [] })
  const body = Buffer.concat([header, Buffer.from('{"score":NaN}')])
  expect(values(decoder.decode(message(body)) as Decoded)).toEqual([{ score: null }])
})

test('a list that declares a billion nulls in a few bytes is refused', () => {
  const decoder = decoderOf({
    type: 'AVRO',
    text: '{"type":"array","items":"null"}',
    references: [],
  })
  // Count 2^30, and the end of the list: all that Avro asks for where items have no bytes.
  const bomb = Buffer.from([0x80, 0x80, 0x80, 0x80, 0x08, 0])
  expect(decoder.decode(message(Buffer.concat([header, bomb])))).toMatchObject({
    rejection: {
      reason: 'invalid_encoding',
      detail: 'not a value of schema 7: more than 1000000 values',
    },
  })
})

test('a record that holds itself without end is refused', () => {
  const text = '{"type":"record","name":"R","fields":[{"name":"next","type":["null","R"]}]}'
  const decoder = decoderOf({ type: 'AVRO', text, references: [] })
  const deep = Buffer.alloc(100_000, 2)
  expect(decoder.decode(message(Buffer.concat([header, deep])))).toMatchObject({
    rejection: { detail: 'not a value of schema 7: values nest deeper than 64 levels' },
  })
})

test.each<{ name: string; type: string; text: string }>([
  { name: 'no JSON', type: 'AVRO', text: '{' },
  { name: 'a type that is not there', type: 'AVRO', text: '"Nobody"' },
  { name: 'a record without fields', type: 'AVRO', text: '{"type":"record","name":"R"}' },
  {
    name: 'nesting without end',
    type: 'AVRO',
    text: '{"type":"array","items":'.repeat(5000) + '"int"' + '}'.repeat(5000),
  },
  { name: 'no Protobuf', type: 'PROTOBUF', text: 'message {' },
  {
    name: 'a field of an unknown type',
    type: 'PROTOBUF',
    text: 'syntax = "proto3"; message M { Nobody x = 1; }',
  },
  {
    name: 'an import that nobody knows',
    type: 'PROTOBUF',
    text: 'syntax = "proto3"; import "a.proto"; message M { string x = 1; }',
  },
  { name: 'another kind', type: 'XML', text: '<a/>' },
])('a schema with $name cannot be used', ({ type, text }) => {
  expect(() => payloadReader({ type, text, references: [] })).toThrow(Error)
})

test('members named like those of objects are members and nothing else', () => {
  const field = (name: string) => ({ name, type: 'int' as const })
  const schema = {
    type: 'record' as const,
    name: 'R',
    fields: ['__proto__', 'constructor', 'toString'].map(field),
  }
  const decoder = decoderOf({ type: 'AVRO', text: JSON.stringify(schema), references: [] })
  const bytes = Buffer.concat([header, Buffer.from([2, 4, 6])])
  const [value] = values(decoder.decode(message(bytes)) as Decoded) as [object]
  expect(Object.entries(value)).toEqual([
    ['__proto__', 1],
    ['constructor', 2],
    ['toString', 3],
  ])
})

const long = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
const anyLongs = fc.array(fc.oneof(long, fc.maxSafeInteger().map(BigInt), fc.integer().map(BigInt)))

test('what another library writes in Avro is read as it was', () => {
  const longs = avro.types.LongType.__with({
    fromBuffer: (bytes: Buffer) => bytes.readBigInt64LE(),
    toBuffer: (value: bigint) => {
      const bytes = Buffer.alloc(8)
      bytes.writeBigInt64LE(value)
      return bytes
    },
    fromJSON: BigInt,
    toJSON: String,
    isValid: (value: unknown) => typeof value === 'bigint',
    compare: (a: bigint, b: bigint) => (a < b ? -1 : a > b ? 1 : 0),
  })
  const schema = {
    type: 'record' as const,
    name: 'E',
    fields: [
      { name: 'map', type: { type: 'map' as const, values: 'double' as const } },
      { name: 'longs', type: { type: 'array' as const, items: 'long' as const } },
      { name: 'texts', type: { type: 'array' as const, items: ['null', 'string'] as const } },
    ],
  }
  const type = avro.Type.forSchema(schema as unknown as avro.Schema, {
    registry: { long: longs },
  })
  const decoder = decoderOf({ type: 'AVRO', text: JSON.stringify(schema), references: [] })
  const event = fc.record({
    map: fc.dictionary(fc.string(), fc.double({ noNaN: true })),
    longs: anyLongs,
    texts: fc.array(fc.option(fc.string())),
  })
  fc.assert(
    fc.property(event, (given) => {
      const bytes = Buffer.concat([header, type.toBuffer(given)])
      const plain = given.longs.map((value) =>
        Number.isSafeInteger(Number(value)) ? Number(value) : String(value),
      )
      const [read] = values(decoder.decode(message(bytes)) as Decoded) as [Record<string, object>]
      expect({ ...read, map: Object.entries(read['map']!) }).toEqual({
        ...given,
        map: Object.entries(given.map),
        longs: plain,
      })
    }),
  )
})
