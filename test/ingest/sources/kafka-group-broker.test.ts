import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { AppError } from '../../../core/errors.ts'
import { describeKafka, sharedKafka } from '../../support/kafka.ts'
import { kafkaAdmin, type KafkaAdmin } from '../../support/kafka-admin.ts'
import {
  holds,
  MemorySink,
  startSource,
  type RunningSource,
  type SourceOptions,
} from './kafka-fixture.ts'

describeKafka('a member of a Kafka group', () => {
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
  const sum = (numbers: readonly (number | null)[]) =>
    numbers.reduce<number>((total, n) => total + (n ?? 0), 0)

  test('members that join and leave while messages come lose none, and take up where others left', async () => {
    const topic = await admin.createTopic('shared', { partitions: 6 })
    const sink = new MemorySink()
    sink.gate = () => sleep(20)
    const sources = [`{ cluster: main, topic: ${topic} }`]
    const cluster = 'slice_rows: 50'
    const { group } = start({ sink, sources, cluster })
    let sent = 0
    const producing = (async () => {
      for (; sent < 6000; sent += 200) {
        const batch = numbered(sent, sent + 200)
        await admin.produce(
          topic,
          batch.map((m, i) => ({ ...m, partition: i % 6 })),
        )
        await sleep(60)
      }
    })()
    for (let round = 0; round < 3; round++) {
      const second = startSource({ brokers, sink, sources, cluster, group })
      await holds(async () => {
        expect(second.source.facts().partitions.length).toBe(3)
      })
      await second.source.stop()
    }
    await producing
    await holds(async () => {
      expect(sum(await admin.committed(group, topic))).toBe(6000)
    })
    expect([...sink.values(topic)].sort()).toEqual(values(0, 6000))
    for (let partition = 0; partition < 6; partition++)
      expect(sink.holes(topic, partition)).toEqual([])
  })

  test('a store that is away for three sessions costs no membership: the partition is paused meanwhile', async () => {
    const topic = await admin.createTopic('away')
    const sink = new MemorySink()
    let away = true
    sink.gate = async () => {
      while (away) await sleep(20)
    }
    await admin.produce(topic, numbered(0, 2000))
    const { metric, group } = start({
      sink,
      sources: [`{ cluster: main, topic: ${topic} }`],
      cluster:
        'session_timeout: 1500ms, heartbeat_interval: 300ms, slice_rows: 100, buffer_bytes: 100000, slice_bytes: 20000',
    })
    const isPaused = async (): Promise<void> => {
      expect(await metric('paused_partitions')).toBe(1)
      expect(await metric('slices_in_flight')).toBe(8)
    }
    await holds(isPaused)
    await sleep(4500)
    await isPaused()
    away = false
    await holds(async () => {
      expect(await admin.committed(group, topic)).toEqual([2000])
    })
    expect(await metric('rebalances_total')).toBe(1)
    expect(sink.slices.flatMap(({ messages }) => messages)).toHaveLength(2000)
  })

  test('a slice that the store could not take is offered again, and nothing behind it is committed', async () => {
    const topic = await admin.createTopic('again')
    const sink = new MemorySink()
    let away = true
    sink.gate = async ({ first }) => {
      if (first === 100 && away) throw new AppError('STORE_UNAVAILABLE', 'away')
    }
    await admin.produce(topic, numbered(0, 300))
    const { group } = start({
      sink,
      sources: [`{ cluster: main, topic: ${topic} }`],
      cluster: 'slice_rows: 100',
    })
    await holds(async () => {
      expect(sink.slices.map(({ first }) => first)).toEqual([0, 200])
    })
    // Long enough to be offered again some times.
    await sleep(500)
    expect(await admin.committed(group, topic)).toEqual([100])
    away = false
    await holds(async () => {
      expect(await admin.committed(group, topic)).toEqual([300])
    })
    expect(sink.values(topic)).toEqual(values(0, 300))
  })

  test('what the sink refuses stops its partition at that slice; the others go on', async () => {
    const topic = await admin.createTopic('refused', { partitions: 2 })
    const sink = new MemorySink()
    sink.gate = async ({ partition, first }) => {
      if (partition === 0 && first === 100) throw new AppError('EVENT_NOT_FOUND', 'refused')
    }
    for (const partition of [0, 1])
      await admin.produce(
        topic,
        numbered(0, 300).map((m) => ({ ...m, partition })),
      )
    const { group, metric } = start({
      sink,
      sources: [`{ cluster: main, topic: ${topic} }`],
      cluster: 'slice_rows: 100',
    })
    await holds(async () => {
      expect(await admin.committed(group, topic)).toEqual([100, 300])
    })
    expect(await metric('stopped_partitions')).toBe(1)
    expect(await metric('lag')).toBe(200)
  })

  test('stopping stores and commits what is on its way, and takes nothing more', async () => {
    const topic = await admin.createTopic('stopping')
    const sink = new MemorySink()
    sink.gate = () => sleep(300)
    await admin.produce(topic, numbered(0, 1000))
    const { group, source } = start({
      sink,
      sources: [`{ cluster: main, topic: ${topic} }`],
      cluster: 'slice_rows: 100',
    })
    await holds(async () => {
      expect(sink.slices).not.toHaveLength(0)
    })
    await source.stop()
    const stored = Math.max(...sink.slices.map(({ last }) => last)) + 1
    expect(await admin.committed(group, topic)).toEqual([stored])
    expect(sink.received).toBe(sink.slices.length)
  })

  test('a partition that is busy holds up nobody', async () => {
    const topic = await admin.createTopic('busy', { partitions: 2 })
    const sink = new MemorySink()
    sink.gate = () => sleep(20)
    await admin.produce(
      topic,
      numbered(0, 5000).map((m) => ({ ...m, partition: 0 })),
    )
    await admin.produce(
      topic,
      numbered(0, 10).map((m) => ({ ...m, partition: 1 })),
    )
    start({
      sink,
      sources: [`{ cluster: main, topic: ${topic} }`],
      cluster: 'slice_rows: 50, concurrency: 1',
    })
    await holds(async () => {
      expect(sink.slices.some(({ partition }) => partition === 1)).toBe(true)
    })
    const before = sink.slices.findIndex(({ partition }) => partition === 1)
    expect(before).toBeLessThan(20)
  })

  test('a group that begins at the end begins there on all partitions, whoever joins first', async () => {
    const topic = await admin.createTopic('latest', { partitions: 4 })
    const sink = new MemorySink()
    const each = (from: number, to: number) =>
      numbered(from, to).map((m, i) => ({ ...m, partition: i % 4 }))
    await admin.produce(topic, each(0, 40))
    const sources = [`{ cluster: main, topic: ${topic}, start: latest }`]
    const { group } = start({ sink, sources })
    start({ sink, sources, group })
    await holds(async () => {
      expect(await admin.committed(group, topic)).toEqual([10, 10, 10, 10])
    })
    await admin.produce(topic, each(40, 80))
    await holds(async () => {
      expect(await admin.committed(group, topic)).toEqual([20, 20, 20, 20])
    })
    expect([...sink.values(topic)].sort()).toEqual(values(40, 80))
  })
})
