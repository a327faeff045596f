import kafkajs from 'kafkajs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeOwnKafka } from '../support/kafka.ts'
import { kafkaAdmin } from '../support/kafka-admin.ts'
import { startKafka, type KafkaCluster } from '../support/kafka-broker.ts'
import {
  eventually,
  getJson,
  quickSettings,
  servicePlace,
  startTestService,
  type RunningService,
  type ServicePlace,
} from '../support/service.ts'

const eachRound = 500

/**
 * Every broker of three is killed once and comes back: leaders of partitions move, and with them the
 * coordinator of the group, whoever it is. Nobody has to know.
 */
describeOwnKafka('a cluster that loses one broker after the other', () => {
  let kafka: KafkaCluster
  let place: ServicePlace
  let service: RunningService

  beforeAll(async () => {
    place = await servicePlace()
    kafka = await startKafka({ brokers: 3 })
    const admin = await kafkaAdmin({ direct: kafka.direct })
    await admin.createNamedTopic('rolled', { partitions: 6, replicas: 3 })
    await admin.close()
    const main = {
      brokers: kafka.brokers,
      group: 'rolled',
      session_timeout: '8s',
      heartbeat_interval: '1s',
      rebalance_timeout: '10s',
    }
    service = await startTestService(place, {
      ...quickSettings,
      TIDEGAUGE__ROLES: 'ingest,api',
      TIDEGAUGE__KAFKA__CLUSTERS: JSON.stringify({ main }),
      TIDEGAUGE__KAFKA__SOURCES: JSON.stringify([
        { cluster: 'main', topic: 'rolled', decoding: 'native' },
      ]),
    })
  }, 120_000)

  afterAll(async () => {
    await service.stop()
    await kafka.stop()
    await place.remove()
  }, 60_000)

  test('is read to the end, every message once', async () => {
    const client = new kafkajs.Kafka({
      brokers: [...kafka.brokers],
      logLevel: kafkajs.logLevel.NOTHING,
    })
    const producer = client.producer({ retry: { retries: 50, maxRetryTime: 1000 } })
    await producer.connect()
    let sent = 0
    const round = async (): Promise<void> => {
      const messages = Array.from({ length: eachRound }, () => ({
        value: JSON.stringify({ model: 'rolled', id: `r-${sent}`, features: { x: sent++ } }),
      }))
      await producer.send({ topic: 'rolled', messages, acks: -1 })
    }
    const stored = async (): Promise<number> => {
      const answer = await fetch(`${service.url}/v1/models/rolled/query`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ select: [{ count: true, as: 'n' }] }),
      })
      const { rows } = (await answer.json()) as { rows?: number[][] }
      return rows?.[0]?.[0] ?? 0
    }
    const readAll = (): Promise<boolean> =>
      eventually('everything that was sent', async () => (await stored()) === sent, 90_000)

    await round()
    await readAll()
    for (const broker of [0, 1, 2]) {
      await kafka.kill(broker)
      await round()
      await kafka.start(broker)
      await round()
      await readAll()
    }
    await producer.disconnect()
    expect(await getJson(service, '/v1/ledger/audit')).toMatchObject({ complete: true })
  }, 300_000)
})
