import kafkajs from 'kafkajs'
import { inRound } from './sample-events.ts'

const messagesABatch = 500

/** Fills a topic with so many messages, without compression, spread evenly over its partitions. */
export async function fillTopic(
  brokers: readonly string[],
  { topic, partitions }: { topic: string; partitions: number },
  events: readonly string[],
  count: number,
): Promise<void> {
  const kafka = new kafkajs.Kafka({ brokers: [...brokers], logLevel: kafkajs.logLevel.NOTHING })
  const admin = kafka.admin()
  await admin.connect()
  await admin.createTopics({ topics: [{ topic, numPartitions: partitions }], waitForLeaders: true })
  await admin.disconnect()
  const producer = kafka.producer()
  await producer.connect()
  for (let sent = 0, batch = 0; sent < count; sent += messagesABatch, batch++) {
    const messages = Array.from({ length: messagesABatch }, (_, i) => {
      const at = sent + i
      const event = events[at % events.length] ?? ''
      const round = Math.floor(at / events.length)
      return { value: inRound(event, round), partition: batch % partitions }
    })
    await producer.send({ topic, messages, acks: 1 })
  }
  await producer.disconnect()
}

export interface Lag {
  /** Messages of the topic that the group has not committed. */
  read: () => Promise<number>
  close: () => Promise<void>
}

/** Asks through one connection: looking must not cost what is looked at. */
export async function openLag(
  brokers: readonly string[],
  group: string,
  topic: string,
): Promise<Lag> {
  const kafka = new kafkajs.Kafka({ brokers: [...brokers], logLevel: kafkajs.logLevel.NOTHING })
  const admin = kafka.admin()
  await admin.connect()
  const ends = await admin.fetchTopicOffsets(topic)
  return {
    read: async () => {
      const [committed] = await admin.fetchOffsets({ groupId: group, topics: [topic] })
      return ends.reduce((lag, { partition, high }) => {
        const offset = committed?.partitions.find((other) => other.partition === partition)?.offset
        return lag + Number(high) - Math.max(0, Number(offset ?? 0))
      }, 0)
    },
    close: () => admin.disconnect(),
  }
}

/** What a bare consumer is to read. */
export interface Ceiling {
  readonly topic: string
  readonly group: string
  readonly count: number
}

/** Messages a second that a consumer takes that does nothing with them, from the first to the last. */
export async function consumeWithKafkajs(
  brokers: readonly string[],
  { topic, group, count }: Ceiling,
): Promise<number> {
  const kafka = new kafkajs.Kafka({ brokers: [...brokers], logLevel: kafkajs.logLevel.NOTHING })
  const consumer = kafka.consumer({ groupId: group, maxWaitTimeInMs: 100 })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  let seen = 0
  let started = 0
  await new Promise<void>((resolve, reject) => {
    const eachBatch = async ({ batch }: kafkajs.EachBatchPayload): Promise<void> => {
      if (started === 0) started = performance.now()
      seen += batch.messages.length
      if (seen >= count) resolve()
    }
    consumer.run({ autoCommit: false, partitionsConsumedConcurrently: 6, eachBatch }).catch(reject)
  })
  const seconds = (performance.now() - started) / 1000
  await consumer.disconnect()
  return seen / seconds
}
