import { setTimeout as sleep } from 'node:timers/promises'
import kafkajs from 'kafkajs'
import { inRound, sampleEvents } from './sample-events.ts'

const messagesABatch = 500

const client = (brokers: readonly string[]): kafkajs.Kafka =>
  new kafkajs.Kafka({ brokers: [...brokers], logLevel: kafkajs.logLevel.NOTHING })

interface Topic {
  readonly topic: string
  readonly partitions: number
}

export async function createTopic(
  brokers: readonly string[],
  { topic, partitions }: Topic,
): Promise<void> {
  const admin = client(brokers).admin()
  await admin.connect()
  await admin.createTopics({ topics: [{ topic, numPartitions: partitions }], waitForLeaders: true })
  await admin.disconnect()
}

/** Fills a topic of its own with so many messages, without compression, spread evenly over its partitions. */
export async function fillTopic(
  brokers: readonly string[],
  { topic, partitions }: Topic,
  events: readonly string[],
  count: number,
): Promise<void> {
  await createTopic(brokers, { topic, partitions })
  const producer = client(brokers).producer()
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

interface Steadily {
  /** Events a second; Infinity as fast as `mayGoOn` lets it. */
  readonly rate: number
  readonly mayGoOn: () => boolean
  readonly stopped: () => boolean
}

/** Produces events with ids of their own, of now, until it is stopped. */
export async function produceSteadily(
  brokers: readonly string[],
  topic: string,
  { rate, mayGoOn, stopped }: Steadily,
): Promise<void> {
  const events = sampleEvents(20_000, Date.now())
  const producer = client(brokers).producer()
  await producer.connect()
  const started = performance.now()
  for (let sent = 0; !stopped();) {
    const due = rate === Infinity || sent < (rate * (performance.now() - started)) / 1000
    if (!due || !mayGoOn()) {
      await sleep(5)
      continue
    }
    const messages = Array.from({ length: messagesABatch }, (_, i) => {
      const at = sent + i
      return { value: inRound(events[at % events.length] ?? '', Math.floor(at / events.length)) }
    })
    await producer.send({ topic, messages, acks: 1 })
    sent += messagesABatch
  }
}

export interface Lag {
  /** Messages of the topic that the group has not committed. */
  read: () => Promise<number>
  /** Messages that it has. */
  committed: () => Promise<number>
  close: () => Promise<void>
}

/** Asks through one connection: looking must not cost what is looked at. */
export async function openLag(
  brokers: readonly string[],
  group: string,
  topic: string,
): Promise<Lag> {
  const admin = client(brokers).admin()
  await admin.connect()
  const committed = async (): Promise<number> => {
    const [answer] = await admin.fetchOffsets({ groupId: group, topics: [topic] })
    const offsets = answer?.partitions.map(({ offset }) => Math.max(0, Number(offset))) ?? []
    return offsets.reduce((sum, offset) => sum + offset, 0)
  }
  return {
    read: async () => {
      const ends = await admin.fetchTopicOffsets(topic)
      return ends.reduce((sum, { high }) => sum + Number(high), 0) - (await committed())
    },
    committed,
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
  const consumer = client(brokers).consumer({ groupId: group, maxWaitTimeInMs: 100 })
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
