import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import kafkajs from 'kafkajs'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { describeKafka, describeOwnKafka, sharedKafka, type SharedKafka } from './kafka.ts'
import { kafkaAdmin, type KafkaAdmin } from './kafka-admin.ts'
import { startKafka, type KafkaCluster, type KafkaOptions } from './kafka-broker.ts'
import { plainConsumer } from './kafka-consumer.ts'
import { kafkajsAccess } from './kafka-security.ts'

const numbered = (from: number, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `message ${from + index}`)
const messages = (from: number, count: number) =>
  numbered(from, count).map((value) => ({ value, partition: 0 }))
const soon = { timeout: 30_000 }

describeKafka('the shared broker', () => {
  let kafka: SharedKafka
  let admin: KafkaAdmin
  beforeAll(async () => {
    kafka = await sharedKafka()
    admin = await kafkaAdmin(kafka)
  })
  afterAll(() => admin.close())

  test.each(['none', 'gzip'] as const)('keeps what is produced with codec %s', async (codec) => {
    const topic = await admin.createTopic('codec')
    await admin.produce(topic, messages(0, 1000), { codec })
    const consumer = await plainConsumer({ ...kafka, topic, group: topic })
    await expect.poll(() => consumer.values.length, soon).toBe(1000)
    expect(consumer.values).toEqual(numbered(0, 1000))
    await consumer.stop()
    expect(await admin.committed(topic, topic)).toEqual([1000])
  })

  test('deletes records, adds partitions and deletes topics on demand', async () => {
    const topic = await admin.createTopic('changes', { partitions: 2 })
    await admin.produce(topic, messages(0, 10))
    await admin.deleteRecords(topic, 0, 4)
    await admin.setPartitions(topic, 3)
    await expect
      .poll(() => admin.offsets(topic), soon)
      .toEqual([
        { low: 4, high: 10 },
        { low: 0, high: 0 },
        { low: 0, high: 0 },
      ])
    await admin.deleteTopic(topic)
    await admin.createNamedTopic(topic)
    expect(await admin.offsets(topic)).toEqual([{ low: 0, high: 0 }])
  })

  test('shows committed transactions only, whose ends take offsets', async () => {
    const topic = await admin.createTopic('transactions')
    await admin.transaction(topic, messages(0, 2), 'commit')
    await admin.transaction(topic, messages(2, 2), 'abort')
    await admin.produce(topic, messages(4, 1))
    expect(await admin.offsets(topic)).toEqual([{ low: 0, high: 7 }])
    const consumer = await plainConsumer({ ...kafka, topic, group: topic })
    await expect.poll(() => consumer.values, soon).toContain('message 4')
    expect(consumer.values).toEqual(['message 0', 'message 1', 'message 4'])
    await consumer.stop()
  })

  test('compacts within seconds a topic that says so', async () => {
    const config = {
      'cleanup.policy': 'compact',
      'min.cleanable.dirty.ratio': '0.01',
      'segment.ms': '100',
    }
    const topic = await admin.createTopic('compacted', { config })
    const write = (from: number, count: number) =>
      admin.produce(
        topic,
        messages(from, count).map((message) => ({ ...message, key: 'same' })),
      )
    await write(0, 5)
    const firstRead = async (): Promise<string | undefined> => {
      await write(5, 1)
      const consumer = await plainConsumer({ ...kafka, topic, group: `${topic}-${Math.random()}` })
      await expect.poll(() => consumer.values.length, soon).toBeGreaterThan(0)
      await consumer.stop()
      return consumer.values[0]
    }
    await expect.poll(firstRead, soon).toBe('message 5')
  })
})

describeOwnKafka('a broker of its own', () => {
  let kafka: KafkaCluster
  let admin: KafkaAdmin
  beforeAll(async () => {
    kafka = await startKafka({ proxied: true })
    admin = await kafkaAdmin(kafka)
  })
  afterAll(async () => {
    await admin.close()
    await kafka.stop()
  })

  test('comes back after an orderly end and after a kill, with data, offsets and consumers', async () => {
    const topic = await admin.createTopic('restarted')
    await admin.produce(topic, messages(0, 1000))
    const consumer = await plainConsumer({ ...kafka, topic, group: topic })
    await expect.poll(() => consumer.values.length, soon).toBe(1000)
    await kafka.restart()
    await admin.produce(topic, messages(1000, 500))
    await expect.poll(() => new Set(consumer.values).size, soon).toBe(1500)
    await kafka.kill()
    await kafka.start()
    await admin.produce(topic, messages(1500, 1))
    await expect.poll(() => new Set(consumer.values).size, soon).toBe(1501)
    await consumer.stop()
    expect(await admin.committed(topic, topic)).toEqual([1501])
  })

  test('does not answer while it is paused', async () => {
    kafka.pause()
    const request = admin.createTopic('late')
    const answered = await Promise.race([
      request.then(() => true),
      new Promise<false>((resolve) => setTimeout(resolve, 500, false)),
    ])
    expect(answered).toBe(false)
    kafka.resume()
    expect(await admin.offsets(await request)).toEqual([{ low: 0, high: 0 }])
  })

  test('sends clients that come through its proxy back to the proxy after a reset', async () => {
    const topic = await admin.createTopic('proxied')
    const [proxy] = kafka.proxies
    const consumer = await plainConsumer({ ...kafka, topic, group: topic })
    await admin.produce(topic, messages(0, 10))
    await expect.poll(() => consumer.values.length, soon).toBe(10)
    const before = proxy!.accepted()
    proxy!.reset()
    await admin.produce(topic, messages(10, 10))
    await expect.poll(() => new Set(consumer.values).size, soon).toBe(20)
    expect(proxy!.accepted()).toBeGreaterThan(before)
    await consumer.stop()
  })
})

describeOwnKafka('a cluster of another kind', () => {
  let kafka: KafkaCluster
  let admin: KafkaAdmin
  const start = async (options: KafkaOptions): Promise<void> => {
    kafka = await startKafka(options)
    admin = await kafkaAdmin(kafka)
  }
  afterEach(async () => {
    await admin.close()
    await kafka.stop()
  })

  test('goes on with two of three nodes', async () => {
    await start({ brokers: 3 })
    const topic = await admin.createTopic('replicated', { replicas: 3 })
    await admin.produce(topic, messages(0, 10))
    await kafka.kill(0)
    await admin.produce(topic, messages(10, 10))
    const consumer = await plainConsumer({ ...kafka, topic, group: 'g' })
    await expect.poll(() => new Set(consumer.values).size, soon).toBe(20)
    await consumer.stop()
    await kafka.start(0)
    expect(kafka.pids()).toHaveLength(3)
  })

  test.each<[KafkaOptions, 'plain' | 'scram-sha-256' | 'scram-sha-512']>([
    [{ security: 'tls' }, 'plain'],
    [{ security: 'sasl-plain' }, 'plain'],
    [{ security: 'sasl-scram' }, 'scram-sha-256'],
    [{ security: 'sasl-scram', encrypted: true }, 'scram-sha-512'],
    [{ security: 'oauthbearer-unsecured' }, 'plain'],
  ])('lets in, with %j, who shows what it takes, and nobody else', async (options, mechanism) => {
    await start(options)
    const topic = await admin.createTopic('secured')
    await admin.produce(topic, messages(0, 3))
    const access = kafkajsAccess(kafka.access, mechanism)
    const consumer = await plainConsumer({ ...kafka, ...access, topic, group: 'g' })
    await expect.poll(() => consumer.values, soon).toEqual(numbered(0, 3))
    await consumer.stop()
    const stranger = new kafkajs.Kafka({
      brokers: [...kafka.brokers],
      logLevel: kafkajs.logLevel.NOTHING,
      connectionTimeout: 1000,
      requestTimeout: 1000,
      retry: { retries: 0 },
    }).admin()
    await expect(stranger.connect().then(() => stranger.listTopics())).rejects.toThrow()
    await stranger.disconnect()
  })
})

describeOwnKafka('a broker whose test was killed', () => {
  test('ends, and its data with it', async () => {
    const temporary = await mkdtemp(join(tmpdir(), 'tidegauge-orphan-'))
    const module = new URL('./kafka-broker.ts', import.meta.url).href
    const program = `import(${JSON.stringify(module)})
      .then(({ startKafka }) => startKafka())
      .then(({ pids }) => console.log(pids()[0]))`
    const child = spawn(process.execPath, ['--import', 'tsx', '-e', program], {
      env: { ...process.env, TMPDIR: temporary },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [pid] = (await once(createInterface({ input: child.stdout }), 'line')) as [string]
    const left = async (): Promise<readonly string[]> => {
      const names = (await readdir(temporary)).filter((name) => name.startsWith('tidegauge-kafka'))
      return [...names, ...(isAlive(Number(pid)) ? ['the broker'] : [])]
    }
    expect(await left()).toHaveLength(2)
    child.kill('SIGKILL')
    await expect.poll(left, soon).toEqual([])
    await rm(temporary, { recursive: true })
  })
})

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
