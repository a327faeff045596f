import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import kafkajs from 'kafkajs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { PartitionAudit } from '../../store/ledger-audit.ts'
import { openStore, type Store } from '../../store/client.ts'
import { spawnClickHouseServer } from '../support/clickhouse-process.ts'
import { describeOwnKafka } from '../support/kafka.ts'
import { kafkaAdmin, type KafkaAdmin } from '../support/kafka-admin.ts'
import { startKafka } from '../support/kafka-broker.ts'
import { checksum } from '../support/producer.ts'
import { seeded } from '../support/seeded.ts'
import {
  eventually,
  getJson,
  quickSettings,
  servicePlace,
  spawnService,
  type ServicePlace,
  type ServiceProcess,
} from '../support/service.ts'
import { faults, type Running } from './kafka-faults.ts'

const seed = 20_261_121
const partitions = 6
const perRound = 1500
const minuteMs = 60_000
const from = Math.floor((Date.now() - 3_600_000) / minuteMs) * minuteMs

const models = ['books', 'games', 'music', 'tools']

interface ShopEvent {
  readonly model: string
  readonly id: string
  readonly minute: number
  readonly amount: number
}

/**
 * Two consumers of one group, two monitors that share four models, a broker and a store, and a driver
 * that breaks one after the other while a producer keeps sending. What Kafka has acknowledged is what must be
 * there in the end, once, and nothing else.
 */
describeOwnKafka('a consumer group under faults', () => {
  const random = seeded(seed)
  const acknowledged = new Map<string, ShopEvent>()
  let place: ServicePlace
  let storePath: string
  let running: Running
  let api: ServiceProcess
  let admin: KafkaAdmin
  let store: Store | null = null

  const wire = ({ model, id, minute, amount }: ShopEvent): string =>
    JSON.stringify({
      model,
      id,
      ts: new Date(from + minute * minuteMs).toISOString(),
      features: { amount },
    })

  beforeAll(async () => {
    place = await servicePlace()
    storePath = await mkdtemp(join(tmpdir(), 'tidegauge-chaos-'))
    const kafka = await startKafka()
    const clickhouse = await spawnClickHouseServer(storePath)
    const cluster = {
      brokers: kafka.brokers,
      group: 'chaos',
      session_timeout: '8s',
      heartbeat_interval: '1s',
      rebalance_timeout: '10s',
    }
    const settings = {
      ...quickSettings,
      TIDEGAUGE__STORE__URL: clickhouse.url,
      // Shorter than a session: a store that hangs must not cost the group its member.
      TIDEGAUGE__STORE__TIMEOUT: '3s',
      TIDEGAUGE__KAFKA__CLUSTERS: JSON.stringify({ main: cluster }),
      TIDEGAUGE__KAFKA__SOURCES: JSON.stringify([
        { cluster: 'main', topic: 'events', decoding: 'native' },
      ]),
    }
    const reference = Array.from({ length: 1000 }, () => random.normal())
    await place.write('models/reference.csv', ['amount', ...reference].join('\n'))
    for (const model of models) {
      await place.writeModel({
        model,
        kind: 'features',
        features: { amount: 'numeric' },
        window: '1m',
        lateness: '1s',
        baselines: { training: { file: 'reference.csv' } },
      })
    }
    const spawnConsumer = (): Promise<ServiceProcess> =>
      spawnService(place, { ...settings, TIDEGAUGE__ROLES: 'ingest' })
    const monitoring = {
      ...settings,
      TIDEGAUGE__MONITOR__CONTROL: JSON.stringify({ cluster: 'main', partitions: 8 }),
    }
    const spawnMonitor = (): Promise<ServiceProcess> =>
      spawnService(place, { ...monitoring, TIDEGAUGE__ROLES: 'monitor' })
    api = await spawnService(place, { ...monitoring, TIDEGAUGE__ROLES: 'monitor,api' })
    admin = await kafkaAdmin(kafka)
    await admin.createNamedTopic('events', { partitions })
    const consumers = [await spawnConsumer(), await spawnConsumer()]
    running = {
      kafka,
      store: clickhouse,
      storePath,
      consumers,
      spawnConsumer,
      monitor: await spawnMonitor(),
      spawnMonitor,
    }

    const producing = produce(kafka.brokers)
    for (const name of random.shuffled(Object.keys(faults))) {
      await eventually(`the store to move before: ${name}`, () => hasMoved(), 90_000)
      await faults[name]?.(running, random)
      await producing.round()
    }
    await producing.end()
    await running.store.clearFaults()
    store = await openStore({ url: running.store.url, database: 'tidegauge' })
    await eventually('the group to have read everything', () => isRead(), 120_000)
    await eventually('the windows to be counted', () => isCounted(), 60_000)
  }, 420_000)

  afterAll(async () => {
    await store?.close()
    for (const consumer of running.consumers) await consumer.kill()
    await running.monitor.kill()
    await api.kill()
    await admin.close()
    await running.kafka.stop()
    await running.store.stop()
    await place.remove()
    await rm(storePath, { recursive: true, force: true })
  })

  /** Sends rounds of events, a few of them twice, each until Kafka has acknowledged it. */
  function produce(brokers: readonly string[]) {
    const kafka = new kafkajs.Kafka({ brokers: [...brokers], logLevel: kafkajs.logLevel.NOTHING })
    const producer = kafka.producer({ retry: { retries: 50, maxRetryTime: 1000 } })
    const connected = producer.connect()
    let sent = 0
    const send = async (events: readonly ShopEvent[]): Promise<void> => {
      const repeated = events.filter(() => random.next() < 0.02)
      const messages = [...events, ...repeated].map((event) => ({ value: wire(event) }))
      await producer.send({ topic: 'events', messages, acks: -1 })
      for (const event of events) acknowledged.set(event.id, event)
    }
    return {
      round: async () => {
        await connected
        for (let i = 0; i < perRound; i += 100) {
          const events = Array.from({ length: 100 }, () => {
            const id = `c-${sent++}`
            const model = random.pick(models)
            return { model, id, minute: random.int(0, 19), amount: random.normal() }
          })
          await send(events)
          await sleep(20)
        }
      },
      end: () => producer.disconnect(),
    }
  }

  let committedBefore = -1
  /** Commits advance between faults: none may stop the group for good. */
  async function hasMoved(): Promise<boolean> {
    const committed = await admin.committed('chaos', 'events').catch(() => [])
    const sum = committed.reduce<number>((total, offset) => total + (offset ?? 0), 0)
    const moved = sum > committedBefore
    if (moved) committedBefore = sum
    return moved
  }

  async function isRead(): Promise<boolean> {
    const [ends, committed] = [
      await admin.offsets('events'),
      await admin.committed('chaos', 'events'),
    ]
    return ends.every(({ high }, partition) => high === 0 || committed[partition] === high)
  }

  async function isCounted(): Promise<boolean> {
    const [windows] = await rows(`SELECT sum(n) AS n FROM windows FINAL WHERE window = '1m'`)
    return Number(windows?.['n']) === acknowledged.size
  }

  const rows = async (sql: string): Promise<Readonly<Record<string, unknown>>[]> =>
    (await store?.query({ name: 'test', sql, params: {}, toRow: (raw) => raw })) ?? []

  test('stores every acknowledged event once, and nothing else', async () => {
    const stored = await rows(
      models
        .map((model) => `SELECT event_id, \`features.amount\` AS amount FROM events_${model} FINAL`)
        .join(' UNION ALL '),
    )
    expect(stored).toHaveLength(acknowledged.size)
    const facts = (events: Iterable<readonly [string, number]>): string[] =>
      [...events].map(([id, amount]) => `${id} ${amount}`)
    const storedFacts = stored.map(
      (row) => [String(row['event_id']), Number(row['amount'])] as const,
    )
    const sentFacts = [...acknowledged.values()].map(({ id, amount }) => [id, amount] as const)
    expect(checksum(facts(storedFacts))).toBe(checksum(facts(sentFacts)))
    expect(await rows('SELECT count() AS n FROM dead_letters')).toEqual([{ n: 0 }])
  })

  test('keeps a ledger without a hole that balances, up to the end of every partition', async () => {
    const audit = await getJson<{ complete: boolean; partitions: PartitionAudit[] }>(
      api,
      '/v1/ledger/audit',
    )
    const ends = await admin.offsets('events')
    expect(audit.complete).toBe(true)
    expect(audit.partitions.map(({ intervals }) => intervals)).toEqual(
      ends.filter(({ high }) => high > 0).map(({ high }) => [{ from: 0, to: high - 1 }]),
    )
    expect(audit.partitions.every(({ counts }) => counts.lost === 0)).toBe(true)
  })

  test('counts every window exactly', async () => {
    const wanted = new Map<string, number>()
    for (const { model, minute } of acknowledged.values()) {
      const key = `${model} ${minute}`
      wanted.set(key, (wanted.get(key) ?? 0) + 1)
    }
    const stored = await rows(`
SELECT model, intDiv(toUnixTimestamp(window_start) - ${from / 1000}, 60) AS minute, n
FROM windows FINAL WHERE window = '1m'`)
    const counted = stored.map(
      ({ model, minute, n }) => [`${String(model)} ${Number(minute)}`, n] as const,
    )
    expect(new Map(counted)).toEqual(wanted)
  })

  test('takes an event afterwards', async () => {
    await admin.produce('events', [
      { value: wire({ model: 'books', id: 'fresh', minute: 0, amount: 1 }) },
    ])
    const found = await eventually('the fresh event', () =>
      getJson(api, '/v1/events/books/fresh').catch(() => null),
    )
    expect(found).toMatchObject({ id: 'fresh' })
  })
})
