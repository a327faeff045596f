import { afterAll, beforeAll, expect, test } from 'vitest'
import { kafkaFindings } from '../../bin/doctor-kafka.ts'
import { loadConfig, type Config } from '../../core/config.ts'
import { describeKafka, sharedKafka } from '../support/kafka.ts'
import { kafkaAdmin, type KafkaAdmin } from '../support/kafka-admin.ts'
import { setCommitted } from '../ingest/sources/kafka-fixture.ts'

function configOf(kafka: object): Config {
  const flags = Object.entries(kafka).map(([key, value]) => [`kafka.${key}`, value as unknown])
  return loadConfig({ env: {}, flags: Object.fromEntries(flags) as Record<string, unknown> })
}

const found = async (kafka: object): Promise<string[]> =>
  (await kafkaFindings(configOf(kafka))).map(
    ({ check, result, detail }) => `${check} ${result}: ${detail}`,
  )

test('brokers that are away are a failure', async () => {
  const findings = await kafkaFindings(
    configOf({ clusters: { main: { brokers: ['127.0.0.1:1'] } } }),
  )
  expect(findings).toMatchObject([{ check: 'kafka main', result: 'fail' }])
  expect(findings[0]?.remedy).toContain('127.0.0.1:1')
})

describeKafka('a cluster that answers', () => {
  let admin: KafkaAdmin
  let brokers: readonly string[]
  beforeAll(async () => {
    const shared = await sharedKafka()
    brokers = shared.brokers
    admin = await kafkaAdmin(shared)
  })
  afterAll(() => admin.close())

  test('is told by its topics: those that are not there, and how far behind the group is', async () => {
    const topic = await admin.createTopic('doctor')
    await admin.produce(
      topic,
      Array.from({ length: 5 }, () => ({ value: 'x' })),
    )
    const group = `${topic}-group`
    await setCommitted(brokers, { group, topic, next: 2 })
    const findings = await found({
      clusters: { main: { brokers, group } },
      sources: [
        { cluster: 'main', topic },
        { cluster: 'main', topic: 'no-such-topic-of-the-doctor' },
        { cluster: 'main', pattern: 'no-such-pattern-.*' },
      ],
      dead_letters: { cluster: 'main', topic: 'no-such-dead-letters' },
    })
    expect(findings).toEqual([
      expect.stringMatching(/^kafka main ok: answers, \d+ topics$/),
      'kafka main warn: no topic no-such-topic-of-the-doctor',
      'kafka main warn: no topic matches no-such-pattern-.*',
      'kafka main fail: no topic no-such-dead-letters',
      'kafka main ok: 1 partitions of 1 topics, 3 messages not yet committed',
    ])
  })
})
