import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { storePartitions } from '../../../api/store-partitions.ts'
import { systemClock } from '../../../core/clock.ts'
import { createLogger } from '../../../core/log.ts'
import { createLetterMirror } from '../../../ingest/mirror-letters.ts'
import { SliceIntake } from '../../../ingest/slice-intake.ts'
import { createProducer } from '../../../ingest/sources/kafka.ts'
import { openModelRegistry } from '../../../store/model-registry.ts'
import { ingestDeps, partitionHalts } from '../../support/ingest.ts'
import { describeKafka, sharedKafka } from '../../support/kafka.ts'
import { kafkaAdmin, type KafkaAdmin } from '../../support/kafka-admin.ts'
import { withStore, type TestStore } from '../../support/store.ts'
import {
  clusterConfig,
  holds,
  MemorySink,
  startSource,
  type RunningSource,
} from './kafka-fixture.ts'

const limits = { batchRows: 1000, batchBytes: 1 << 20, batchWaitMs: 5, maxInsertsPerSecond: 1000 }

describeKafka('a bad deployment of a Kafka producer', () => {
  let brokers: readonly string[] = []
  let admin: KafkaAdmin
  let opened: TestStore
  const running: RunningSource[] = []

  beforeAll(async () => {
    const kafka = await sharedKafka()
    brokers = kafka.brokers
    admin = await kafkaAdmin(kafka)
    opened = await withStore('embedded')
  })
  afterEach(async () => {
    await Promise.all(running.splice(0).map(({ source }) => source.stop()))
  })
  afterAll(async () => {
    await admin.close()
    await opened.close()
  })

  const producerOf = () =>
    createProducer({
      cluster: clusterConfig(brokers, 'none'),
      refreshMs: 60_000,
      secret: (reference) => reference,
      log: createLogger({ level: 'silent', format: 'json' }),
    })
  const count = async (sql: string): Promise<number> => {
    const toRow = (raw: Readonly<Record<string, unknown>>) => Number(raw['n'])
    return (await opened.store.query({ name: 'test-count', sql, params: {}, toRow }))[0] ?? 0
  }

  test('halts its partition alone; a release makes dead letters of it, and all of them reach the mirror topic', async () => {
    const { store } = opened
    const topic = await admin.createTopic('bad', { partitions: 2 })
    const reject = { run: 10, ratio: 0, window: 0 }
    const deps = ingestDeps(store, await openModelRegistry(store))
    const intake = new SliceIntake({ ...deps, limits, halts: partitionHalts(store, reject) })
    const sink = new MemorySink()
    sink.gate = (slice) => intake.receive({ ...slice, decoding: 'native' })
    const sources = [`{ cluster: main, topic: ${topic} }`]
    const { group } = startedSource(sink, sources)
    const event = (id: number) => ({ value: JSON.stringify({ model: 'good', id: `e${id}` }) })
    const good = (partition: number, from: number) =>
      Array.from({ length: 20 }, (_, i) => ({ ...event(from + i), partition }))
    const bad = Array.from({ length: 50 }, () => ({ value: 'no json', partition: 0 }))
    await admin.produce(topic, [...good(0, 0), ...bad, ...good(0, 20), ...good(1, 40)])
    const partitions = storePartitions(store, systemClock)
    await holds(async () => {
      expect(await partitions.list()).toMatchObject([
        { source: 'kafka:main', topic, partition: 0, state: 'halted', offset: 29, refused: 10 },
      ])
      expect(await admin.committed(group, topic)).toContain(20)
    })
    expect(await count(`SELECT count() AS n FROM dead_letters FINAL`)).toBe(9)
    expect(await count('SELECT count() AS n FROM events_good FINAL')).toBe(40)

    await partitions.release({ source: 'kafka:main', topic, partition: 0 }, 'ops')
    await holds(async () => {
      expect(await admin.committed(group, topic)).toEqual([90, 20])
    })
    expect(await count(`SELECT count() AS n FROM dead_letters FINAL`)).toBe(50)
    expect(await count('SELECT count() AS n FROM events_good FINAL')).toBe(60)
    expect(await partitions.list()).toMatchObject([{ state: 'resumed', releasedBy: 'ops' }])
    await intake.close()

    const letters = await admin.createTopic('letters', { partitions: 2 })
    const producer = producerOf()
    await createLetterMirror({ store, producer, topic: letters, clock: systemClock })()
    await producer.close()
    const copies = new MemorySink()
    startedSource(copies, [`{ cluster: main, topic: ${letters} }`])
    await holds(async () => {
      expect(copies.values(letters)).toEqual(Array<string>(50).fill('no json'))
    })
    const headers = copies.slices.flatMap(({ messages }) => messages.map((m) => m.headers))
    expect(headers.map((all) => Number(all.get('tidegauge-offset'))).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 50 }, (_, i) => 20 + i),
    )
    expect(new Set(headers.map((all) => all.get('tidegauge-reason')))).toEqual(
      new Set(['invalid_json']),
    )
  })

  test('a mirror topic that is not there is waited for', async () => {
    const producer = producerOf()
    const message = { key: 'k', value: Buffer.from('v'), headers: new Map<string, string>() }
    const away = { code: 'KAFKA_UNAVAILABLE', retryable: true }
    await expect(producer.produce('tidegauge-none', [message])).rejects.toMatchObject(away)
    const topic = await admin.createTopic('later')
    await producer.produce(topic, [message])
    expect(await admin.offsets(topic)).toEqual([{ low: 0, high: 1 }])
    await producer.close()
  })

  function startedSource(sink: MemorySink, sources: readonly string[]): RunningSource {
    const source = startSource({ brokers, sink, sources })
    running.push(source)
    return source
  }
})
