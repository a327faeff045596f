import { createTimestampReader } from '../timestamps.ts'
import { isName, show } from '../rejection.ts'
import { attribute, decodeCloudEvents, jsonOf, type CloudEvent } from './cloud-event.ts'
import {
  rejected,
  skipped,
  type Decoded,
  type PureDecoder,
  type FeatureRow,
  type OutputRow,
} from './decoder.ts'
import { readInferJson } from './infer-json.ts'
import { requestRows, responseRows, tensorFeatures, tensorOutputs } from './inference-body.ts'
import { parseJson } from './native.ts'
import type { DecodingOptions } from './options.ts'
import { waitingHalf } from './waiting-half.ts'

type JsonObject = Readonly<Record<string, unknown>>

/** Types of the events of KServe's logger begin with this. */
export const kserveTypes = 'org.kubeflow.serving.inference.'

/**
 * Messages of KServe's inference logger, straight from its agent or through a Knative broker:
 * CloudEvents whose data is the body of a request or response, of protocol v1 or v2.
 *
 * - Pairs: namespace, service, component and the event's id, which the agent gives both halves. The id
 *   is the event's too; of a request of several rows, `<id>#<row>`.
 * - Model: the service; of another component than the predictor `<service>/<component>`, since a
 *   transformer sees other columns under the same id.
 * - Version: `model_version` of a v2 response. Variant: the endpoint, where `default` is `live`.
 * - Tags: the namespace, and headers that the logger was told to add (`metadata`), in lower case.
 * - Time: when the agent sent the event. Latency is in neither half.
 *
 * All extensions may be missing: older agents send fewer. The agent logs no response but with status
 * 200, so a failed request stays without its other half.
 */
export function createKserveDecoder(options: DecodingOptions): PureDecoder {
  const readTime = createTimestampReader()
  return {
    decode: (message) =>
      decodeCloudEvents(message, (event) => {
        const type = attribute(event, 'type')
        if (!type.startsWith(kserveTypes)) return skipped('not_inference')
        const time = readTime(attribute(event, 'time'))
        const ts = Number.isNaN(time) ? message.timestamp : time
        return decodeHalf(event, { side: type.slice(kserveTypes.length), ts, options })
      }),
  }
}

interface Context {
  readonly side: string
  readonly ts: number
  readonly options: DecodingOptions
}

function decodeHalf(event: CloudEvent, context: Context): Decoded {
  const { side, options } = context
  if (side !== 'request' && side !== 'response') return skipped('not_inference')
  if (attribute(event, 'id') === '') return rejected('missing_id', 'the event has no id')
  const body = jsonOf(event)
  if (!isObject(body)) return noJson(event)
  const facts = factsOf(event, body, context)
  if (side === 'request') {
    const rows = bodyFeatures(body, options)
    return typeof rows === 'string'
      ? rejected('invalid_row', rows)
      : waitingHalf({ ...facts, side, rows }, options.halves)
  }
  const error =
    typeof body['error'] === 'string' ? body['error'].slice(0, 200).toWellFormed() : null
  const rows = error === null ? bodyOutputs(body, options) : []
  return typeof rows === 'string'
    ? rejected('invalid_row', rows)
    : waitingHalf({ ...facts, side, rows, latencyMs: null, error }, options.halves)
}

function noJson({ data }: CloudEvent): Decoded {
  // Tensors of the binary extension follow the JSON that describes them.
  const start = 'bytes' in data ? data.bytes.subarray(0, 4096).toString('latin1') : ''
  return start.includes('"binary_data_size"')
    ? rejected(
        'invalid_encoding',
        'tensors of the binary extension are not read: let the client send its tensors as JSON',
      )
    : rejected('invalid_json', 'the body is no JSON object')
}

function factsOf(event: CloudEvent, body: JsonObject, { ts, options }: Context) {
  const id = attribute(event, 'id')
  const service = attribute(event, 'inferenceservicename')
  const namespace = attribute(event, 'namespace')
  const component = attribute(event, 'component')
  const endpoint = attribute(event, 'endpoint')
  const named = component === '' || component === 'predictor' ? service : `${service}/${component}`
  return {
    pair: [namespace, service, component, id].map(encodedPart).join('/'),
    id,
    ts,
    model: options.model ?? (service === '' ? textOf(body['model_name']) : named),
    version: options.version ?? textOf(body['model_version']),
    variant: options.variant ?? (endpoint === 'default' ? 'live' : endpoint),
    tags: { ...metadataTags(attribute(event, 'metadata')), ...tag('namespace', namespace) },
  }
}

const encodedPart = (text: string): string => encodeURIComponent(text.toWellFormed())

const maxTags = 32
const maxTagChars = 256

/** `{"X-Tenant":["acme"]}`: the first value of each header. */
function metadataTags(metadata: string): Record<string, string> {
  const headers = metadata === '' ? undefined : parseJson(metadata)
  if (!isObject(headers)) return {}
  const tags = Object.entries(headers)
    .slice(0, maxTags)
    .flatMap(([name, values]) => {
      const value: unknown = Array.isArray(values) ? values[0] : values
      return typeof value === 'string' ? Object.entries(tag(name.toLowerCase(), value)) : []
    })
  return Object.fromEntries(tags)
}

/** Nothing for what cannot be a tag: an event is worth more than a label on it. */
const tag = (name: string, value: string): Record<string, string> =>
  value !== '' && value.length <= maxTagChars && isName(name) ? { [name]: value } : {}

function bodyFeatures(body: JsonObject, { features }: DecodingOptions): FeatureRow[] | string {
  if (Array.isArray(body['instances'])) return requestRows(body, features)
  if (!Array.isArray(body['inputs'])) {
    return `a request has "instances" or "inputs", this one ${membersOf(body)}`
  }
  const message = readInferJson(body, 'request')
  return typeof message === 'string' ? message : tensorFeatures(message.tensors, features)
}

function bodyOutputs(body: JsonObject, { outputs }: DecodingOptions): OutputRow[] | string {
  if (body['predictions'] !== undefined) return responseRows(body, outputs)
  if (!Array.isArray(body['outputs'])) {
    return `a response has "predictions" or "outputs", this one ${membersOf(body)}`
  }
  const message = readInferJson(body, 'response')
  return typeof message === 'string' ? message : tensorOutputs(message.tensors, outputs)
}

const membersOf = (body: JsonObject): string =>
  `has ${Object.keys(body).slice(0, 5).map(show).join(', ') || 'nothing'}`

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
