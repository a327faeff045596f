import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import kafkajs, { type Admin, type Kafka, type Message } from 'kafkajs'
import { eventually } from './service.ts'

export interface TopicOptions {
  /** Default 1. */
  readonly partitions?: number
  /** Default 1. */
  readonly replicas?: number
  /** Such as `{ 'cleanup.policy': 'compact' }`. */
  readonly config?: Readonly<Record<string, string>>
}

export interface ProduceOptions {
  /** How the client is told to compress; anything but `none` and `gzip` must have been given to kafkajs. */
  readonly codec?: 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd'
}

/** What a test does to a cluster on the side, without what it tests. */
export interface KafkaAdmin {
  /** Makes a topic under a name of its own that begins with `prefix`; answers the name. */
  createTopic: (prefix: string, options?: TopicOptions) => Promise<string>
  /** Makes a topic of exactly this name; resolves when it can be written to. */
  createNamedTopic: (topic: string, options?: TopicOptions) => Promise<void>
  /** Resolves when the topic is gone from the metadata. */
  deleteTopic: (topic: string) => Promise<void>
  /** Removes what is before the offset: the log then starts there. */
  deleteRecords: (topic: string, partition: number, before: number) => Promise<void>
  /** Raises the number of partitions. */
  setPartitions: (topic: string, total: number) => Promise<void>
  /** First offset and the one after the last, by partition. */
  offsets: (topic: string) => Promise<readonly { readonly low: number; readonly high: number }[]>
  /** What the group committed, by partition; null: nothing. */
  committed: (group: string, topic: string) => Promise<readonly (number | null)[]>
  /** Writes one batch with acks=all. */
  produce: (topic: string, messages: readonly Message[], options?: ProduceOptions) => Promise<void>
  /** Writes within a transaction: messages, then a control record that takes an offset too. */
  transaction: (
    topic: string,
    messages: readonly Message[],
    end: 'commit' | 'abort',
  ) => Promise<void>
  close: () => Promise<void>
}

/** Of a cluster that needs no credentials: `kafkaAdmin({ direct })`. */
export async function kafkaAdmin({
  direct,
}: {
  readonly direct: readonly string[]
}): Promise<KafkaAdmin> {
  const kafka = new kafkajs.Kafka({ brokers: [...direct], logLevel: kafkajs.logLevel.NOTHING })
  // Metadata of age 0: topics are made anew and grow while a test runs.
  const producer = kafka.producer({ allowAutoTopicCreation: false, metadataMaxAge: 0 })
  await producer.connect()
  return {
    ...topicChanges(kafka),
    ...offsetReaders(kafka),
    produce: async (topic, messages, { codec = 'none' } = {}) => {
      await producer.send({ topic, messages: [...messages], acks: -1, compression: codecs[codec] })
    },
    transaction: (topic, messages, end) => transaction(kafka, { topic, messages, end }),
    close: () => producer.disconnect(),
  }
}

/** A client for one task, because kafkajs keeps what it knew of a topic for minutes. */
async function fresh<T>(kafka: Kafka, task: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = kafka.admin()
  await admin.connect()
  try {
    return await task(admin)
  } finally {
    await admin.disconnect()
  }
}

const codecs = {
  none: kafkajs.CompressionTypes.None,
  gzip: kafkajs.CompressionTypes.GZIP,
  snappy: kafkajs.CompressionTypes.Snappy,
  lz4: kafkajs.CompressionTypes.LZ4,
  zstd: kafkajs.CompressionTypes.ZSTD,
}

const byPartition = <T extends { readonly partition: number }>(all: readonly T[]): T[] =>
  [...all].sort((a, b) => a.partition - b.partition)

/**
 * kafkajs waits itself, but gives up where a broker has not heard of the new topic yet. Each leader is
 * asked for its offsets: one that answers for some partitions only would have a batch sent again to all.
 */
async function untilLed(admin: Admin, topic: string, partitions: number): Promise<void> {
  const isLed = async (): Promise<boolean> => {
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
    const found = topics[0]?.partitions ?? []
    if (found.length !== partitions || found.some(({ leader }) => leader < 0)) return false
    return (await admin.fetchTopicOffsets(topic)).length === partitions
  }
  await eventually(`leaders of ${topic}`, () => isLed().catch(() => false))
}

type TopicChanges = Pick<
  KafkaAdmin,
  'createTopic' | 'createNamedTopic' | 'deleteTopic' | 'deleteRecords' | 'setPartitions'
>

function topicChanges(kafka: Kafka): TopicChanges {
  const createNamedTopic: KafkaAdmin['createNamedTopic'] = async (topic, options = {}) => {
    const { partitions = 1, replicas = 1, config = {} } = options
    const configEntries = Object.entries(config).map(([name, value]) => ({ name, value }))
    const settings = { numPartitions: partitions, replicationFactor: replicas, configEntries }
    await fresh(kafka, async (admin) => {
      await admin.createTopics({ topics: [{ topic, ...settings }], waitForLeaders: false })
      await untilLed(admin, topic, partitions)
    })
  }
  return {
    createNamedTopic,
    createTopic: async (prefix, options) => {
      const topic = `${prefix}-${randomBytes(4).toString('hex')}`
      await createNamedTopic(topic, options)
      return topic
    },
    deleteTopic: (topic) =>
      fresh(kafka, async (admin) => {
        await admin.deleteTopics({ topics: [topic] })
        while ((await admin.listTopics()).includes(topic)) await sleep(20)
      }),
    deleteRecords: (topic, partition, before) =>
      fresh(kafka, async (admin) => {
        // It looks for the leader in what the client knows, which is nothing before the first question.
        await admin.fetchTopicOffsets(topic)
        const partitions = [{ partition, offset: String(before) }]
        await admin.deleteTopicRecords({ topic, partitions })
      }),
    setPartitions: async (topic, total) => {
      await fresh(kafka, async (admin) => {
        await admin.createPartitions({ topicPartitions: [{ topic, count: total }] })
        await untilLed(admin, topic, total)
      })
    },
  }
}

function offsetReaders(kafka: Kafka): Pick<KafkaAdmin, 'offsets' | 'committed'> {
  return {
    offsets: async (topic) => {
      const read = await fresh(kafka, (admin) => admin.fetchTopicOffsets(topic))
      return byPartition(read).map(({ low, high }) => ({ low: Number(low), high: Number(high) }))
    },
    committed: async (groupId, topic) => {
      const [read] = await fresh(kafka, (admin) => admin.fetchOffsets({ groupId, topics: [topic] }))
      return byPartition(read?.partitions ?? []).map(({ offset }) =>
        offset === '-1' ? null : Number(offset),
      )
    },
  }
}

interface Transaction {
  readonly topic: string
  readonly messages: readonly Message[]
  readonly end: 'commit' | 'abort'
}

async function transaction(kafka: Kafka, { topic, messages, end }: Transaction): Promise<void> {
  const producer = kafka.producer({
    transactionalId: `test-${randomBytes(6).toString('hex')}`,
    idempotent: true,
    maxInFlightRequests: 1,
    allowAutoTopicCreation: false,
  })
  await producer.connect()
  try {
    const open = await producer.transaction()
    await open.send({ topic, messages: [...messages], acks: -1 })
    await open[end]()
  } finally {
    await producer.disconnect()
  }
}
