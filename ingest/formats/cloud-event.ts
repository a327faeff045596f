import { reject, show, type Rejection } from '../rejection.ts'
import { boundedJson, isTooDeep, maxLevels } from './bounded-json.ts'
import { rejected, skipped, type Decoded, type Message } from './decoder.ts'
import { joinHalves } from './join-halves.ts'
import { isText, nativeRecords, parseJson, type RawRecord } from './native.ts'

/** One CloudEvent, whichever way it came. */
export interface CloudEvent {
  /** Context attributes by name, extensions among them; all as text. */
  readonly attributes: ReadonlyMap<string, string>
  /** As bytes (binary mode, `data_base64`) or as the JSON value that stood in the envelope. */
  readonly data: { readonly bytes: Buffer } | { readonly value: unknown }
}

export const attribute = ({ attributes }: CloudEvent, name: string): string =>
  attributes.get(name) ?? ''

/**
 * The JSON value of an event's data, whatever its content type says: loggers of inferences give a
 * response the content type of its request, and JSON comes as a string inside an envelope too.
 * `undefined` where it is no JSON.
 */
export function jsonOf({ data }: CloudEvent): unknown {
  if ('bytes' in data)
    return isText(data.bytes) ? boundedJson(data.bytes.toString('utf8')) : undefined
  return typeof data.value === 'string' ? (boundedJson(data.value) ?? data.value) : data.value
}

/**
 * Decodes the CloudEvents of a message, one by one: in binary mode (attributes in headers `ce-…` over
 * HTTP, `ce_…` over Kafka), structured (one JSON envelope), as a batch, or an envelope a line. What
 * the headers do not announce is told by its shape.
 *
 * Of several events, the refused ones stay among the records as they came, so that each is refused by
 * itself. Halves of inferences in one message are joined; a batch with a half that is alone is refused.
 */
export function decodeCloudEvents(
  message: Message,
  decodeOne: (event: CloudEvent) => Decoded,
): Decoded {
  const { value, headers } = message
  if (value === null) return rejected('not_an_object', 'the message has no value')
  const contentType = headers.get('content-type') ?? ''
  const format = /^application\/cloudevents(?:-batch)?(?:\+([a-z]+))?/i.exec(contentType)
  if (format === null && isBinaryMode(headers)) {
    const event = binaryEvent(headers, value)
    return 'ok' in event ? { kind: 'rejected', rejection: event } : decodeOne(event)
  }
  if (format?.[1] !== undefined && format[1].toLowerCase() !== 'json') {
    return rejected('invalid_encoding', `CloudEvents come as JSON, not as ${show(contentType)}`)
  }
  if (!isText(value)) return rejected('invalid_encoding', 'the message is no valid UTF-8')
  return decodeEnvelopes([...nativeRecords(value)], decodeOne)
}

/** An event as a message in binary mode, for decoders that read only that. */
export function binaryMessage(event: CloudEvent, { timestamp, topic }: Message): Message {
  const { attributes, data } = event
  const headers = new Map([...attributes].map(([name, text]) => [`ce_${name}`, text]))
  headers.set('content-type', attribute(event, 'datacontenttype') || 'application/json')
  return { value: 'bytes' in data ? data.bytes : bytesOf(data.value), headers, timestamp, topic }
}

function bytesOf(value: unknown): Buffer {
  if (value === undefined) return Buffer.alloc(0)
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value))
}

const isBinaryMode = (headers: Message['headers']): boolean =>
  headers.has('ce-specversion') || headers.has('ce_specversion')

function binaryEvent(headers: Message['headers'], value: Buffer): CloudEvent | Rejection {
  const attributes = new Map<string, string>()
  for (const [name, text] of headers) {
    if (name.startsWith('ce_')) attributes.set(name.slice(3), text)
    else if (name.startsWith('ce-')) attributes.set(name.slice(3), percentDecoded(text))
  }
  const contentType = headers.get('content-type')
  if (contentType !== undefined) attributes.set('datacontenttype', contentType)
  return wrongVersion(attributes) ?? { attributes, data: { bytes: value } }
}

/** HTTP headers carry what is not printable ASCII percent-encoded; Kafka's are UTF-8 as they are. */
function percentDecoded(text: string): string {
  if (!text.includes('%')) return text
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function decodeEnvelopes(
  parts: readonly RawRecord[],
  decodeOne: (event: CloudEvent) => Decoded,
): Decoded {
  const [first] = parts
  if (first === undefined) return skipped('not_inference')
  if (parts.length === 1) return decodePart(first, decodeOne)
  return merged(parts.map((part) => ({ part, decoded: decodePart(part, decodeOne) })))
}

function decodePart(part: RawRecord, decodeOne: (event: CloudEvent) => Decoded): Decoded {
  const value = 'text' in part ? parseJson(part.text) : part.value
  if (value === undefined) return rejected('invalid_json', 'the event is no JSON')
  const event = envelopeEvent(value)
  return 'ok' in event ? { kind: 'rejected', rejection: event } : decodeOne(event)
}

function envelopeEvent(value: unknown): CloudEvent | Rejection {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return reject('not_an_object', 'a CloudEvent is a JSON object')
  }
  if (isTooDeep(value)) return reject('too_deep', `the event nests deeper than ${maxLevels} levels`)
  const attributes = textMembers(value)
  const { data, data_base64: base64 } = value as { data?: unknown; data_base64?: unknown }
  return (
    wrongVersion(attributes) ?? {
      attributes,
      data: typeof base64 === 'string' ? { bytes: Buffer.from(base64, 'base64') } : { value: data },
    }
  )
}

/** Members that are context attributes, as text; what is neither text, number nor boolean is none. */
function textMembers(value: object): Map<string, string> {
  const attributes = new Map<string, string>()
  for (const [name, member] of Object.entries(value) as [string, unknown][]) {
    if (name === 'data' || name === 'data_base64') continue
    if (typeof member === 'string' || typeof member === 'number' || typeof member === 'boolean')
      attributes.set(name.toLowerCase(), String(member))
  }
  return attributes
}

function wrongVersion(attributes: ReadonlyMap<string, string>): Rejection | null {
  const version = attributes.get('specversion')
  if (version?.startsWith('1.') === true) return null
  return reject('invalid_row', `no CloudEvent of version 1: its specversion is ${show(version)}`)
}

interface Part {
  readonly part: RawRecord
  readonly decoded: Decoded
}

function merged(parts: readonly Part[]): Decoded {
  const joined = joinedHalves(parts)
  if (joined.kind !== 'records') return joined
  const records = [...joined.records]
  for (const { part, decoded } of parts) {
    if (decoded.kind === 'rejected') records.push(part)
    else if (decoded.kind === 'records') for (const record of decoded.records) records.push(record)
  }
  return records.length === 0 ? skipped('not_inference') : { kind: 'records', records }
}

function joinedHalves(parts: readonly Part[]): Decoded {
  const halves = parts.flatMap(({ decoded }) => (decoded.kind === 'half' ? [decoded.half] : []))
  const responses = new Map(
    halves.flatMap((half) => (half.side === 'response' ? [[half.pair, half] as const] : [])),
  )
  const records: RawRecord[] = []
  for (const half of halves) {
    if (half.side === 'response') continue
    const response = responses.get(half.pair)
    if (response === undefined) return halfAlone
    const decoded = joinHalves(half, response)
    if (decoded.kind !== 'records') return decoded
    for (const record of decoded.records) records.push(record)
    responses.delete(half.pair)
  }
  return responses.size === 0 ? { kind: 'records', records } : halfAlone
}

const halfAlone = rejected(
  'invalid_row',
  'a batch with a request or a response whose other half is not in it: send such events one a message',
)
