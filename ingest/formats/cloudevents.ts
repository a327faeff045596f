import { kindOf } from '../rejection.ts'
import { createTimestampReader } from '../timestamps.ts'
import { azureMlTypes, createAzureMlDecoder } from './azure-ml.ts'
import {
  attribute,
  binaryMessage,
  decodeCloudEvents,
  jsonOf,
  type CloudEvent,
} from './cloud-event.ts'
import { rejected, skipped, type Decoded, type PureDecoder } from './decoder.ts'
import { createKserveDecoder, kserveTypes } from './kserve.ts'
import type { DecodingOptions } from './options.ts'
import { createSeldonV1Decoder } from './seldon-v1.ts'

/**
 * CloudEvents whose data is a native event or label, or an array of them:
 *
 * - an event without an `id` takes the CloudEvent's, in an array `<id>#<index>`; a label has to name
 *   its event itself;
 * - an event or label without a `ts` takes the CloudEvent's `time`;
 * - `model`, `version` and `variant` of the decoding stand instead of the data's;
 * - `source`, `subject` and extensions are left out: what is worth slicing by belongs in `tags`.
 *
 * Types of KServe, Seldon and Azure ML go to the decoders of those systems. An event without data is
 * skipped.
 */
export function createCloudEventsDecoder(options: DecodingOptions): PureDecoder {
  const readTime = createTimestampReader()
  const systems = [
    { types: kserveTypes, decoder: createKserveDecoder(options) },
    { types: azureMlTypes, decoder: createAzureMlDecoder(options) },
    { types: 'io.seldon.serving.', decoder: createSeldonV1Decoder(options) },
  ]
  return {
    decode: (message) =>
      decodeCloudEvents(message, (event) => {
        const type = attribute(event, 'type')
        const system = systems.find(({ types }) => type.startsWith(types))
        if (system !== undefined) return system.decoder.decode(binaryMessage(event, message))
        const time = readTime(attribute(event, 'time'))
        return nativeData(event, Number.isNaN(time) ? message.timestamp : time, options)
      }),
  }
}

type JsonObject = Readonly<Record<string, unknown>>

function nativeData(event: CloudEvent, ts: number, options: DecodingOptions): Decoded {
  const data = jsonOf(event)
  if (data === undefined || data === null) {
    return 'bytes' in event.data && event.data.bytes.length > 0
      ? rejected('invalid_json', "the CloudEvent's data is no JSON")
      : skipped('not_inference')
  }
  const list: readonly unknown[] = Array.isArray(data) ? data : [data]
  if (list.length > maxRecords)
    return rejected('event_too_large', `more than ${maxRecords} records`)
  const id = attribute(event, 'id')
  const records = []
  for (const [i, item] of list.entries()) {
    if (!isObject(item)) {
      return rejected(
        'not_an_object',
        `the CloudEvent's data must be native events or labels, found ${kindOf(item)}`,
      )
    }
    records.push({
      value: completed(item, { id: list.length > 1 ? `${id}#${i}` : id, ts, options }),
    })
  }
  return { kind: 'records', records }
}

const maxRecords = 100_000

interface Context {
  readonly id: string
  readonly ts: number
  readonly options: DecodingOptions
}

function completed(item: JsonObject, { id, ts, options }: Context): JsonObject {
  const { model, version, variant } = options
  const isLabel = item['type'] === 'label'
  const hasId = (item['id'] ?? '') !== '' || id === ''
  return {
    ...item,
    ...(hasId || isLabel ? {} : { id }),
    ...((item['ts'] ?? null) === null ? { ts } : {}),
    ...(model === null ? {} : { model }),
    ...(version === null || isLabel ? {} : { version }),
    ...(variant === null || isLabel ? {} : { variant }),
  }
}

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
