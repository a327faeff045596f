import kafkajs, { type KafkaConfig } from 'kafkajs'

export interface PlainConsumer {
  /** Values in the order of arrival, of all partitions. */
  readonly values: readonly string[]
  /** Leaves the group after committing what was read. */
  stop: () => Promise<void>
}

export interface PlainConsumerOptions extends Pick<KafkaConfig, 'ssl' | 'sasl'> {
  readonly brokers: readonly string[]
  readonly group: string
  readonly topic: string
}

/** kafkajs as anybody would use it, from the earliest offset: what else reads the same topic. */
export async function plainConsumer(options: PlainConsumerOptions): Promise<PlainConsumer> {
  const { brokers, group, topic, ...access } = options
  const kafka = new kafkajs.Kafka({
    brokers: [...brokers],
    logLevel: kafkajs.logLevel.NOTHING,
    retry: { initialRetryTime: 100, maxRetryTime: 500, retries: 50 },
    ...access,
  })
  const consumer = kafka.consumer({
    groupId: group,
    sessionTimeout: 6000,
    heartbeatInterval: 500,
    // A consumer that stops waits for the fetch under way.
    maxWaitTimeInMs: 100,
  })
  const values: string[] = []
  let stopped = false
  const begin = async (): Promise<void> => {
    await consumer.connect()
    await consumer.subscribe({ topic, fromBeginning: true })
    await consumer.run({
      eachMessage: async ({ message }) => {
        values.push(message.value?.toString() ?? '')
      },
    })
  }
  const again = (): void => {
    if (!stopped) setTimeout(() => void begin().catch(again), 500)
  }
  // A broker that takes long to come back is one without a coordinator, which ends the client for good.
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    if (!payload.restart) again()
  })
  await begin()
  return {
    values,
    stop: async () => {
      stopped = true
      await consumer.disconnect()
    },
  }
}
