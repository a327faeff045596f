import { boundedJson } from './bounded-json.ts'
import { rejected, type Decoded, type PureDecoder } from './decoder.ts'
import { requestRows, responseRows } from './inference-body.ts'
import { joinHalves } from './join-halves.ts'
import { decodeJsonLines } from './json-lines.ts'
import { createLocalTimeReader } from './local-time.ts'
import type { DecodingOptions } from './options.ts'

type JsonObject = Readonly<Record<string, unknown>>
type ReadTime = (text: string) => number

/**
 * Rows of a Databricks inference table, as JSON: a request and its response in one row, both as the
 * JSON text that an MLflow server takes and gives. The columns of the AI Gateway's tables and of the
 * older ones are read alike.
 *
 * - Id: `client_request_id`, which the sender chose so that it can name the request later; without it
 *   `databricks_request_id`.
 * - A row whose status is not 200 gives events with an error and without an output.
 * - `sampling_fraction` is kept as a tag. A uniform sample leaves every distribution as it is; counts
 *   are counts of the sample.
 */
export function createMlflowDecoder(options: DecodingOptions): PureDecoder {
  const readTime = createLocalTimeReader(options.timeZone)
  return {
    decode: (message) =>
      decodeJsonLines(message, (row) =>
        isObject(row)
          ? decodeRow(row, { options, readTime, sentAt: message.timestamp })
          : rejected('not_an_object', 'a row of an inference table is an object'),
      ),
  }
}

interface RowContext {
  readonly options: DecodingOptions
  readonly readTime: ReadTime
  readonly sentAt: number
}

function decodeRow(row: JsonObject, { options, readTime, sentAt }: RowContext): Decoded {
  const ts = timeOf(row, readTime, sentAt)
  if (Number.isNaN(ts)) return rejected('invalid_timestamp', 'the time of the request is none')
  const rows = requestRows(payload(row['request']), options.features)
  if (typeof rows === 'string') return rejected('invalid_row', withLogged(row, `request: ${rows}`))
  const status = numberOf(row['status_code'])
  const error = status === null || status === 200 ? null : `HTTP ${status}`
  const outputs = error === null ? responseRows(payload(row['response']), options.outputs) : []
  if (typeof outputs === 'string') {
    return rejected('invalid_row', withLogged(row, `response: ${outputs}`))
  }
  const shared = { ...about(row, options), ts }
  return joinHalves(
    { side: 'request', ...shared, tags: tagsOf(row), rows },
    { side: 'response', ...shared, tags: {}, rows: outputs, latencyMs: latencyOf(row), error },
  )
}

function about(row: JsonObject, options: DecodingOptions) {
  const metadata = objectOf(row['request_metadata'])
  const id = textOf(row['client_request_id']) ?? textOf(row['databricks_request_id']) ?? ''
  return {
    pair: id,
    id,
    model: options.model ?? textOf(metadata['model_name']) ?? textOf(row['endpoint_name']) ?? '',
    version:
      options.version ?? textOf(metadata['model_version']) ?? textOf(row['served_entity_id']) ?? '',
    variant: options.variant ?? '',
  }
}

function tagsOf(row: JsonObject): Record<string, string> {
  const fraction = textOf(row['sampling_fraction'])
  return fraction === null ? {} : { sampling_fraction: fraction }
}

/** A payload that was too large to be logged leaves its reason beside it. */
function withLogged(row: JsonObject, problem: string): string {
  const codes = row['logging_error_codes']
  if (!Array.isArray(codes) || codes.length === 0) return problem
  return `${problem} (logging_error_codes: ${JSON.stringify(codes.slice(0, 4)).slice(0, 100)})`
}

function timeOf(row: JsonObject, readTime: ReadTime, sentAt: number): number {
  const at = row['request_time'] ?? row['timestamp_ms'] ?? row['event_time']
  if (at === undefined || at === null) return sentAt
  if (typeof at === 'number') return at
  if (typeof at !== 'string') return NaN
  return /^\d{12,14}$/.test(at) ? Number(at) : readTime(at)
}

const latencyOf = (row: JsonObject): number | null =>
  numberOf(row['execution_duration_ms'] ?? row['execution_time_ms'] ?? row['latency_ms'])

/** The column's JSON text; an exporter may have parsed it already. */
const payload = (column: unknown): unknown =>
  typeof column === 'string' ? boundedJson(column) : (column ?? undefined)

const objectOf = (column: unknown): JsonObject => {
  const value = payload(column)
  return isObject(value) ? value : {}
}

/** Numbers come as text from exporters that keep 64 bits exact. */
function numberOf(value: unknown): number | null {
  const number = typeof value === 'string' && value !== '' ? Number(value) : value
  return typeof number === 'number' && Number.isFinite(number) ? number : null
}

function textOf(value: unknown): string | null {
  if (typeof value === 'number') return String(value)
  return typeof value === 'string' && value !== '' ? value : null
}

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
