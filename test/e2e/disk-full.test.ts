import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openStore } from '../../store/client.ts'
import { spawnClickHouseServer, type ClickHouseProcess } from '../support/clickhouse-process.ts'
import { describeKafka, sharedKafka } from '../support/kafka.ts'
import { kafkaAdmin, type KafkaAdmin } from '../support/kafka-admin.ts'
import {
  eventually,
  getJson,
  quickSettings,
  servicePlace,
  spawnService,
  type ServicePlace,
  type ServiceProcess,
} from '../support/service.ts'
import { smallDisk } from '../support/small-disk.ts'

const events = 3000

/**
 * The disk of the store fills up while a topic is read. Where no file system may be mounted, the store
 * only says that it is full, which is the same to its client.
 */
describeKafka('a store whose disk is full', () => {
  const disk = smallDisk(400)
  let path: string
  let place: ServicePlace
  let clickhouse: ClickHouseProcess
  let service: ServiceProcess
  let admin: KafkaAdmin
  let topic: string

  beforeAll(async () => {
    const kafka = await sharedKafka()
    place = await servicePlace()
    path = disk?.path ?? (await mkdtemp(join(tmpdir(), 'tidegauge-full-')))
    clickhouse = await spawnClickHouseServer(join(path, 'clickhouse'))
    admin = await kafkaAdmin(kafka)
    topic = await admin.createTopic('full', { partitions: 3 })
    service = await spawnService(place, {
      ...quickSettings,
      TIDEGAUGE__STORE__URL: clickhouse.url,
      TIDEGAUGE__ROLES: 'ingest,api',
      TIDEGAUGE__KAFKA__CLUSTERS: JSON.stringify({
        main: { brokers: kafka.brokers, group: topic },
      }),
      TIDEGAUGE__KAFKA__SOURCES: JSON.stringify([{ cluster: 'main', topic, decoding: 'native' }]),
    })
  })

  afterAll(async () => {
    await service.kill()
    await clickhouse.stop('SIGKILL')
    await admin.close()
    await place.remove()
    disk?.remove()
    await rm(path, { recursive: true, force: true })
  })

  const produce = (from: number, to: number): Promise<void> =>
    admin.produce(
      topic,
      Array.from({ length: to - from }, (_, i) => ({
        key: String(i % 16),
        value: JSON.stringify({ model: 'full', id: `f-${from + i}`, features: { x: from + i } }),
      })),
    )

  const committed = async (): Promise<number> =>
    (await admin.committed(topic, topic)).reduce<number>((sum, offset) => sum + (offset ?? 0), 0)

  const fill = async (): Promise<void> => {
    if (disk !== null) disk.fill()
    else
      await clickhouse.addFault({
        fault: { kind: 'exception', code: 243, type: 'NOT_ENOUGH_SPACE' },
        match: '^INSERT',
        times: 1_000_000,
      })
  }

  test('is waited for: nothing is committed, nothing lost, and it goes on by itself', async () => {
    await produce(0, events / 3)
    await eventually('the first events', async () => (await committed()) === events / 3)
    await fill()
    await produce(events / 3, events)
    await eventually('a write to fail', async () => {
      const page = await (await fetch(`${service.url}/metrics`)).text()
      return /^tidegauge_ingest_retries_total\{.*\} [1-9]/m.test(page)
    })
    await sleep(1000)
    expect(await committed()).toBe(events / 3)
    disk?.free()
    await clickhouse.clearFaults()
    await eventually(
      'everything to be committed',
      async () => (await committed()) === events,
      90_000,
    )
    const store = await openStore({ url: clickhouse.url, database: 'tidegauge' })
    const [stored] = await store.query({
      name: 'test',
      sql: 'SELECT count() AS n, uniqExact(event_id) AS ids, sum(`features.x`) AS sum FROM events_full FINAL',
      params: {},
      toRow: (raw) => raw,
    })
    await store.close()
    expect(stored).toEqual({ n: events, ids: events, sum: (events * (events - 1)) / 2 })
    expect(await getJson(service, '/v1/ledger/audit')).toMatchObject({ complete: true })
  }, 180_000)
})
