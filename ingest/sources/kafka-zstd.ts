import { Decompress } from 'fzstd'

const magic = 0xfd2fb528
const skippableMagic = 0x184d2a5
const blockBytes = 128 * 1024
// What every reader should be able to hold (RFC 8878, 3.1.1.1.2).
const leastWindow = 8 * 1024 ** 2

/**
 * Zstandard frames. The library takes the memory that a frame's header asks for, so every header is
 * looked at first. Throws RangeError beyond `limit` bytes, and some Error on damage.
 */
export function unpackZstd(bytes: Buffer, limit: number): Buffer {
  const parts: Buffer[] = []
  let size = 0
  for (let at = 0; at < bytes.length;) {
    const frame = frameAt(bytes, at)
    if (frame.window > Math.max(limit, leastWindow)) throw tooMuch(limit)
    const unpacking = new Decompress((part) => {
      size += part.length
      if (size > limit) throw tooMuch(limit)
      parts.push(Buffer.from(part))
    })
    if (frame.window > 0) unpacking.push(bytes.subarray(at, frame.end), true)
    at = frame.end
  }
  return parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts)
}

/** Window 0: a frame to skip. */
function frameAt(bytes: Buffer, start: number): { window: number; end: number } {
  if (start + 8 > bytes.length) throw damaged('it ends within a header')
  const word = bytes.readUInt32LE(start)
  if (word >>> 4 === skippableMagic) {
    return { window: 0, end: Math.min(start + 8 + bytes.readUInt32LE(start + 4), bytes.length) }
  }
  if (word !== magic) throw damaged('no frame')
  const descriptor = bytes[start + 4] ?? 0
  const single = (descriptor & 0x20) !== 0
  const sizeFlag = descriptor >>> 6
  const sizeBytes = [single ? 1 : 0, 2, 4, 8][sizeFlag] ?? 0
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3] ?? 0
  const sizeAt = start + 5 + (single ? 0 : 1) + dictionaryBytes
  const blocks = sizeAt + sizeBytes
  if (blocks > bytes.length) throw damaged('it ends within a header')
  const window = single ? contentSize(bytes, sizeAt, sizeBytes) : windowSize(bytes[start + 5] ?? 0)
  return { window: Math.max(1, window), end: endOfBlocks(bytes, blocks) + (descriptor & 4) }
}

function windowSize(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >>> 3))
  return base + (base / 8) * (descriptor & 7)
}

function contentSize(bytes: Buffer, at: number, size: number): number {
  if (size === 8) return Number(bytes.readBigUInt64LE(at))
  return size === 0 ? 0 : bytes.readUIntLE(at, size) + (size === 2 ? 256 : 0)
}

function endOfBlocks(bytes: Buffer, start: number): number {
  for (let at = start; at + 3 <= bytes.length;) {
    const header = bytes.readUIntLE(at, 3)
    const size = header >>> 3
    const kind = (header >>> 1) & 3
    if (kind === 3 || size > blockBytes) throw damaged('an impossible block')
    // A block of one byte, repeated, is that byte.
    at += 3 + (kind === 1 ? 1 : size)
    if (at > bytes.length) throw damaged('a block ends early')
    if ((header & 1) === 1) return at
  }
  throw damaged('it ends early')
}

function tooMuch(limit: number): RangeError {
  return new RangeError(`more than ${limit} bytes once unpacked`)
}

function damaged(why: string): SyntaxError {
  return new SyntaxError(`damaged zstd: ${why}`)
}
