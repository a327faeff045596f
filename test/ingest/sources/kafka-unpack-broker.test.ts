import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import kafkajs from 'kafkajs'
import { describeKafka, sharedKafka } from '../../support/kafka.ts'
import { kafkaAdmin, type KafkaAdmin } from '../../support/kafka-admin.ts'
import {
  holds,
  MemorySink,
  setCommitted,
  startSource,
  type RunningSource,
  type SourceOptions,
} from './kafka-fixture.ts'
import { storedZstd } from './stored-zstd.ts'

describeKafka('packed batches', () => {
  let brokers: readonly string[] = []
  let admin: KafkaAdmin
  const running: RunningSource[] = []

  beforeAll(async () => {
    const kafka = await sharedKafka()
    brokers = kafka.brokers
    admin = await kafkaAdmin(kafka)
  })
  afterEach(async () => {
    await Promise.all(running.splice(0).map(({ source }) => source.stop()))
  })
  afterAll(() => admin.close())

  function start(options: Omit<SourceOptions, 'brokers'>): RunningSource {
    const source = startSource({ ...options, brokers })
    running.push(source)
    return source
  }

  const numbered = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, i) => ({ value: String(from + i).padStart(6, '0') }))
  const values = (from: number, to: number) => numbered(from, to).map(({ value }) => value)

  /** Written by a producer that packs like this; reading is the source's own. */
  async function producePacked(
    topic: string,
    codec: 'gzip' | 'snappy' | 'lz4' | 'zstd',
    messages: { value: string | Buffer; partition?: number }[],
  ): Promise<void> {
    const { CompressionCodecs: table, CompressionTypes: types } = kafkajs
    if (codec === 'zstd') {
      const compress = async ({ buffer }: { buffer: Buffer }) => storedZstd(buffer)
      table[types.ZSTD] = () => ({ compress })
    }
    await admin.produce(topic, messages, { codec })
  }

  test('all codecs are read', async () => {
    const topic = await admin.createTopic('codecs')
    const sink = new MemorySink()
    const sources = [`{ cluster: main, topic: ${topic} }`]
    // The first source brings the codecs with it that the producer needs.
    const { group, source } = start({ sink, sources })
    const names = ['gzip', 'snappy', 'lz4'] as const
    for (const [index, codec] of names.entries())
      await producePacked(topic, codec, numbered(index * 100, index * 100 + 100))
    await holds(async () => {
      expect(sink.values(topic)).toEqual(values(0, 300))
    })
    await source.stop()
    await producePacked(topic, 'zstd', numbered(300, 400))
    start({ sink, sources, group })
    await holds(async () => {
      expect(sink.values(topic)).toEqual(values(0, 400))
    })
    expect(sink.holes(topic)).toEqual([])
  })

  test('a bomb stops its partition and no other, takes no memory, and is passed by committing behind it', async () => {
    const topic = await admin.createTopic('bomb', { partitions: 2 })
    const sink = new MemorySink()
    await admin.produce(
      topic,
      numbered(0, 10).map((m) => ({ ...m, partition: 0 })),
    )
    await producePacked(topic, 'gzip', [{ value: Buffer.alloc(256 * 1024 ** 2), partition: 0 }])
    await admin.produce(
      topic,
      numbered(10, 20).map((m) => ({ ...m, partition: 0 })),
    )
    const sources = [`{ cluster: main, topic: ${topic} }`]
    const cluster = 'batch_limit_bytes: 1048576'
    const before = process.memoryUsage().arrayBuffers
    const { group, source, metric } = start({ sink, sources, cluster })
    await holds(async () => {
      expect(await metric('stopped_partitions')).toBe(1)
      expect(await admin.committed(group, topic)).toEqual([10, 0])
    })
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * 1024 ** 2)
    await admin.produce(
      topic,
      numbered(500, 510).map((m) => ({ ...m, partition: 1 })),
    )
    await holds(async () => {
      expect(await admin.committed(group, topic)).toEqual([10, 10])
    })
    expect(await metric('lag')).toBe(11)
    await source.stop()
    await setCommitted(brokers, { group, topic, next: 11 })
    start({ sink, sources, cluster, group })
    await holds(async () => {
      expect(sink.values(topic)).toEqual([...values(0, 20), ...values(500, 510)])
    })
    expect(sink.holes(topic, 0)).toEqual([[10, 10]])
  })

  test('many batches that each fit do not come to more than one fetch may hold', async () => {
    const topic = await admin.createTopic('together')
    const sink = new MemorySink()
    for (let batch = 0; batch < 8; batch++)
      await producePacked(topic, 'gzip', [{ value: Buffer.alloc(700_000, batch) }])
    const cluster = 'batch_limit_bytes: 1048576, buffer_bytes: 100000000'
    start({ sink, sources: [`{ cluster: main, topic: ${topic} }`], cluster })
    await holds(async () => {
      expect(sink.slices.flatMap(({ messages }) => messages)).toHaveLength(8)
    })
    expect(sink.holes(topic)).toEqual([])
    // Two at a time: the second one begins below the limit.
    expect(sink.slices.length).toBeGreaterThanOrEqual(4)
  })
})
