/** Elements of a raw tensor: little-endian, without padding; of BYTES each after its 4-byte length. */
const elements: Readonly<Record<string, { bytes: number; read: ElementReader }>> = {
  BOOL: { bytes: 1, read: (raw, at) => raw.readUInt8(at) !== 0 },
  UINT8: { bytes: 1, read: (raw, at) => raw.readUInt8(at) },
  UINT16: { bytes: 2, read: (raw, at) => raw.readUInt16LE(at) },
  UINT32: { bytes: 4, read: (raw, at) => raw.readUInt32LE(at) },
  UINT64: { bytes: 8, read: (raw, at) => Number(raw.readBigUInt64LE(at)) },
  INT8: { bytes: 1, read: (raw, at) => raw.readInt8(at) },
  INT16: { bytes: 2, read: (raw, at) => raw.readInt16LE(at) },
  INT32: { bytes: 4, read: (raw, at) => raw.readInt32LE(at) },
  INT64: { bytes: 8, read: (raw, at) => Number(raw.readBigInt64LE(at)) },
  FP16: { bytes: 2, read: (raw, at) => halfFloat(raw.readUInt16LE(at)) },
  BF16: { bytes: 2, read: (raw, at) => brainFloat(raw.readUInt16LE(at)) },
  FP32: { bytes: 4, read: (raw, at) => raw.readFloatLE(at) },
  FP64: { bytes: 8, read: (raw, at) => raw.readDoubleLE(at) },
}

type ElementReader = (raw: Buffer, at: number) => number | boolean

/**
 * The elements of a raw tensor of the Open Inference Protocol, or what is wrong with it. Integers
 * beyond 2^53 come as the nearest double.
 */
export function rawElements(raw: Buffer, datatype: string): unknown[] | string {
  if (datatype === 'BYTES') return rawTexts(raw)
  const element = Object.hasOwn(elements, datatype) ? elements[datatype] : undefined
  if (element === undefined)
    return `raw contents of the unknown datatype "${datatype.slice(0, 32)}"`
  if (raw.length % element.bytes !== 0) {
    return `${raw.length} raw bytes are no whole number of ${datatype}`
  }
  const list: unknown[] = []
  for (let at = 0; at < raw.length; at += element.bytes) list.push(element.read(raw, at))
  return list
}

function rawTexts(raw: Buffer): string[] | string {
  const list: string[] = []
  let at = 0
  while (at < raw.length) {
    if (raw.length - at < 4) return 'raw BYTES end inside a length'
    const length = raw.readUInt32LE(at)
    at += 4
    if (length > raw.length - at) return 'raw BYTES end inside an element'
    list.push(raw.toString('utf8', at, at + length))
    at += length
  }
  return list
}

/** IEEE 754 binary16: 1 bit of sign, 5 of exponent, 10 of fraction. */
function halfFloat(bits: number): number {
  const sign = (bits & 0x8000) === 0 ? 1 : -1
  const exponent = (bits >> 10) & 0x1f
  const fraction = bits & 0x3ff
  if (exponent === 0) return sign * fraction * 2 ** -24
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}

const scratch = Buffer.alloc(4)

/** The upper half of a binary32. */
function brainFloat(bits: number): number {
  scratch.writeUInt16LE(bits, 2)
  return scratch.readFloatLE(0)
}
