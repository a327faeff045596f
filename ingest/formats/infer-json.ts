import { rawElements } from './raw-elements.ts'
import type { FlatTensor, InferMessage } from './infer-message.ts'

type Side = 'request' | 'response'
type JsonObject = Readonly<Record<string, unknown>>

const maxTensors = 4096
const maxDimensions = 16
/** Deeper nesting of `data` than any tensor has. */
const maxDepth = 16

/**
 * Reads the JSON form of a message of the Open Inference Protocol, or says what is wrong with it: the
 * one of REST (`model_name`, `data`), and the one that protobuf tools print (`modelName`, shapes as
 * strings, `contents.fp32Contents`, base64 in `rawInputContents`).
 */
export function readInferJson(body: unknown, side: Side): InferMessage | string {
  if (!isObject(body)) return 'the message is no JSON object'
  const list = body[side === 'request' ? 'inputs' : 'outputs']
  if (!Array.isArray(list))
    return `no "${side === 'request' ? 'inputs' : 'outputs'}" in the message`
  if (list.length > maxTensors) return `more than ${maxTensors} tensors`
  const raw = rawContents(body, side)
  if (raw.length > 0 && raw.length !== list.length) {
    return `${raw.length} raw contents for ${list.length} tensors`
  }
  const tensors: FlatTensor[] = []
  for (const [i, item] of (list as unknown[]).entries()) {
    const tensor = readTensor(item, raw[i])
    if (typeof tensor === 'string') return tensor
    tensors.push(tensor)
  }
  return {
    modelName: text(body['modelName'] ?? body['model_name']),
    modelVersion: text(body['modelVersion'] ?? body['model_version']),
    id: text(body['id']),
    tensors,
  }
}

function rawContents(body: JsonObject, side: Side): readonly unknown[] {
  const raw =
    side === 'request'
      ? (body['rawInputContents'] ?? body['raw_input_contents'])
      : (body['rawOutputContents'] ?? body['raw_output_contents'])
  return Array.isArray(raw) ? raw : []
}

function readTensor(item: unknown, raw: unknown): FlatTensor | string {
  if (!isObject(item)) return 'a tensor is no JSON object'
  const name = text(item['name'])
  const datatype = text(item['datatype'])
  const shape = readShape(item['shape'])
  if (shape === null) return `the shape of tensor "${name.slice(0, 64)}" is no list of sizes`
  const data = elementsOf(item, datatype, raw)
  return typeof data === 'string' ? data : { name, datatype, shape, data }
}

function elementsOf(item: JsonObject, datatype: string, raw: unknown): unknown[] | string {
  if (typeof raw === 'string') return rawElements(Buffer.from(raw, 'base64'), datatype)
  const { data, contents } = item
  if (Array.isArray(data)) return flat(data)
  if (isObject(contents)) return contentsOf(contents)
  const size = isObject(item['parameters']) ? item['parameters']['binary_data_size'] : undefined
  return size === undefined
    ? 'a tensor without "data", "contents" or raw contents'
    : 'a tensor of the binary extension, whose bytes are not in the JSON'
}

/** Names that protobuf's JSON form and the description itself give the fields. */
const contentFields: Readonly<Record<string, (element: unknown) => unknown>> = {
  boolContents: (element) => element,
  intContents: (element) => element,
  int64Contents: wideInteger,
  uintContents: (element) => element,
  uint64Contents: wideInteger,
  fp32Contents: jsonFloat,
  fp64Contents: jsonFloat,
  bytesContents: (element) =>
    typeof element === 'string' ? Buffer.from(element, 'base64').toString('utf8') : element,
}

function contentsOf(contents: JsonObject): unknown[] | string {
  for (const [field, list] of Object.entries(contents)) {
    const camel = field.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase())
    const read = Object.hasOwn(contentFields, camel) ? contentFields[camel] : undefined
    if (read === undefined || !Array.isArray(list)) {
      return `"contents" with an unknown field "${field.slice(0, 32)}"`
    }
    if (list.length > 0) return (list as unknown[]).map(read)
  }
  return []
}

/** Protobuf's JSON form quotes 64-bit integers; beyond 2^53 they come as the nearest double. */
function wideInteger(element: unknown): unknown {
  return typeof element === 'string' && /^-?\d{1,20}$/.test(element) ? Number(element) : element
}

/** It also quotes the numbers that JSON has no form for. */
function jsonFloat(element: unknown): unknown {
  return element === 'NaN' || element === 'Infinity' || element === '-Infinity'
    ? Number(element)
    : element
}

function readShape(shape: unknown): number[] | null {
  if (!Array.isArray(shape) || shape.length > maxDimensions) return null
  const sizes = (shape as unknown[]).map((size) =>
    typeof size === 'string' && /^\d{1,15}$/.test(size) ? Number(size) : size,
  )
  return sizes.every((size): size is number => Number.isSafeInteger(size)) ? sizes : null
}

/** The elements of nested lists, in row-major order. */
function flat(data: readonly unknown[]): unknown[] | string {
  const elements = data.flat(maxDepth)
  return elements.some((element) => Array.isArray(element)) ? '"data" is nested too deep' : elements
}

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const text = (value: unknown): string =>
  typeof value === 'string' ? value : typeof value === 'number' ? String(value) : ''
