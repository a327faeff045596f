import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { describeKafka, sharedKafka } from '../../support/kafka.ts'
import { kafkaAdmin, type KafkaAdmin } from '../../support/kafka-admin.ts'
import { plainConsumer } from '../../support/kafka-consumer.ts'
import {
  eventually,
  getJson,
  quickSettings,
  servicePlace,
  startTestService,
  type RunningService,
  type ServicePlace,
} from '../../support/service.ts'
import { linesOf, runProgram } from './run-program.ts'

interface Counts {
  readonly delivered: number
  readonly kept: number
  readonly dropped: number
}

const produce = (args: readonly string[], env: Readonly<Record<string, string>>): Promise<Counts> =>
  runProgram([process.execPath, 'examples/producers/with-kafkajs.mjs', ...args], env)

describeKafka('the producer with kafkajs', () => {
  let admin: KafkaAdmin
  let brokers: readonly string[]
  let topic: string
  let place: ServicePlace
  let service: RunningService

  beforeAll(async () => {
    const kafka = await sharedKafka()
    ;({ brokers } = kafka)
    admin = await kafkaAdmin(kafka)
    topic = await admin.createTopic('produced', { partitions: 3 })
    place = await servicePlace()
    service = await startTestService(place, {
      ...quickSettings,
      TIDEGAUGE__KAFKA__CLUSTERS: JSON.stringify({ main: { brokers, group: topic } }),
      TIDEGAUGE__KAFKA__SOURCES: JSON.stringify([{ cluster: 'main', topic, decoding: 'native' }]),
    })
  })
  afterAll(async () => {
    await service.stop()
    await admin.close()
    await place.remove()
  })

  test('sends events and labels that arrive together, each event once', async () => {
    const env = { KAFKA_BROKERS: brokers.join(','), KAFKA_TOPIC: topic }
    expect(await produce(['500', 'order'], env)).toEqual({ delivered: 550, kept: 0, dropped: 0 })
    await produceAgain()
    const read = await eventually('all messages', async () => {
      const audit = await getJson<{ complete: boolean; partitions: Audited[] }>(
        service,
        '/v1/ledger/audit',
      )
      const rows = audit.partitions.reduce((sum, { counts }) => sum + counts.messages, 0)
      return rows === 1100 && audit
    })
    expect(read.complete).toBe(true)
    const event = await getJson<object>(service, '/v1/events/checkout/order-490')
    expect(event).toMatchObject({
      version: '1',
      prediction: 'good',
      features: { amount: 50, country: 'DE' },
      label: { label: 'good' },
      provenance: { source: 'kafka:main', topic },
    })
    expect(await countEvents()).toBe(500)
  })

  /** As a producer does that was not told that its messages had arrived. */
  async function produceAgain(): Promise<void> {
    const consumer = await plainConsumer({ brokers, group: `${topic}-again`, topic })
    await eventually('the messages', async () => consumer.values.length === 550)
    await consumer.stop()
    await admin.produce(
      topic,
      consumer.values.map((value) => ({ value })),
    )
  }

  async function countEvents(): Promise<number> {
    const answer = await fetch(`${service.url}/v1/models/checkout/query`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ select: [{ count: true }] }),
    })
    const { rows } = (await answer.json()) as { rows: number[][] }
    return rows[0]?.[0] ?? 0
  }
})

interface Audited {
  readonly counts: { readonly messages: number }
}

describe('the producer with kafkajs, no broker there', () => {
  let place: ServicePlace

  beforeAll(async () => {
    place = await servicePlace()
  })
  afterAll(() => place.remove())

  const away = { KAFKA_BROKERS: '127.0.0.1:9', CLOSE_MS: '300' }

  test('keeps what was not confirmed, and drops what finds no room', async () => {
    const unsent = join(place.models, 'unsent.ndjson')
    const counts = await produce(['40', 'lost'], { ...away, UNSENT: unsent, CAPACITY: '25' })
    expect(counts).toEqual({ delivered: 0, kept: 25, dropped: 19 })
    const ids = (await linesOf(unsent)).map((line) => (JSON.parse(line) as { id: string }).id)
    expect(ids).toEqual(Array.from({ length: 25 }, (_, i) => `lost-${i}`))
  })
})
