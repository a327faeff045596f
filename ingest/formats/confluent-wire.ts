import { isUtf8 } from 'node:buffer'
import { avroReader } from './avro.ts'
import { rejected, type Decoded, type Decoder } from './decoder.ts'
import { boundedJson } from './bounded-json.ts'
import { protobufReader } from './protobuf-messages.ts'
import type { Found, RegisteredSchema, SchemaRegistry } from './schema-registry.ts'

/** Reads what follows the id of the schema. Throws an Error where the bytes are not the schema's. */
export type PayloadReader = (payload: Buffer) => unknown

/** Zero, and the schema's id in four bytes. */
const headerBytes = 5
const maxNesting = 32

/**
 * Messages as Confluent's serializers write them: a zero byte, the id of a schema in four, and a value
 * in Avro, JSON or Protobuf. What `toDecoded` gets is plain JSON.
 *
 * An id that the registry does not know, a schema that cannot be used, and bytes that are not the
 * schema's reject the message. A registry that does not answer rejects nothing: SCHEMA_REGISTRY_UNAVAILABLE
 * is thrown, and the message is offered again.
 */
const isFramed = (value: Buffer | null): value is Buffer =>
  value !== null && value.length >= headerBytes && value[0] === 0

export function createConfluentDecoder(
  registry: Pick<SchemaRegistry<PayloadReader>, 'find'>,
  toDecoded: (value: unknown) => Decoded,
): Decoder {
  const read = (id: number, found: Found<PayloadReader>, payload: Buffer): Decoded => {
    if (!found.ok) return rejected('unknown_schema', `schema ${id}: ${found.detail}`)
    const value = valueOf(found.schema, payload)
    return value.ok
      ? toDecoded(value.value)
      : rejected('invalid_encoding', `not a value of schema ${id}: ${value.detail}`)
  }
  return {
    prepare: ({ value }) => {
      const found = isFramed(value) ? registry.find(value.readUInt32BE(1)) : null
      return found instanceof Promise ? found : null
    },
    decode: ({ value }) => {
      if (!isFramed(value))
        return rejected('invalid_encoding', 'no zero byte and schema id before the value')
      const id = value.readUInt32BE(1)
      const payload = value.subarray(headerBytes)
      const found = registry.find(id)
      return found instanceof Promise
        ? found.then((schema) => read(id, schema, payload))
        : read(id, found, payload)
    },
  }
}

/** Whatever a reader throws is about the bytes: it has no other input. */
function valueOf(
  read: PayloadReader,
  payload: Buffer,
): { ok: true; value: unknown } | { ok: false; detail: string } {
  try {
    return { ok: true, value: read(payload) }
  } catch (error) {
    return { ok: false, detail: error instanceof Error ? error.message : 'damaged' }
  }
}

/** Makes the reader of a registered schema. Throws an Error where there is none. */
export function payloadReader({ type, text, references }: RegisteredSchema): PayloadReader {
  switch (type) {
    case 'AVRO':
      return avroReader(
        text,
        references.map((reference) => reference.text),
      )
    case 'PROTOBUF':
      return protobufPayload(protobufReader(text, references))
    case 'JSON':
      return jsonPayload
    default:
      throw new TypeError(`this version reads AVRO, JSON and PROTOBUF`)
  }
}

/** The schema is not looked at: what a monitor needs of it, the validation of events checks anyway. */
function jsonPayload(payload: Buffer): unknown {
  if (!isUtf8(payload)) throw new RangeError('no valid UTF-8')
  const value = boundedJson(payload.toString('utf8'))
  if (value === undefined) throw new RangeError('no JSON')
  return value
}

/** Which message of the file it is comes first: how many indexes, and the indexes, zigzag; 0 stands for [0]. */
function protobufPayload(read: ReturnType<typeof protobufReader>): PayloadReader {
  return (payload) => {
    let at = 0
    const next = (): number => {
      let value = 0
      for (let shift = 0; shift < 35; shift += 7) {
        const byte = payload[at++]
        if (byte === undefined) break
        value += (byte & 127) * 2 ** shift
        if (byte < 128) return value % 2 === 0 ? value / 2 : -(value + 1) / 2
      }
      throw new RangeError('the index of the message is damaged')
    }
    const count = next()
    if (count < 0 || count > maxNesting) throw new RangeError(`a message nests ${count} deep`)
    const path = count === 0 ? [0] : Array.from({ length: count }, next)
    return read(path, payload.subarray(at))
  }
}
