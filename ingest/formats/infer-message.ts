import protobuf from 'protobufjs/minimal.js'
import { rawElements } from './raw-elements.ts'

/** A tensor whose elements lie flat, in row-major order; nothing says yet that the shape fits them. */
export interface FlatTensor {
  readonly name: string
  readonly datatype: string
  readonly shape: readonly number[]
  readonly data: readonly unknown[]
}

/** A ModelInferRequest or ModelInferResponse; '' for the texts that are not there. */
export interface InferMessage {
  readonly modelName: string
  readonly modelVersion: string
  readonly id: string
  readonly tensors: readonly FlatTensor[]
}

type Reader = protobuf.Reader
type Side = 'request' | 'response'

interface OpenTensor {
  name: string
  datatype: string
  shape: number[]
  data: unknown[]
}

/**
 * Reads the protobuf form of a message of the Open Inference Protocol (gRPC service
 * `inference.GRPCInferenceService`), or says what is wrong with it.
 *
 * Field by field, where a generated decoder would first build everything: an empty submessage is two
 * bytes on the wire and a hundred in memory, so the limits have to be checked while reading. What a
 * monitor has no use for (parameters, requested outputs, fields of later versions) is skipped.
 *
 * Field numbers are those of the protocol's published description:
 *
 *     ModelInferRequest   1 model_name  2 model_version  3 id  5 inputs   7 raw_input_contents
 *     ModelInferResponse  1 model_name  2 model_version  3 id  5 outputs  6 raw_output_contents
 *     tensor              1 name  2 datatype  3 shape (int64)  5 contents
 *     InferTensorContents 1 bool  2 int (int32)  3 int64  4 uint (uint32)  5 uint64  6 fp32  7 fp64
 *                         8 bytes
 */
export function readInferMessage(bytes: Buffer, side: Side): InferMessage | string {
  try {
    return readMessage(protobuf.Reader.create(bytes), side)
  } catch (error) {
    return `no ${side} of the Open Inference Protocol: ${error instanceof Error ? error.message : 'damaged'}`
  }
}

const maxTensors = 4096
const maxDimensions = 16
const wireLengthDelimited = 2

function readMessage(reader: Reader, side: Side): InferMessage {
  const message = { modelName: '', modelVersion: '', id: '' }
  const tensors: OpenTensor[] = []
  const raw: Buffer[] = []
  const rawField = side === 'request' ? 7 : 6
  eachField(reader, reader.len, (field, wire) => {
    if (field === 1) message.modelName = text(reader, wire)
    else if (field === 2) message.modelVersion = text(reader, wire)
    else if (field === 3) message.id = text(reader, wire)
    else if (field === 5) add(tensors, readTensor(reader, lengthEnd(reader, wire)))
    else if (field === rawField) add(raw, chunk(reader, wire))
    else return false
    return true
  })
  return { ...message, tensors: withRaw(tensors, raw) }
}

function add<T>(list: T[], item: T): void {
  if (list.length >= maxTensors) throw new RangeError(`more than ${maxTensors} tensors`)
  list.push(item)
}

/** Raw contents stand for the tensors in their order, of all of them or of none. */
function withRaw(tensors: readonly OpenTensor[], raw: readonly Buffer[]): readonly FlatTensor[] {
  if (raw.length === 0) return tensors
  if (raw.length !== tensors.length) {
    throw new RangeError(`${raw.length} raw contents for ${tensors.length} tensors`)
  }
  return tensors.map((tensor, i) => {
    const elements = rawElements(raw[i] ?? Buffer.alloc(0), tensor.datatype)
    if (typeof elements === 'string') throw new RangeError(elements)
    return { ...tensor, data: elements }
  })
}

function readTensor(reader: Reader, end: number): OpenTensor {
  const tensor: OpenTensor = { name: '', datatype: '', shape: [], data: [] }
  eachField(reader, end, (field, wire) => {
    if (field === 1) tensor.name = text(reader, wire)
    else if (field === 2) tensor.datatype = text(reader, wire)
    else if (field === 3)
      repeated(reader, wire, () => {
        addDimension(tensor, reader)
      })
    else if (field === 5) readContents(reader, lengthEnd(reader, wire), tensor.data)
    else return false
    return true
  })
  return tensor
}

function addDimension(tensor: OpenTensor, reader: Reader): void {
  if (tensor.shape.length >= maxDimensions) throw new RangeError('too many dimensions')
  tensor.shape.push(Number(reader.int64()))
}

function readContents(reader: Reader, end: number, into: unknown[]): void {
  eachField(reader, end, (field, wire) => {
    if (field === 8) {
      into.push(text(reader, wire))
      return true
    }
    const element = elementReaders[field]
    if (element === undefined) return false
    repeated(reader, wire, () => {
      into.push(element(reader))
    })
    return true
  })
}

/** One element of the field of InferTensorContents at this index. */
const elementReaders: readonly (((reader: Reader) => unknown) | undefined)[] = [
  undefined,
  (reader) => reader.bool(),
  (reader) => reader.int32(),
  (reader) => Number(reader.int64()),
  (reader) => reader.uint32(),
  (reader) => Number(reader.uint64()),
  (reader) => reader.float(),
  (reader) => reader.double(),
]

/** Both forms of a repeated number: one field an element, or all of them packed into one field. */
function repeated(reader: Reader, wire: number, element: () => void): void {
  if (wire !== wireLengthDelimited) {
    element()
    return
  }
  const end = lengthEnd(reader, wire)
  while (reader.pos < end) element()
  if (reader.pos > end) throw new RangeError('a packed field ends inside an element')
}

/** Runs over the fields up to `end`; those that `take` does not answer true for are skipped. */
function eachField(
  reader: Reader,
  end: number,
  take: (field: number, wire: number) => boolean,
): void {
  while (reader.pos < end) {
    const tag = reader.uint32()
    const field = tag >>> 3
    if (!take(field, tag & 7)) reader.skipType(tag & 7, 0, field)
  }
  if (reader.pos > end) throw new RangeError('a field reaches beyond its message')
}

/** Where the submessage or packed field that starts here ends. */
function lengthEnd(reader: Reader, wire: number): number {
  delimited(wire)
  const length = reader.uint32()
  if (length > reader.len - reader.pos) throw new RangeError('a length beyond the end')
  return reader.pos + length
}

function text(reader: Reader, wire: number): string {
  delimited(wire)
  return reader.string()
}

function chunk(reader: Reader, wire: number): Buffer {
  delimited(wire)
  return Buffer.from(reader.bytes())
}

function delimited(wire: number): void {
  if (wire !== wireLengthDelimited) throw new RangeError(`wire type ${wire} where a length belongs`)
}
