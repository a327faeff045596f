import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { kafkaAdmin, type KafkaAdmin } from '../../support/kafka-admin.ts'
import { startKafka, type KafkaCluster } from '../../support/kafka-broker.ts'
import { describeOwnKafka } from '../../support/kafka.ts'
import { holds, MemorySink, startSource, type RunningSource } from './kafka-fixture.ts'

describeOwnKafka('a Kafka cluster that goes away and comes back', () => {
  let kafka: KafkaCluster
  let admin: KafkaAdmin
  const running: RunningSource[] = []
  beforeAll(async () => {
    kafka = await startKafka({ proxied: true })
    admin = await kafkaAdmin(kafka)
  })
  afterEach(async () => {
    await Promise.all(running.splice(0).map(({ source }) => source.stop()))
  })
  afterAll(async () => {
    await admin.close()
    await kafka.stop()
  })

  function start(topic: string, settings: Partial<Parameters<typeof startSource>[0]> = {}) {
    const sink = new MemorySink()
    const sources = [`{ cluster: main, topic: ${topic} }`]
    const source = startSource({ brokers: kafka.brokers, sink, sources, ...settings })
    running.push(source)
    const died = { error: null as unknown }
    source.source.failed.catch((error: unknown) => (died.error = error))
    return { sink, died, ...source }
  }

  const numbered = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, i) => ({ value: String(from + i).padStart(6, '0') }))
  const values = (from: number, to: number) => numbered(from, to).map(({ value }) => value)

  test('a broker that is started again is read on from where it was', async () => {
    const topic = await admin.createTopic('restarted')
    const { sink, died, group } = start(topic)
    await admin.produce(topic, numbered(0, 50))
    await holds(async () => {
      expect(sink.values(topic)).toEqual(values(0, 50))
    })
    await kafka.restart()
    await admin.produce(topic, numbered(50, 100))
    await holds(async () => {
      expect(sink.values(topic)).toEqual(values(0, 100))
      expect(await admin.committed(group, topic)).toEqual([100])
    }, 40_000)
    expect(died.error).toBe(null)
    expect(sink.holes(topic)).toEqual([])
  })

  test('connections that are cut are made again, and those that hang are given up', async () => {
    const topic = await admin.createTopic('cut')
    const { sink, died } = start(topic)
    let sent = 0
    for (const cut of [
      async () => {
        kafka.proxies[0]!.reset()
      },
      async () => {
        await kafka.proxies[0]!.down()
        await sleep(3000)
        await kafka.proxies[0]!.up()
      },
    ]) {
      await admin.produce(topic, numbered(sent, sent + 50))
      sent += 50
      await holds(async () => {
        expect(sink.values(topic)).toEqual(values(0, sent))
      }, 40_000)
      await cut()
    }
    await admin.produce(topic, numbered(sent, sent + 50))
    await holds(async () => {
      expect(sink.values(topic)).toEqual(values(0, sent + 50))
    }, 40_000)
    expect(died.error).toBe(null)
    expect(sink.holes(topic)).toEqual([])
  })

  test('a source that is started while no broker answers waits for one', async () => {
    const topic = await admin.createTopic('waited')
    await admin.produce(topic, numbered(0, 10))
    await kafka.proxies[0]!.down()
    const { sink, died, metric } = start(topic)
    await holds(async () => {
      expect(await metric('retries_total')).toBeGreaterThan(1)
    })
    await kafka.proxies[0]!.up()
    await holds(async () => {
      expect(sink.values(topic)).toEqual(values(0, 10))
    })
    expect(died.error).toBe(null)
  })

  test('a client without any sign of life ends the source', async () => {
    const topic = await admin.createTopic('silent')
    await admin.produce(topic, numbered(0, 10))
    const { sink, source } = start(topic, { stallMs: 1500 })
    await holds(async () => {
      expect(sink.values(topic)).toEqual(values(0, 10))
    })
    kafka.pause()
    await expect(source.failed).rejects.toMatchObject({ code: 'KAFKA_CLIENT_FAILED' })
    kafka.resume()
  })
})
