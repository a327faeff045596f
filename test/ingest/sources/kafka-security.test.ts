import { afterEach, expect, test } from 'vitest'
import { kafkaAdmin } from '../../support/kafka-admin.ts'
import { startKafka, type KafkaCluster } from '../../support/kafka-broker.ts'
import { describeOwnKafka } from '../../support/kafka.ts'
import { holds, MemorySink, startSource, type RunningSource } from './kafka-fixture.ts'

describeOwnKafka('a cluster that lets in only whom it knows', () => {
  let kafka: KafkaCluster | null = null
  const running: RunningSource[] = []
  afterEach(async () => {
    await Promise.all(running.splice(0).map(({ source }) => source.stop()))
    await kafka?.stop()
  })

  async function topicWithMessages(): Promise<string> {
    const admin = await kafkaAdmin(kafka!)
    const topic = await admin.createTopic('secured')
    await admin.produce(topic, [{ value: 'a' }, { value: 'b' }])
    await admin.close()
    return topic
  }

  function start(topic: string, cluster: string, secret = ''): [MemorySink, RunningSource] {
    const sink = new MemorySink()
    const source = startSource({
      brokers: kafka!.brokers,
      sink,
      sources: [`{ cluster: main, topic: ${topic} }`],
      cluster,
      secret: (reference) => {
        expect(reference).toBe(`\${env:KAFKA_SECRET}`)
        return secret
      },
    })
    running.push(source)
    return [sink, source]
  }

  const reads = async (sink: MemorySink, topic: string) => {
    await holds(async () => {
      expect(sink.values(topic)).toEqual(['a', 'b'])
    })
  }

  test('SCRAM over TLS: the right password reads, a wrong one and an unknown authority end it', async () => {
    kafka = await startKafka({ security: 'sasl-scram', encrypted: true })
    const topic = await topicWithMessages()
    const { username, password } = kafka.access.user!
    const tls = `tls: { ca: ${kafka.access.tls!.ca} }`
    const sasl = `sasl: { mechanism: scram-sha-512, username: ${username}, password: "\${env:KAFKA_SECRET}" }`
    const [sink] = start(topic, `${tls}, ${sasl}`, password)
    await reads(sink, topic)

    const [, wrong] = start(topic, `${tls}, ${sasl}`, 'wrong')
    await expect(wrong.source.failed).rejects.toMatchObject({ code: 'KAFKA_REFUSED' })
    const [, untrusted] = start(topic, `tls: {}, ${sasl}`, password)
    await expect(untrusted.source.failed).rejects.toMatchObject({ code: 'KAFKA_REFUSED' })
  })

  test('PLAIN, and a client that speaks another mechanism than the brokers', async () => {
    kafka = await startKafka({ security: 'sasl-plain' })
    const topic = await topicWithMessages()
    const { username, password } = kafka.access.user!
    const sasl = (mechanism: string) =>
      `sasl: { mechanism: ${mechanism}, username: ${username}, password: "\${env:KAFKA_SECRET}" }`
    const [sink] = start(topic, sasl('plain'), password)
    await reads(sink, topic)
    const [, other] = start(topic, sasl('scram-sha-256'), password)
    await expect(other.source.failed).rejects.toMatchObject({ code: 'KAFKA_REFUSED' })
  })

  test('a bearer token from a file that something else renews', async () => {
    kafka = await startKafka({ security: 'oauthbearer-unsecured' })
    const topic = await topicWithMessages()
    const sasl = `sasl: { mechanism: oauthbearer, token: "\${env:KAFKA_SECRET}" }`
    const [sink] = start(topic, sasl, kafka.access.token!())
    await reads(sink, topic)
  })

  test('a certificate of its own', async () => {
    kafka = await startKafka({ security: 'tls' })
    const topic = await topicWithMessages()
    const { ca, cert, key } = kafka.access.tls!
    const [sink] = start(topic, `tls: { ca: ${ca}, cert: ${cert}, key: ${key} }`)
    await reads(sink, topic)
  })
})
