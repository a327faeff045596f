import { isUtf8 } from 'node:buffer'
import { boundedJson } from './bounded-json.ts'
import { csvRows } from './csv-payload.ts'
import {
  rejected,
  type Decoded,
  type PureDecoder,
  type FeatureRow,
  type OutputRow,
} from './decoder.ts'
import { listRows, maxRows, requestRows, responseRows, valueRows } from './inference-body.ts'
import { joinHalves } from './join-halves.ts'
import { decodeJsonLines } from './json-lines.ts'
import { nativeRecords } from './native.ts'
import type { DecodingOptions } from './options.ts'
import { createTimestampReader } from '../timestamps.ts'

type JsonObject = Readonly<Record<string, unknown>>

/** A captured payload, decoded as its encoding says. */
type Payload =
  | { readonly kind: 'csv'; readonly rows: unknown[][] }
  /** One value, or one a line. */
  | { readonly kind: 'json'; readonly values: readonly unknown[] }

/**
 * Lines of SageMaker Data Capture: what went into an endpoint and what came out of it, in one record.
 *
 * - Payloads: CSV, JSON, JSON lines, and BASE64 of them, which is what is captured where the endpoint
 *   names no content types. Others (images, RecordIO) are refused with their content type.
 * - Names: those in a JSON payload; CSV and lists take `features`.
 * - Id: `inferenceId`, which the caller chose, else `eventId`. The records name no endpoint, so the
 *   model is the decoding's.
 * - A record with an input alone gives events without an output, one with an output alone the reverse:
 *   capture can be set to either.
 */
export function createSagemakerDecoder(options: DecodingOptions): PureDecoder {
  const readTime = createTimestampReader()
  return {
    decode: (message) =>
      decodeJsonLines(message, (record) => {
        const captured = isObject(record) ? record['captureData'] : undefined
        if (!isObject(record) || !isObject(captured)) {
          return rejected('invalid_row', 'no "captureData": not a record of Data Capture')
        }
        const metadata = isObject(record['eventMetadata']) ? record['eventMetadata'] : {}
        const time = metadata['inferenceTime']
        const ts = time === undefined ? message.timestamp : readTime(time)
        return Number.isNaN(ts)
          ? rejected('invalid_timestamp', '"inferenceTime" is no time')
          : decodeCapture(captured, { options, ts, id: idOf(metadata) })
      }),
  }
}

interface CaptureFacts {
  readonly options: DecodingOptions
  readonly ts: number
  readonly id: string
}

function decodeCapture(captured: JsonObject, { options, ts, id }: CaptureFacts): Decoded {
  const inputs = inputRows(captured['endpointInput'], options.features)
  if (typeof inputs === 'string') return rejected('invalid_row', `endpointInput: ${inputs}`)
  const outputs = outputRows(captured['endpointOutput'], options, inputs?.length ?? null)
  if (typeof outputs === 'string') return rejected('invalid_row', `endpointOutput: ${outputs}`)
  if (inputs === null && outputs === null) {
    return rejected('invalid_row', 'neither an endpointInput nor an endpointOutput')
  }
  const facts = { ...about(options), pair: id, id, ts, tags: {} }
  return joinHalves(
    { ...facts, side: 'request', rows: inputs ?? emptyRows(outputs) },
    {
      ...facts,
      side: 'response',
      rows: outputs ?? emptyRows(inputs),
      latencyMs: null,
      error: null,
    },
  )
}

const about = ({ model, version, variant }: DecodingOptions) => ({
  model: model ?? '',
  version: version ?? '',
  variant: variant ?? '',
})

const emptyRows = (like: readonly unknown[] | null) => (like ?? []).map(() => ({}))

function inputRows(side: unknown, features: readonly string[]): FeatureRow[] | string | null {
  if (!isObject(side)) return null
  const payload = payloadOf(side)
  if (typeof payload === 'string') return payload
  if (payload.kind === 'csv') return listRows(payload.rows, features)
  return eachValue(payload.values, (value) => requestRows(value, features))
}

/** `expected` rows, where the input told how many there are. */
function outputRows(
  side: unknown,
  { outputs }: DecodingOptions,
  expected: number | null,
): OutputRow[] | string | null {
  if (!isObject(side)) return null
  const payload = payloadOf(side)
  if (typeof payload === 'string') return payload
  if (payload.kind === 'json') {
    return eachValue(payload.values, (value) => responseRows(value, outputs))
  }
  const { rows } = payload
  const [line] = rows
  // Some built-in algorithms answer a batch with one line, a number for each row of the input.
  const values: readonly unknown[] =
    rows.length === 1 && line !== undefined && expected !== 1 && line.length === expected
      ? line
      : rows.map((row) => (row.length === 1 ? row[0] : row))
  return valueRows(values, outputs)
}

function eachValue<Row>(
  values: readonly unknown[],
  rowsOf: (value: unknown) => Row[] | string,
): Row[] | string {
  const all: Row[] = []
  for (const value of values) {
    const rows = rowsOf(value)
    if (typeof rows === 'string') return rows
    if (all.length + rows.length > maxRows) return `more than ${maxRows} rows`
    for (const row of rows) all.push(row)
  }
  return all
}

function payloadOf(side: JsonObject): Payload | string {
  const { data, encoding } = side
  if (typeof data !== 'string') return 'no "data" in the record: the payload is stored elsewhere'
  const contentType = mediaType(side['observedContentType'])
  if (encoding === 'CSV') return csvPayload(data)
  if (encoding === 'JSON') return jsonPayload(Buffer.from(data))
  if (encoding !== 'BASE64') return 'the encoding is none of CSV, JSON and BASE64'
  const bytes = Buffer.from(data, 'base64')
  if (contentType.endsWith('csv')) {
    return isUtf8(bytes) ? csvPayload(bytes.toString('utf8')) : 'the CSV is no valid UTF-8'
  }
  if (contentType.includes('json')) return jsonPayload(bytes)
  return `a payload of the content type "${contentType.slice(0, 64)}" has no columns`
}

const mediaType = (contentType: unknown): string =>
  typeof contentType === 'string' ? (contentType.split(';', 1)[0] ?? '').trim().toLowerCase() : ''

function csvPayload(text: string): Payload | string {
  const rows = csvRows(text, maxRows)
  return typeof rows === 'string' ? rows : { kind: 'csv', rows }
}

function jsonPayload(bytes: Buffer): Payload | string {
  if (!isUtf8(bytes)) return 'the JSON is no valid UTF-8'
  const whole = boundedJson(bytes.toString('utf8'))
  if (whole !== undefined) return { kind: 'json', values: [whole] }
  const values: unknown[] = []
  for (const part of nativeRecords(bytes)) {
    const value = 'text' in part ? boundedJson(part.text) : undefined
    if (value === undefined) return 'the payload is no JSON, or nests too deep'
    values.push(value)
  }
  return values.length === 0 ? 'the payload is empty' : { kind: 'json', values }
}

function idOf(metadata: JsonObject): string {
  const { inferenceId, eventId } = metadata
  if (typeof inferenceId === 'string' && inferenceId !== '') return inferenceId
  return typeof eventId === 'string' ? eventId : ''
}

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
