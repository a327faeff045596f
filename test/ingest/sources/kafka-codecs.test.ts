import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { codecNames, codecs, type CodecName } from '../../../ingest/sources/kafka-codecs.ts'

const limit = 1024 * 1024

const text = Buffer.from('tide '.repeat(2000))

/** Zstandard frames by hand: one block, stored or one byte repeated. */
function zstdFrame(blocks: readonly { kind: 'stored' | 'repeated'; size: number }[]): Buffer {
  const parts = [Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x38])]
  blocks.forEach(({ kind, size }, index) => {
    const header = Buffer.alloc(3)
    const last = index === blocks.length - 1 ? 1 : 0
    header.writeUIntLE((size << 3) | ((kind === 'stored' ? 0 : 1) << 1) | last, 0, 3)
    parts.push(header, kind === 'stored' ? text.subarray(0, size) : Buffer.from([7]))
  })
  return Buffer.concat(parts)
}

test.each(['gzip', 'snappy', 'lz4'] as const)('%s: what is packed comes back', async (name) => {
  const { pack, unpack } = codecs[name]
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        fc.uint8Array({ maxLength: 3000 }),
        fc.string().map((s) => Buffer.from(s.repeat(99))),
      ),
      async (bytes) => {
        expect(await unpack(await pack(Buffer.from(bytes)), limit)).toEqual(Buffer.from(bytes))
      },
    ),
  )
})

test('zstd: stored and repeated blocks, several frames, frames to skip', async () => {
  const frame = zstdFrame([
    { kind: 'stored', size: 1000 },
    { kind: 'repeated', size: 500 },
  ])
  const skipped = Buffer.from([0x50, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 1, 1])
  const once = Buffer.concat([text.subarray(0, 1000), Buffer.alloc(500, 7)])
  expect(await codecs.zstd.unpack(Buffer.concat([frame, skipped, frame]), limit)).toEqual(
    Buffer.concat([once, once]),
  )
})

test.each([
  ['zstd', 'KLUv/QRobQAAKHRpZGUgAQAIB3zRAnJ7Z1M='],
  [
    'lz4',
    'BCJNGGRApzYAAABfdGlkZSAFAP///////////////////////////////////////////////////xpQdGlkZSAAAAAAEWIkTg==',
  ],
] as const)('%s: what its own program has packed is read', async (name, packed) => {
  expect(await codecs[name].unpack(Buffer.from(packed, 'base64'), limit)).toEqual(text)
})

test('snappy: a bare block is read as well', async () => {
  const framed = await codecs.snappy.pack(text)
  expect(await codecs.snappy.unpack(framed.subarray(20), limit)).toEqual(text)
})

describe('bombs', () => {
  const zeros = Buffer.alloc(64 * limit)
  const bombs: Record<CodecName, () => Promise<Buffer>> = {
    gzip: async () => gzipSync(zeros),
    snappy: () => codecs.snappy.pack(zeros),
    lz4: () => codecs.lz4.pack(zeros),
    zstd: async () =>
      zstdFrame(
        Array.from({ length: 512 }, () => ({ kind: 'repeated', size: 128 * 1024 }) as const),
      ),
  }
  test.each(codecNames)('%s: 64 times the limit is refused before it is there', async (name) => {
    const bomb = await bombs[name]()
    const before = process.memoryUsage().arrayBuffers
    await expect(codecs[name].unpack(bomb, limit)).rejects.toThrow(RangeError)
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8 * limit)
  })
})

test('snappy: a length that claims what its bytes cannot hold takes no memory', async () => {
  const claim = Buffer.from([0xff, 0xff, 0xff, 0x07, 0, 1])
  await expect(codecs.snappy.unpack(claim, 2 ** 30)).rejects.toThrow('claims more')
})

test('snappy: a literal of negative length is refused and does not run for ever', async () => {
  const hostile = Buffer.from([16, 0xfc, 0xf0, 0xff, 0xff, 0xff, 1, 2, 3])
  await expect(codecs.snappy.unpack(hostile, limit)).rejects.toThrow('damaged snappy')
})

test('zstd: a window beyond the limit is refused for its header alone', async () => {
  const hostile = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xa8, 1, 0, 0])
  await expect(codecs.zstd.unpack(hostile, limit)).rejects.toThrow(RangeError)
})

test.each(codecNames)('%s: any bytes end, within the limit or with an error', async (name) => {
  const packed =
    name === 'zstd' ? zstdFrame([{ kind: 'stored', size: 200 }]) : await codecs[name].pack(text)
  const flipped = fc
    .array(fc.tuple(fc.nat(packed.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 })
    .map((changes) => {
      const bytes = Buffer.from(packed)
      for (const [at, byte] of changes) bytes[at] = byte
      return bytes
    })
  const any = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes))
  const cut = fc.nat(packed.length).map((length) => packed.subarray(0, length))
  await fc.assert(
    fc.asyncProperty(fc.oneof(any, flipped, cut), async (bytes) => {
      const unpacked = await codecs[name].unpack(bytes, 4096).catch((error: unknown) => error)
      if (Buffer.isBuffer(unpacked)) expect(unpacked.length).toBeLessThanOrEqual(4096)
      else expect(unpacked).toBeInstanceOf(Error)
    }),
    { numRuns: 500 },
  )
})
