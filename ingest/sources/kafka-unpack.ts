import { AsyncLocalStorage } from 'node:async_hooks'
import { codecs, type CodecName } from './kafka-codecs.ts'
import type { DamagedBatch } from './kafka-ports.ts'

/** What the codecs are told by the member that fetches. */
export interface UnpackContext {
  /** Greatest batch once unpacked. */
  readonly limitBytes: number
  readonly damaged: (batch: DamagedBatch) => void
}

/**
 * The codecs of the client are the same for all its consumers and learn nothing but bytes; who asks is
 * found in the asynchronous context that a consumer was started in.
 */
export const unpacking = new AsyncLocalStorage<UnpackContext>()

const withoutContext: UnpackContext = { limitBytes: 64 * 1024 ** 2, damaged: () => undefined }

// The client appends the records of a batch with one call of `push`, whose arguments must fit the stack.
const mostRecords = 100_000
const headerBytes = 61
const headerBehindLength = 49

/** What the batches of one answer have come to already, by the memory that the answer lies in. */
const unpacked = new WeakMap<ArrayBufferLike, number>()

/**
 * Unpacks the records of a batch within the limits: of a batch, and of all batches that one fetch
 * brings together. What goes beyond the latter is fetched again with the next one. A batch beyond the
 * former, or damaged, is told to `damaged` and ends its partition's part of the fetch: the client
 * reads the error as the torn tail that every fetch may have.
 */
export async function unpackRecords(codec: CodecName, bytes: Buffer): Promise<Buffer> {
  const { limitBytes, damaged } = unpacking.getStore() ?? withoutContext
  const before = unpacked.get(bytes.buffer) ?? 0
  if (before >= limitBytes) throw tornTail('as much as one fetch may hold')
  const header = headerBefore(bytes)
  try {
    if (header !== null && header.records > mostRecords) {
      throw new RangeError(`${header.records} records, more than ${mostRecords}`)
    }
    const records = await codecs[codec].unpack(bytes, limitBytes)
    unpacked.set(bytes.buffer, before + records.length)
    return records
  } catch (error) {
    const reason = `${codec}: ${error instanceof Error ? error.message : 'unreadable'}`
    damaged({ offsets: header, reason })
    throw tornTail(reason)
  }
}

/**
 * The header that lies before the packed records in the same memory; null where it does not, as in
 * the formats before Kafka 0.11.
 */
function headerBefore({
  buffer,
  byteOffset,
  length,
}: Buffer): { first: number; last: number; records: number } | null {
  if (byteOffset < headerBytes) return null
  const header = Buffer.from(buffer, byteOffset - headerBytes, headerBytes)
  if (header[16] !== 2 || header.readInt32BE(8) !== headerBehindLength + length) return null
  const first = Number(header.readBigInt64BE(0))
  return { first, last: first + header.readInt32BE(23), records: header.readInt32BE(57) }
}

function tornTail(reason: string): Error {
  return Object.assign(new Error(reason), { name: 'KafkaJSPartialMessageError' })
}
