import { boundedJson } from './bounded-json.ts'
import {
  rejected,
  skipped,
  type Decoded,
  type PureDecoder,
  type Half,
  type Message,
} from './decoder.ts'
import { readInferJson } from './infer-json.ts'
import { readInferMessage, type InferMessage } from './infer-message.ts'
import { tensorFeatures, tensorOutputs } from './inference-body.ts'
import { isText } from './native.ts'
import type { DecodingOptions } from './options.ts'
import { waitingHalf } from './waiting-half.ts'

/** `<prefix>.<namespace>.model.<name>.inputs`; the prefix is free and may hold dots itself. */
const inferenceTopic = /^.+\.([^.]+)\.(model|pipeline)\.([^.]+)\.(inputs|outputs)$/
const errorsTopic = '.errors.errors'

/** Headers that carry the request's id, the likeliest first. */
const requestIdHeaders = ['x-request-id', 'ce_requestid', 'request-id']
/** Set on messages that stand for a failed inference. */
const errorHeader = 'seldon-pipeline-errors'
const pipelineHeader = 'pipeline'

/**
 * Messages of the topics of Seldon Core 2: the inputs and outputs of models and of pipelines, as
 * protobuf or as JSON of the Open Inference Protocol.
 *
 * - Model and namespace come from the topic's name, so that one decoding reads a whole mesh. A pipeline
 *   is a model of its own, named after it. Outside such topics the message has to name its model.
 * - Pairs: the header `x-request-id` (else the message's id), with the model and the pipeline that the
 *   request runs in: one request may pass one model in several pipelines.
 * - Error messages are skipped: they say nothing of the row that failed.
 */
export function createSeldonV2Decoder(options: DecodingOptions): PureDecoder {
  return { decode: (message) => decode(message, options) }
}

interface Place {
  readonly namespace: string
  readonly name: string
  readonly side: 'request' | 'response'
}

function decode(message: Message, options: DecodingOptions): Decoded {
  const { topic, headers, value } = message
  if (topic.endsWith(errorsTopic) || headers.has(errorHeader)) return skipped('not_inference')
  if (value === null) return rejected('not_an_object', 'the message has no value')
  const body = jsonOf(value)
  const place = placeOf(topic) ?? placeOfBody(body)
  if (place === null) {
    return rejected(
      'invalid_row',
      `the topic "${topic.slice(0, 128)}" is none of a model's inputs or outputs`,
    )
  }
  const read =
    body === undefined ? readInferMessage(value, place.side) : readInferJson(body, place.side)
  if (typeof read === 'string') return rejected('invalid_row', read)
  const id = requestId(message) ?? read.id
  if (id === '') return rejected('missing_id', 'neither a header x-request-id nor an id')
  return half(read, { place, id, message, options })
}

interface HalfContext {
  readonly place: Place
  readonly id: string
  readonly message: Message
  readonly options: DecodingOptions
}

function half(read: InferMessage, { place, id, message, options }: HalfContext): Decoded {
  const pipeline = message.headers.get(pipelineHeader) ?? ''
  const facts = {
    pair: [place.namespace, place.name, pipeline, id].map(encodeURIComponent).join('/'),
    id,
    ts: message.timestamp,
    model: options.model ?? place.name,
    version: options.version ?? '',
    variant: options.variant ?? '',
    tags: {
      ...(place.namespace === '' ? {} : { namespace: place.namespace }),
      ...(pipeline === '' ? {} : { pipeline }),
    },
  }
  if (place.side === 'request') {
    const rows = tensorFeatures(read.tensors, options.features)
    return typeof rows === 'string'
      ? rejected('invalid_row', rows)
      : waitingHalf({ ...facts, side: 'request', rows }, options.halves)
  }
  const rows = tensorOutputs(read.tensors, options.outputs)
  if (typeof rows === 'string') return rejected('invalid_row', rows)
  // The server's own name of the model is made of name and revision; its version is the revision.
  const version = options.version ?? read.modelVersion
  const response: Half = { ...facts, version, side: 'response', rows, latencyMs: null, error: null }
  return waitingHalf(response, options.halves)
}

function placeOf(topic: string): Place | null {
  const match = inferenceTopic.exec(topic)
  if (match === null) return null
  const [, namespace = '', , name = '', direction] = match
  return { namespace, name, side: direction === 'inputs' ? 'request' : 'response' }
}

/** A body that was taken from its topic still says which side it is, and may say which model. */
function placeOfBody(body: unknown): Place | null {
  if (typeof body !== 'object' || body === null) return null
  const name = 'modelName' in body ? body.modelName : 'model_name' in body ? body.model_name : ''
  const side = 'outputs' in body ? 'response' : 'inputs' in body ? 'request' : null
  return side === null ? null : { namespace: '', name: typeof name === 'string' ? name : '', side }
}

function requestId({ headers }: Message): string | null {
  for (const name of requestIdHeaders) {
    const id = headers.get(name)
    if (id !== undefined && id !== '') return id
  }
  return null
}

/** A protobuf message may begin with the same bytes, but never is JSON to its end. */
function jsonOf(value: Buffer): unknown {
  const start = value.subarray(0, 64).toString('latin1').trimStart()
  return start.startsWith('{') && isText(value) ? boundedJson(value.toString('utf8')) : undefined
}
