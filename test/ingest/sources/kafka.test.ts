import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { describeKafka, sharedKafka } from '../../support/kafka.ts'
import { kafkaAdmin, type KafkaAdmin } from '../../support/kafka-admin.ts'
import {
  holds,
  MemorySink,
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
})
