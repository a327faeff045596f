// Own decoder: the library's trusts the lengths it reads, and one that is negative makes it run for ever.

const xerialMagic = Buffer.from('82534e4150505900', 'hex')
const xerialHeaderBytes = 16

/**
 * Snappy as Kafka has it: a bare block, or the framing of the Java client (a header of 16 bytes, then
 * blocks, each behind its length). Throws RangeError beyond `limit` bytes, SyntaxError on damage.
 */
export function unpackSnappy(bytes: Buffer, limit: number): Buffer {
  if (!bytes.subarray(0, xerialMagic.length).equals(xerialMagic)) return unpackBlock(bytes, limit)
  const blocks: Buffer[] = []
  let left = limit
  for (let at = xerialHeaderBytes; at < bytes.length;) {
    const length = at + 4 <= bytes.length ? bytes.readInt32BE(at) : -1
    if (length < 0 || at + 4 + length > bytes.length) throw damaged('a block ends early')
    const block = unpackBlock(bytes.subarray(at + 4, at + 4 + length), left)
    blocks.push(block)
    left -= block.length
    at += 4 + length
  }
  return Buffer.concat(blocks)
}

function unpackBlock(from: Buffer, limit: number): Buffer {
  const { value: length, next } = varint(from)
  if (length > limit) throw new RangeError(`more than ${limit} bytes once unpacked`)
  // A copy of 64 bytes takes at least two: a length beyond that is a lie, and no memory is taken for it.
  if (length > from.length * 64) throw damaged('it claims more than its bytes can hold')
  const to = Buffer.allocUnsafe(length)
  let read = next
  let written = 0
  while (read < from.length) {
    const tag = from[read] ?? 0
    const element = (tag & 3) === 0 ? literal(from, read, tag) : copy(from, read, tag)
    read = element.next
    if (written + element.length > length) throw damaged('it holds more than it claims')
    if (element.distance === 0) {
      if (read + element.length > from.length) throw damaged('a literal ends early')
      from.copy(to, written, read, read + element.length)
      read += element.length
    } else {
      repeat(to, written, element.distance, element.length)
    }
    written += element.length
  }
  if (written !== length) throw damaged('it holds less than it claims')
  return to
}

interface Element {
  /** Bytes back to what is repeated; 0 for a literal. */
  readonly distance: number
  readonly length: number
  readonly next: number
}

function literal(from: Buffer, at: number, tag: number): Element {
  const short = tag >>> 2
  if (short < 60) return { distance: 0, length: short + 1, next: at + 1 }
  const size = short - 59
  if (at + 1 + size > from.length) throw damaged('it ends within a length')
  return { distance: 0, length: from.readUIntLE(at + 1, size) + 1, next: at + 1 + size }
}

function copy(from: Buffer, at: number, tag: number): Element {
  const size = [0, 1, 2, 4][tag & 3] ?? 0
  if (at + 1 + size > from.length) throw damaged('it ends within a copy')
  const low = from.readUIntLE(at + 1, size)
  const near = size === 1
  const distance = near ? ((tag >>> 5) << 8) | low : low
  if (distance === 0) throw damaged('a copy of nothing')
  return { distance, length: near ? ((tag >>> 2) & 7) + 4 : (tag >>> 2) + 1, next: at + 1 + size }
}

/** Copies `length` bytes from `distance` before `at` to `at`; they may overlap, and then repeat. */
export function repeat(bytes: Buffer, at: number, distance: number, length: number): void {
  if (distance > at) throw damaged('a copy from before the start')
  if (distance >= length) {
    bytes.copyWithin(at, at - distance, at - distance + length)
    return
  }
  // Byte by byte would do; doubling what is there already is as right and fast on long runs.
  let done = 0
  while (done < length) {
    const step = Math.min(distance + done, length - done)
    bytes.copyWithin(at + done, at - distance, at - distance + step)
    done += step
  }
}

function varint(bytes: Buffer): { value: number; next: number } {
  let value = 0
  for (let index = 0; index < 5 && index < bytes.length; index++) {
    const byte = bytes[index] ?? 0
    value += (byte & 0x7f) * 2 ** (7 * index)
    if (byte < 0x80) return { value, next: index + 1 }
  }
  throw damaged('it does not begin with a length')
}

function damaged(why: string): SyntaxError {
  return new SyntaxError(`damaged snappy: ${why}`)
}
