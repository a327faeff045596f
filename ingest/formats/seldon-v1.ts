import { boundedJson } from './bounded-json.ts'
import {
  rejected,
  skipped,
  type Decoded,
  type PureDecoder,
  type FeatureRow,
  type Message,
} from './decoder.ts'
import { readInferJson } from './infer-json.ts'
import {
  maxRows,
  requestRows,
  responseRows,
  tensorFeatures,
  tensorOutputs,
  valueRows,
} from './inference-body.ts'
import { columnNames, featureRow } from './named-rows.ts'
import { isText } from './native.ts'
import type { DecodingOptions, OutputNames } from './options.ts'
import { outputRow } from './outputs.ts'
import { createTimestampReader } from '../timestamps.ts'
import { waitingHalf } from './waiting-half.ts'

type JsonObject = Readonly<Record<string, unknown>>

const typePrefix = 'io.seldon.serving.'

/**
 * Messages of the request logger of Seldon Core 1: CloudEvents over HTTP, and Kafka messages whose
 * headers have the same names without a prefix.
 *
 * - Pairs: `requestid` with `modelid`, the node of the inference graph; each node logs its own.
 * - Model: `inferenceservicename`, the deployment. A graph of several nodes needs a decoding with a
 *   model of its own name for each node that is monitored.
 * - Variant: `endpoint`, the predictor; the usual name `default` is `live`.
 * - Bodies: `data` with ndarray or tensor, jsonData, strData, and the Open Inference and TensorFlow
 *   protocols. binData has no columns and is refused.
 * - Feedback: its `truth` becomes a label a row of the request that it names; a reward alone is skipped.
 */
export function createSeldonV1Decoder(options: DecodingOptions): PureDecoder {
  const readTime = createTimestampReader()
  return {
    decode: (message) => {
      const type = attribute(message, 'type')
      if (!type.startsWith(typePrefix)) {
        return rejected('invalid_row', `the type "${type.slice(0, 64)}" is none of Seldon's`)
      }
      const { value } = message
      if (value === null || !isText(value)) {
        return rejected('invalid_encoding', 'the message is no valid UTF-8')
      }
      const body = boundedJson(value.toString('utf8'))
      if (!isObject(body)) return rejected('invalid_json', 'the body is no JSON object')
      const time = readTime(attribute(message, 'time'))
      const ts = Number.isNaN(time) ? message.timestamp : time
      return decodeBody(body, { type: type.slice(typePrefix.length), message, ts, options })
    },
  }
}

interface BodyContext {
  readonly type: string
  readonly message: Message
  readonly ts: number
  readonly options: DecodingOptions
}

function decodeBody(body: JsonObject, context: BodyContext): Decoded {
  const { type, message, options } = context
  if (type === 'feedback') return feedback(body, context)
  const id = attribute(message, 'requestid') || puidOf(body)
  if (id === '') return rejected('missing_id', 'no requestid to pair the message by')
  const facts = { ...about(context), id, pair: pairOf(message, id) }
  if (type === 'inference.request') {
    const rows = bodyRows(body, options.features)
    return typeof rows === 'string'
      ? rejected('invalid_row', rows)
      : waitingHalf({ ...facts, side: 'request', rows }, options.halves)
  }
  if (type !== 'inference.response') return skipped('not_inference')
  const error = errorOf(body)
  const rows = error === null ? bodyOutputs(body, options.outputs) : []
  return typeof rows === 'string'
    ? rejected('invalid_row', rows)
    : waitingHalf({ ...facts, side: 'response', rows, latencyMs: null, error }, options.halves)
}

/** A deployment may log one request at several nodes of its graph. */
const pairOf = (message: Message, id: string): string =>
  [
    attribute(message, 'namespace'),
    attribute(message, 'inferenceservicename'),
    attribute(message, 'modelid'),
    id,
  ]
    .map(encodeURIComponent)
    .join('/')

function about({ message, ts, options }: BodyContext) {
  const endpoint = attribute(message, 'endpoint')
  const namespace = attribute(message, 'namespace')
  return {
    ts,
    model: modelOf(message, options),
    version: options.version ?? '',
    variant: options.variant ?? (endpoint === 'default' ? 'live' : endpoint),
    tags: namespace === '' ? {} : { namespace },
  }
}

const modelOf = (message: Message, options: DecodingOptions): string =>
  options.model ?? (attribute(message, 'inferenceservicename') || attribute(message, 'modelid'))

/** The true answers, one a row, as labels of the request that they answer. */
function feedback(body: JsonObject, { message, ts, options }: BodyContext): Decoded {
  const { truth, request, response } = body
  if (!isObject(truth)) return skipped('not_inference')
  // The feedback is a request of its own: the one it is about has its id in the bodies it repeats.
  const id = puidOf(response) || puidOf(request) || attribute(message, 'requestid')
  if (id === '') return rejected('missing_id', 'the feedback names no request')
  const rows = bodyOutputs(truth, {
    prediction: null,
    score: null,
    classes: options.outputs.classes,
  })
  if (typeof rows === 'string') return rejected('missing_label', `truth: ${rows}`)
  const model = modelOf(message, options)
  const many = rows.length > 1
  return {
    kind: 'records',
    records: rows.map(({ prediction }, row) => ({
      value: { type: 'label', model, id: many ? `${id}#${row}` : id, label: prediction, ts },
    })),
  }
}

function bodyRows(body: JsonObject, features: readonly string[]): FeatureRow[] | string {
  const { data, jsonData, strData, binData } = body
  if (isObject(data)) {
    const table = tableOf(data)
    if (typeof table === 'string') return table
    const names = table.names.length > 0 ? table.names : features
    return table.rows.map((row) => featureRow(row, names))
  }
  if (jsonData !== undefined) return requestRows(jsonData, features)
  if (strData !== undefined) return [featureRow(strData, features)]
  if (binData !== undefined) return noColumns
  if (!Array.isArray(body['inputs'])) return requestRows(body, features)
  const message = readInferJson(body, 'request')
  return typeof message === 'string' ? message : tensorFeatures(message.tensors, features)
}

function bodyOutputs(body: JsonObject, names: OutputNames) {
  const { data, jsonData, strData, binData } = body
  if (isObject(data)) {
    const table = tableOf(data)
    return typeof table === 'string' ? table : valueRows(outputValues(table, names), names)
  }
  if (jsonData !== undefined) return responseRows(jsonData, names)
  if (strData !== undefined) return [outputRow(strData, names)]
  if (binData !== undefined) return noColumns
  if (!Array.isArray(body['outputs'])) return responseRows(body, names)
  const message = readInferJson(body, 'response')
  return typeof message === 'string' ? message : tensorOutputs(message.tensors, names)
}

const noColumns = 'binData has no columns that could be counted'

interface Table {
  /** Empty, or a name for each value of a row. */
  readonly names: readonly string[]
  readonly rows: readonly unknown[]
}

/** Rows of `ndarray` or `tensor`. A list of plain values is one row where its names say so, else rows. */
function tableOf({ names: given, ndarray, tensor, tftensor }: JsonObject): Table | string {
  const names = Array.isArray(given) ? columnNames(given) : []
  if (names === null) return 'a column whose name is no text'
  if (tftensor !== undefined) return 'tftensor is not read: log the Seldon or the v2 protocol'
  const rows = tensor === undefined ? ndarray : tensorLists(tensor)
  if (typeof rows === 'string') return rows
  if (!Array.isArray(rows)) return 'data without ndarray or tensor'
  if (rows.length > maxRows) return `more than ${maxRows} rows`
  const flat = !rows.some((row) => Array.isArray(row))
  const one = flat && names.length > 1 && names.length === rows.length
  return { names, rows: one ? [rows] : (rows as unknown[]) }
}

function tensorLists(tensor: unknown): unknown[] | string {
  const shape = isObject(tensor) ? tensor['shape'] : undefined
  const values = isObject(tensor) ? tensor['values'] : undefined
  if (!Array.isArray(shape) || !Array.isArray(values)) return 'a tensor without shape and values'
  const sizes: readonly unknown[] = shape
  if (!sizes.every(isSize)) return "the tensor's shape is no list of sizes"
  if (sizes.reduce((product, size) => product * size, 1) !== values.length) {
    return `the tensor's shape does not fit its ${values.length} values`
  }
  const list = values as unknown[]
  const count = sizes[0] ?? 1
  if (sizes.length < 2 || count === 0) return list
  const width = list.length / count
  return Array.from({ length: count }, (_, row) => list.slice(row * width, (row + 1) * width))
}

const isSize = (size: unknown): size is number => Number.isSafeInteger(size) && Number(size) >= 0

/** Seldon's own stand-ins, which name no class. */
const madeUpName = /^t:\d+$/

function outputValues({ names, rows }: Table, { classes }: OutputNames): readonly unknown[] {
  if (names.length === 0 || classes.length > 0 || names.every((name) => madeUpName.test(name))) {
    return rows
  }
  return rows.map((row) => {
    const values: readonly unknown[] = Array.isArray(row) ? row : [row]
    if (values.length !== names.length) return row
    return Object.fromEntries(names.map((name, i) => [name, values[i]]))
  })
}

/** Why the model failed, in few words so that they can be counted. */
function errorOf({ status }: JsonObject): string | null {
  if (!isObject(status) || status['status'] !== 'FAILURE') return null
  const { reason, code } = status
  if (typeof reason === 'string' && reason !== '') return reason.slice(0, 128)
  return typeof code === 'number' ? `status ${code}` : 'FAILURE'
}

function puidOf(body: unknown): string {
  const meta = isObject(body) ? body['meta'] : undefined
  const puid = isObject(meta) ? meta['puid'] : undefined
  return typeof puid === 'string' ? puid : ''
}

/** An attribute of a CloudEvent over HTTP or Kafka, or of Seldon's own Kafka logger; '' for none. */
const attribute = ({ headers }: Message, name: string): string =>
  headers.get(`ce-${name}`) ?? headers.get(`ce_${name}`) ?? headers.get(name) ?? ''

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
