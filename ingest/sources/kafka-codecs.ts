import { promisify } from 'node:util'
import { gzip as packGzip, gunzip } from 'node:zlib'
import snappy from 'snappyjs'
import { packLz4, unpackLz4 } from './kafka-lz4.ts'
import { unpackSnappy } from './kafka-snappy.ts'
import { unpackZstd } from './kafka-zstd.ts'

export const codecNames = ['gzip', 'snappy', 'lz4', 'zstd'] as const
export type CodecName = (typeof codecNames)[number]

/** Packs and unpacks the records of batches. */
export interface Codec {
  readonly pack: (bytes: Buffer) => Promise<Buffer>
  /** Throws RangeError beyond `limit` bytes, and some Error on bytes that it cannot have written. */
  readonly unpack: (bytes: Buffer, limit: number) => Promise<Buffer>
}

const gunzipped = promisify(gunzip) as (
  bytes: Buffer,
  options: { maxOutputLength: number },
) => Promise<Buffer>

async function unpackGzip(bytes: Buffer, limit: number): Promise<Buffer> {
  try {
    return await gunzipped(bytes, { maxOutputLength: limit })
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null
    if (code !== 'ERR_BUFFER_TOO_LARGE') throw error
    throw new RangeError(`more than ${limit} bytes once unpacked`, { cause: error })
  }
}

/** All codecs of Kafka, none of which takes more memory than it was allowed. */
export const codecs: Readonly<Record<CodecName, Codec>> = {
  gzip: { pack: promisify<Buffer, Buffer>(packGzip), unpack: unpackGzip },
  snappy: {
    pack: async (bytes) => framedSnappy(bytes),
    unpack: async (bytes, limit) => unpackSnappy(bytes, limit),
  },
  lz4: {
    pack: async (bytes) => packLz4(bytes),
    unpack: async (bytes, limit) => unpackLz4(bytes, limit),
  },
  zstd: {
    pack: async () => {
      throw new TypeError('zstd is read and not written')
    },
    unpack: async (bytes, limit) => unpackZstd(bytes, limit),
  },
}

/** As the Java client frames it: a header, then blocks with their lengths. */
function framedSnappy(bytes: Buffer): Buffer {
  const header = Buffer.from('82534e41505059000000000100000001', 'hex')
  const block = snappy.compress(bytes)
  const length = Buffer.alloc(4)
  length.writeInt32BE(block.length)
  return Buffer.concat([header, length, block])
}
