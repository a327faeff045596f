import { createTimestampReader } from '../timestamps.ts'
import { show } from '../rejection.ts'
import { attribute, decodeCloudEvents, jsonOf, type CloudEvent } from './cloud-event.ts'
import { rejected, skipped, type Decoded, type PureDecoder } from './decoder.ts'
import { listRows, valueRows } from './inference-body.ts'
import type { DecodingOptions } from './options.ts'
import { waitingHalf } from './waiting-half.ts'

/** Types of the events of Azure ML's data collector begin with this. */
export const azureMlTypes = 'azureml.inference.'

/**
 * Events of Azure ML's data collector: CloudEvents whose data is the rows of a pandas frame, one
 * message (or line of its blobs) each for `inputs` and `outputs`.
 *
 * - Pairs: `correlationid`, where it is missing `xrequestid`. It is the event's id too; of several
 *   rows `<id>#<row>`.
 * - Model: `modelname`, else the endpoint in the source; a decoding's `model` is clearer. Version:
 *   `modelversion`. Variant: the deployment in the source.
 * - Collections are called `inputs` and `outputs`, or `model_inputs` and `model_outputs`. Others (such
 *   as `inputs_outputs`), data in part, and data by reference because of its size are refused.
 */
export function createAzureMlDecoder(options: DecodingOptions): PureDecoder {
  const readTime = createTimestampReader()
  return {
    decode: (message) =>
      decodeCloudEvents(message, (event) => {
        const type = attribute(event, 'type')
        if (!type.startsWith(azureMlTypes)) return skipped('not_inference')
        const time = readTime(attribute(event, 'time'))
        const ts = Number.isNaN(time) ? message.timestamp : time
        return decodeHalf(event, { name: type.slice(azureMlTypes.length), ts, options })
      }),
  }
}

interface Context {
  readonly name: string
  readonly ts: number
  readonly options: DecodingOptions
}

function decodeHalf(event: CloudEvent, context: Context): Decoded {
  const { options } = context
  const name = context.name.replace(/^model_/, '')
  if (name !== 'inputs' && name !== 'outputs') {
    return rejected(
      'invalid_row',
      `a collection ${show(name)} is neither "inputs" nor "outputs": collect the two under these names`,
    )
  }
  const id = attribute(event, 'correlationid') || attribute(event, 'xrequestid')
  if (id === '') return rejected('missing_id', 'the event has no correlationid to be paired by')
  const problem = notWhole(event)
  if (problem !== null) return rejected('invalid_row', problem)
  const data = jsonOf(event)
  if (!Array.isArray(data)) return rejected('invalid_row', 'the data is no list of rows')
  const facts = { ...factsOf(event, context), id, pair: id }
  if (name === 'inputs') {
    const rows = listRows(data, options.features)
    return typeof rows === 'string'
      ? rejected('invalid_row', rows)
      : waitingHalf({ ...facts, side: 'request', rows }, options.halves)
  }
  const rows = valueRows(data, options.outputs)
  return typeof rows === 'string'
    ? rejected('invalid_row', rows)
    : waitingHalf(
        { ...facts, side: 'response', rows, latencyMs: null, error: null },
        options.halves,
      )
}

/** `bytes 0-116/117` says that all 117 bytes are there. */
const contentRange = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15})$/

function notWhole(event: CloudEvent): string | null {
  if (attribute(event, 'dataref') !== '') {
    return 'the data was stored by reference, being too large for the event'
  }
  const range = attribute(event, 'contentrange')
  if (range === '') return null
  const [, from, to, total] = contentRange.exec(range) ?? []
  const whole = from === '0' && Number(to) + 1 === Number(total)
  return whole ? null : `the event holds a part of the data only: ${show(range)}`
}

const placeInSource = /\/onlineEndpoints\/([^/]{1,128})(?:\/deployments\/([^/]{1,128}))?/i

function factsOf(event: CloudEvent, { ts, options }: Context) {
  const [, endpoint = '', deployment = ''] =
    placeInSource.exec(attribute(event, 'source').slice(0, 2048)) ?? []
  return {
    ts,
    model: options.model ?? (attribute(event, 'modelname') || endpoint),
    version: options.version ?? attribute(event, 'modelversion'),
    variant: options.variant ?? deployment,
    tags: {},
  }
}
