import type { Message } from './decoder.ts'

/** Formats that can be told from a message; those of KServe and Azure ML are CloudEvents. */
export type DetectedFormat =
  'native' | 'cloudevents' | 'seldon-v1' | 'seldon-v2' | 'sagemaker' | 'mlflow' | 'bentoml'

/**
 * The wire format of a message: by its headers, then its topic, then the names of the members of its
 * first JSON object, as far as they lie within its first 4 kB. `native` when nothing else, and as soon
 * as a member `model` comes, with which native events usually begin. Never throws.
 */
export function detectFormat({ value, headers, topic }: Message): DetectedFormat {
  if (headers.has('ce-specversion') || headers.has('ce_specversion')) return 'cloudevents'
  if (/^application\/cloudevents/i.test(headers.get('content-type') ?? '')) return 'cloudevents'
  if (headers.get('type')?.startsWith('io.seldon.serving.') === true) return 'seldon-v1'
  if (seldonTopic.test(topic)) return 'seldon-v2'
  return value === null ? 'native' : formatOf(value.subarray(0, lookedAt))
}

const seldonTopic = /^seldon\.[^.]+\.(?:(?:model|pipeline)\..+\.(?:inputs|outputs)|errors\.errors)$/

const lookedAt = 4096

/** A member that no other format has at its top. */
const marks: ReadonlyMap<string, DetectedFormat> = new Map([
  ['model', 'native'],
  ['specversion', 'cloudevents'],
  ['captureData', 'sagemaker'],
  ['databricks_request_id', 'mlflow'],
  ['client_request_id', 'mlflow'],
])

/** What BentoML adds to each line; an event of another system may have one or two of them. */
const bentomlMembers = ['timestamp', 'request_id', 'trace_id']

function formatOf(start: Buffer): DetectedFormat {
  const members = new Set<string>()
  for (const name of memberNames(start)) {
    const format = marks.get(name)
    if (format !== undefined) return format
    members.add(name)
  }
  const isSchema = members.has('meta_data') && members.has('columns')
  const isLine = bentomlMembers.every((name) => members.has(name))
  return isSchema || isLine ? 'bentoml' : 'native'
}

const quote = 34
const backslash = 92

/**
 * Names of the members of the first object, which may stand in an array; as much of them as there is,
 * and without undoing escapes.
 */
function* memberNames(bytes: Buffer): Generator<string> {
  let at = firstMember(bytes)
  let depth = 1
  while (at >= 0 && at < bytes.length && depth > 0) {
    const code = bytes[at]
    if (code === quote) {
      const end = endOfString(bytes, at + 1)
      if (end < 0) return
      if (depth === 1 && isName(bytes, end)) yield bytes.toString('utf8', at + 1, end)
      at = end
    } else if (code === 123 || code === 91) depth++
    else if (code === 125 || code === 93) depth--
    at++
  }
}

/** Behind the first brace, where only white space, a byte order mark or a bracket precede it. */
function firstMember(bytes: Buffer): number {
  const start = /^(?:\u00ef\u00bb\u00bf)?\s*(?:\[\s*)?\{/.exec(bytes.toString('latin1'))
  return start === null ? -1 : start[0].length
}

function endOfString(bytes: Buffer, from: number): number {
  for (let at = from; at < bytes.length; at++) {
    if (bytes[at] === quote) return at
    if (bytes[at] === backslash) at++
  }
  return -1
}

/** A name is followed by a colon, a value is not. */
function isName(bytes: Buffer, end: number): boolean {
  let at = end + 1
  while (bytes[at] === 32 || bytes[at] === 9 || bytes[at] === 10 || bytes[at] === 13) at++
  return bytes[at] === 58
}
