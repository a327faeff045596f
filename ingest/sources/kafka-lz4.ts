import lz4 from 'lz4js'
import { repeat } from './kafka-snappy.ts'

// Own decoder: the library's allocates what a header claims and reads past the end of what it is given.

const magic = 0x184d2204
const blockBytes: Readonly<Record<number, number>> = {
  4: 64 * 1024,
  5: 256 * 1024,
  6: 1024 ** 2,
  7: 4 * 1024 ** 2,
}

/**
 * LZ4 frames. Checksums are not looked at: Kafka has one of its own over every batch. Throws
 * RangeError beyond `limit` bytes, SyntaxError on damage.
 */
export function unpackLz4(bytes: Buffer, limit: number): Buffer {
  const frames: Buffer[] = []
  let left = limit
  for (let at = 0; at < bytes.length;) {
    const blocks = blocksOfFrame(bytes, at)
    const frame = unpackBlocks(bytes, blocks, left)
    frames.push(frame)
    left -= frame.length
    at = blocks.end
  }
  return frames.length === 1 && frames[0] !== undefined ? frames[0] : Buffer.concat(frames)
}

interface Block {
  readonly from: number
  readonly to: number
  readonly packed: boolean
}

interface Frame {
  readonly blocks: readonly Block[]
  /** Most bytes that one block holds. */
  readonly most: number
  readonly end: number
}

function blocksOfFrame(bytes: Buffer, start: number): Frame {
  if (start + 7 > bytes.length || bytes.readUInt32LE(start) !== magic) throw damaged('no frame')
  const flags = bytes[start + 4] ?? 0
  const most = blockBytes[((bytes[start + 5] ?? 0) >>> 4) & 7]
  if (flags >>> 6 !== 1 || most === undefined) throw damaged('an unknown kind of frame')
  // Behind each other where the flags say so: size of the content, id of a dictionary, checksums.
  const ifFlag = (flag: number, size: number): number => ((flags & flag) === 0 ? 0 : size)
  const blockChecksum = ifFlag(0x10, 4)
  const blocks: Block[] = []
  let at = start + 7 + ifFlag(0x08, 8) + ifFlag(0x01, 4)
  for (;;) {
    const block = blockAt(bytes, at, most)
    if (block === null) return { blocks, most, end: at + 4 + ifFlag(0x04, 4) }
    blocks.push(block)
    at = block.to + blockChecksum
  }
}

/** Null at the mark of the end. */
function blockAt(bytes: Buffer, at: number, most: number): Block | null {
  if (at + 4 > bytes.length) throw damaged('it ends early')
  const word = bytes.readUInt32LE(at)
  if (word === 0) return null
  const from = at + 4
  const to = from + (word & 0x7fffffff)
  if (to - from > most || to > bytes.length) throw damaged('a block ends early')
  return { from, to, packed: word >>> 31 === 0 }
}

/** Of one frame: its blocks may refer to earlier ones. */
function unpackBlocks(bytes: Buffer, { blocks, most }: Frame, limit: number): Buffer {
  const possible = blocks.reduce(
    // One byte of a length stands for 255 bytes at most.
    (sum, { from, to, packed }) => sum + (packed ? Math.min(most, (to - from) * 255) : to - from),
    0,
  )
  const into = Buffer.allocUnsafe(Math.min(possible, limit))
  let written = 0
  for (const { from, to, packed } of blocks) {
    if (!packed && written + to - from > into.length) throw tooMuch(limit)
    written = packed
      ? unpackBlock({ bytes: bytes.subarray(from, to), into, limit }, written)
      : written + bytes.copy(into, written, from, to)
  }
  return into.subarray(0, written)
}

interface Unpacking {
  readonly bytes: Buffer
  readonly into: Buffer
  readonly limit: number
}

function unpackBlock({ bytes, into, limit }: Unpacking, start: number): number {
  let read = 0
  let written = start
  while (read < bytes.length) {
    const token = bytes[read++] ?? 0
    const literals = lengthFrom(bytes, read, token >>> 4)
    read = literals.next
    if (read + literals.length > bytes.length) throw damaged('a literal ends early')
    if (written + literals.length > into.length) throw tooMuch(limit)
    bytes.copy(into, written, read, read + literals.length)
    read += literals.length
    written += literals.length
    if (read === bytes.length) return written
    if (read + 2 > bytes.length) throw damaged('it ends within a match')
    const distance = bytes.readUInt16LE(read)
    const match = lengthFrom(bytes, read + 2, token & 15)
    read = match.next
    const length = match.length + 4
    if (distance === 0) throw damaged('a match with nothing')
    if (written + length > into.length) throw tooMuch(limit)
    repeat(into, written, distance, length)
    written += length
  }
  return written
}

function lengthFrom(bytes: Buffer, at: number, short: number): { length: number; next: number } {
  if (short < 15) return { length: short, next: at }
  let length = 15
  for (let next = at; next < bytes.length;) {
    const byte = bytes[next++] ?? 0
    length += byte
    if (byte !== 255) return { length, next }
  }
  throw damaged('it ends within a length')
}

function tooMuch(limit: number): RangeError {
  return new RangeError(`more than ${limit} bytes once unpacked`)
}

function damaged(why: string): SyntaxError {
  return new SyntaxError(`damaged lz4: ${why}`)
}

// Version 1, blocks that stand alone (brokers take no others) of up to 64 kB, and their checksum.
const packedHeader = Buffer.from('04224d18604082', 'hex')
const packedBlockBytes = 64 * 1024

/** One frame. */
export function packLz4(bytes: Buffer): Buffer {
  const parts: Buffer[] = [packedHeader]
  const table = new Uint32Array(1 << 16)
  for (let at = 0; at < bytes.length; at += packedBlockBytes) {
    const block = bytes.subarray(at, at + packedBlockBytes)
    const into = Buffer.alloc(lz4.compressBound(block.length))
    const size = lz4.compressBlock(block, into, 0, block.length, table.fill(0))
    const smaller = size > 0 && size < block.length
    const header = Buffer.alloc(4)
    header.writeUInt32LE(smaller ? size : (block.length | 0x80000000) >>> 0)
    parts.push(header, smaller ? into.subarray(0, size) : block)
  }
  return Buffer.concat([...parts, Buffer.alloc(4)])
}
