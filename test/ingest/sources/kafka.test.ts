import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
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

describeKafka('a Kafka source', () => {
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

  test('hands over every message once and in order, and commits what is stored', async () => {
    const topic = await admin.createTopic('plain', { partitions: 3 })
    const sink = new MemorySink()
    for (let partition = 0; partition < 3; partition++) {
      const messages = numbered(partition * 1000, partition * 1000 + 1000)
      await admin.produce(
        topic,
        messages.map((m) => ({ ...m, partition })),
      )
    }
    const { group } = start({ sink, sources: [`{ cluster: main, topic: ${topic} }`] })
    await holds(async () => {
      expect(sink.values(topic)).toEqual(values(0, 3000))
      expect(await admin.committed(group, topic)).toEqual([1000, 1000, 1000])
    })
    expect(sink.slices.flatMap(({ messages }) => messages)).toHaveLength(3000)
    for (const partition of [0, 1, 2]) {
      const firsts = sink.slices.filter((s) => s.partition === partition).map(({ first }) => first)
      expect(firsts).toEqual([...firsts].sort((a, b) => a - b))
      expect(sink.holes(topic, partition)).toEqual([])
    }
    expect(sink.slices[0]).toMatchObject({
      source: 'kafka:main',
      stream: topic,
      decoding: 'auto',
      backfill: false,
    })
  })

  test('messages bring headers, keys that repeat, tombstones and their time', async () => {
    const topic = await admin.createTopic('parts')
    const sink = new MemorySink()
    await admin.produce(topic, [
      { value: 'a', timestamp: '1700000000123', headers: { CE_Id: 'x', many: ['1', '2'] } },
      { value: null, key: 'gone' },
    ])
    start({
      sink,
      sources: [`{ cluster: main, pattern: "parts-.*", decoding: native, backfill: true }`],
    })
    await holds(async () => {
      expect(sink.slices.flatMap(({ messages }) => messages)).toHaveLength(2)
    })
    expect(sink.slices[0]).toMatchObject({ topic, decoding: 'native', backfill: true })
    const [first, second] = sink.slices.flatMap(({ messages }) => messages)
    expect(first).toMatchObject({ offset: 0, timestamp: 1_700_000_000_123, topic })
    expect([...first!.headers]).toEqual([
      ['ce_id', 'x'],
      ['many', '2'],
    ])
    expect(second).toMatchObject({ offset: 1, value: null })
  })

  test('markers and aborted messages of transactions leave no hole and do not hold it up', async () => {
    const topic = await admin.createTopic('transactions')
    const sink = new MemorySink()
    await admin.transaction(topic, numbered(0, 10), 'commit')
    await admin.transaction(topic, numbered(100, 110), 'abort')
    const { group, metric } = start({ sink, sources: [`{ cluster: main, topic: ${topic} }`] })
    await holds(async () => {
      expect(sink.values(topic)).toEqual(values(0, 10))
      // 10 messages, a marker, 10 aborted ones, a marker.
      expect(await admin.committed(group, topic)).toEqual([22])
    })
    await admin.transaction(topic, numbered(200, 210), 'abort')
    await holds(async () => {
      expect(await admin.committed(group, topic)).toEqual([33])
    })
    await admin.transaction(topic, numbered(10, 20), 'commit')
    await holds(async () => {
      expect(sink.values(topic)).toEqual(values(0, 20))
      expect(await metric('lag')).toBe(0)
    })
    expect(sink.holes(topic)).toEqual([])
    expect(new Set(sink.slices.map(({ absent }) => absent))).toEqual(new Set(['compaction']))
  })

  test('what retention took while nobody read is recorded as lost, and reading goes on behind it', async () => {
    const topic = await admin.createTopic('retention')
    const sink = new MemorySink()
    await admin.produce(topic, numbered(0, 100))
    const first = start({ sink, sources: [`{ cluster: main, topic: ${topic} }`] })
    const { group } = first
    await holds(async () => {
      expect(await admin.committed(group, topic)).toEqual([100])
    })
    await first.source.stop()
    await admin.produce(topic, numbered(100, 200))
    await admin.deleteRecords(topic, 0, 150)
    const { metric } = start({ sink, group, sources: [`{ cluster: main, topic: ${topic} }`] })
    await holds(async () => {
      expect(sink.values(topic)).toEqual([...values(0, 100), ...values(150, 200)])
      expect(await admin.committed(group, topic)).toEqual([200])
    })
    expect(sink.slices.filter(({ absent }) => absent === 'retention')).toMatchObject([
      { first: 100, last: 149, messages: [] },
    ])
    expect(sink.holes(topic)).toEqual([])
    expect(await metric('lost_offsets_total')).toBe(50)
  })

  test('what retention takes from a partition that is paused is recorded as lost', async () => {
    const topic = await admin.createTopic('overtaken')
    const sink = new MemorySink()
    let open = (): void => undefined
    const opened = new Promise<void>((resolve) => (open = resolve))
    sink.gate = () => opened
    await admin.produce(topic, numbered(0, 10))
    const { metric, group } = start({
      sink,
      sources: [`{ cluster: main, topic: ${topic} }`],
      cluster: 'buffer_bytes: 1024, slice_bytes: 1024',
    })
    await holds(async () => {
      expect(await metric('paused_partitions')).toBe(1)
    })
    await admin.produce(topic, numbered(10, 100))
    await admin.deleteRecords(topic, 0, 60)
    open()
    await holds(async () => {
      expect(await admin.committed(group, topic)).toEqual([100])
    })
    expect(sink.values(topic)).toEqual([...values(0, 10), ...values(60, 100)])
    expect(sink.slices.filter(({ absent }) => absent === 'retention')).toMatchObject([
      { first: 10, last: 59 },
    ])
    expect(sink.holes(topic)).toEqual([])
  })

  test.each(['while it is read', 'while nobody reads it'])(
    'a topic made anew %s is a stream of its own, read from its start',
    async (when) => {
      const topic = await admin.createTopic('anew')
      const sink = new MemorySink()
      await admin.produce(topic, numbered(0, 100))
      const sources = [`{ cluster: main, topic: ${topic} }`]
      const first = start({ sink, sources, topicsRefreshMs: 500 })
      const { group } = first
      await holds(async () => {
        expect(await admin.committed(group, topic)).toEqual([100])
      })
      if (when === 'while nobody reads it') await first.source.stop()
      await admin.deleteTopic(topic)
      await admin.createNamedTopic(topic)
      await admin.produce(topic, numbered(500, 520))
      if (when === 'while nobody reads it') start({ sink, sources, group })
      await holds(async () => {
        expect(sink.values(`${topic}@1`)).toEqual(values(500, 520))
        expect(await admin.committed(group, topic)).toEqual([20])
      })
      expect(sink.values(topic)).toEqual(values(0, 100))
      expect(sink.holes(`${topic}@1`)).toEqual([])
    },
  )

  test('an offset moved back by hand is read again, as the same stream', async () => {
    const topic = await admin.createTopic('moved')
    const sink = new MemorySink()
    await admin.produce(topic, numbered(0, 50))
    const sources = [`{ cluster: main, topic: ${topic} }`]
    const first = start({ sink, sources })
    await holds(async () => {
      expect(await admin.committed(first.group, topic)).toEqual([50])
    })
    await first.source.stop()
    const stored = sink.slices.length
    await setCommitted(brokers, { group: first.group, topic, next: 20 })
    start({ sink, sources, group: first.group })
    await holds(async () => {
      expect(await admin.committed(first.group, topic)).toEqual([50])
    })
    const again = sink.slices.slice(stored)
    expect(again[0]).toMatchObject({ first: 20, stream: topic })
    expect(again.flatMap(({ messages }) => messages)).toHaveLength(30)
  })

  test('partitions that are added are read from their start, also where the topic began at its end', async () => {
    const topic = await admin.createTopic('grows')
    const sink = new MemorySink()
    await admin.produce(topic, numbered(0, 10))
    const { group } = start({
      sink,
      sources: [`{ cluster: main, topic: ${topic}, start: latest }`],
      topicsRefreshMs: 500,
    })
    await holds(async () => {
      expect(await admin.committed(group, topic)).toEqual([10])
    })
    await admin.setPartitions(topic, 3)
    await admin.produce(
      topic,
      numbered(10, 20).map((message) => ({ ...message, partition: 2 })),
    )
    await holds(async () => {
      expect(sink.values(topic)).toEqual(values(10, 20))
      expect(await admin.committed(group, topic)).toEqual([10, 0, 10])
    })
    expect(sink.holes(topic, 2)).toEqual([])
  })

  test('topics that come later are found, by name and by pattern, and read from their start', async () => {
    const sink = new MemorySink()
    const prefix = `late-${Math.floor(performance.now())}`
    start({
      sink,
      sources: [
        `{ cluster: main, topic: ${prefix}.named, start: latest }`,
        `{ cluster: main, pattern: "${prefix}\\\\.[ab]" }`,
      ],
      topicsRefreshMs: 300,
    })
    for (const name of ['a', 'named', 'b', 'c']) {
      await admin.createNamedTopic(`${prefix}.${name}`)
      await admin.produce(`${prefix}.${name}`, numbered(0, 20))
    }
    await holds(async () => {
      for (const name of ['a', 'b', 'named'])
        expect(sink.values(`${prefix}.${name}`)).toEqual(values(0, 20))
    })
    await admin.produce(`${prefix}.a`, numbered(20, 40))
    await holds(async () => {
      expect(sink.values(`${prefix}.a`)).toEqual(values(0, 40))
    })
    expect(sink.values(`${prefix}.c`)).toEqual([])
  })
})
