import kafkajs, {
  type Admin,
  type Consumer,
  type EachBatchPayload,
  type KafkaConfig,
  type LogEntry,
  type PartitionAssigner,
  type SASLOptions,
} from 'kafkajs'
import type { Config } from '../../core/config.ts'
import type { Logger } from '../../core/log.ts'
import { assignPartitions } from './kafka-assign.ts'
import { codecs, type CodecName } from './kafka-codecs.ts'
import { CommitOnce } from './kafka-commit-once.ts'
import { saslOptions, tlsOptions } from './kafka-connection.ts'
import { keptConnection } from './kafka-kept-connection.ts'
import { lacksCoordinator, toKafkaError } from './kafka-errors.ts'
import { Rejoining } from './kafka-rejoining.ts'
import { toFetchedBatch } from './kafka-message.ts'
import { unpacking, unpackRecords } from './kafka-unpack.ts'
import type {
  ClusterClient,
  GroupHandlers,
  GroupSession,
  MessageProducer,
  Watermarks,
} from './kafka-ports.ts'

type Cluster = Config['kafka']['clusters'][string]

export interface ClientOptions {
  readonly cluster: Cluster
  /** How often it looks for new partitions, ms. */
  readonly refreshMs: number
  /** The secret that a reference names now. */
  readonly secret: (reference: string) => string
  readonly log: Logger
}

const { AssignerProtocol, CompressionCodecs, CompressionTypes, Kafka, logLevel } = kafkajs

const codecTypes: Readonly<Record<CodecName, number>> = {
  gzip: CompressionTypes.GZIP,
  snappy: CompressionTypes.Snappy,
  lz4: CompressionTypes.LZ4,
  zstd: CompressionTypes.ZSTD,
}

/** The codecs of the client are one table for the whole process: all of them are replaced by bounded ones. */
function installCodecs(): void {
  const table = CompressionCodecs as Record<number, () => unknown>
  for (const [name, type] of Object.entries(codecTypes) as [CodecName, number][]) {
    table[type] = () => ({
      compress: ({ buffer }: { buffer: Buffer }) => codecs[name].pack(buffer),
      decompress: (bytes: Buffer) => unpackRecords(name, bytes),
    })
  }
}

/** A client of one cluster. Connects with the first call; nothing throws here but wrong files of `tls`. */
export function createClusterClient(options: ClientOptions): ClusterClient {
  installCodecs()
  const { cluster, log } = options
  const kafka = new Kafka(clientConfig(options, log))
  const admin = keptConnection(async () => {
    const fresh = kafka.admin()
    await fresh.connect()
    return fresh
  })
  return {
    topics: () => admin.ask((ask) => ask.listTopics()),
    createTopic: (topic, partitions) =>
      admin.ask(async (ask) => {
        await ask.createTopics({ topics: [{ topic, numPartitions: partitions }] })
      }),
    watermarks: (topic) => admin.ask((ask) => watermarksOf(ask, topic)),
    committed: (topics) => admin.ask((ask) => committedOf(ask, cluster.group, topics)),
    join: (topics, handlers) =>
      join(kafka.consumer(consumerConfig(options)), options, { topics, handlers }),
    close: admin.close,
  }
}

/** A producer for one cluster. Connects with the first call, as a client does. */
export function createProducer(options: ClientOptions): MessageProducer {
  installCodecs()
  const kafka = new Kafka(clientConfig(options, options.log))
  const producer = keptConnection(async () => {
    const fresh = kafka.producer({ allowAutoTopicCreation: false })
    await fresh.connect()
    return fresh
  })
  return {
    produce: (topic, messages) =>
      producer.ask(async (ask) => {
        const copies = messages.map(({ headers, ...message }) => ({
          ...message,
          headers: Object.fromEntries(headers),
        }))
        await ask.send({ topic, acks: -1, messages: copies })
      }),
    close: producer.close,
  }
}

function clientConfig({ cluster, secret }: ClientOptions, log: Logger): KafkaConfig {
  const { tls, sasl } = cluster
  return {
    clientId: cluster.clientId,
    brokers: [...cluster.brokers],
    connectionTimeout: 3_000,
    authenticationTimeout: 5_000,
    requestTimeout: 30_000,
    // Short: who calls tries again, and what a broker refuses is to be known within seconds.
    retry: { retries: 2, initialRetryTime: 100 },
    ...(tls === undefined ? {} : { ssl: tlsOptions(tls) }),
    ...(sasl === undefined ? {} : { sasl: saslOptions(sasl, secret) as SASLOptions }),
    logLevel: logLevel.WARN,
    logCreator: () => (entry: LogEntry) => {
      const { message, broker, error } = entry.log as Partial<Record<string, unknown>>
      const facts = { broker, error, client: entry.namespace }
      if (entry.level === logLevel.ERROR) log.warn(facts, `kafka client: ${String(message)}`)
      else log.debug(facts, `kafka client: ${String(message)}`)
    },
  }
}

function consumerConfig({ cluster, refreshMs }: ClientOptions) {
  return {
    groupId: cluster.group,
    sessionTimeout: cluster.sessionTimeoutMs,
    heartbeatInterval: cluster.heartbeatIntervalMs,
    rebalanceTimeout: cluster.rebalanceTimeoutMs,
    maxBytesPerPartition: cluster.maxBytesPerPartition,
    maxBytes: cluster.maxBytes,
    maxWaitTimeInMs: cluster.fetchWaitMs,
    metadataMaxAge: refreshMs,
    allowAutoTopicCreation: false,
    partitionAssigners: [assigner],
    retry: { retries: 5, initialRetryTime: 200, maxRetryTime: 5_000 },
  }
}

/** The client's own gives topics to members that do not know them yet, and nobody reads them then. */
const assigner: PartitionAssigner = ({ cluster }) => ({
  name: 'tidegauge-fewest',
  version: 0,
  protocol: ({ topics }) => ({
    name: 'tidegauge-fewest',
    metadata: AssignerProtocol.MemberMetadata.encode({
      version: 0,
      topics,
      userData: Buffer.alloc(0),
    }),
  }),
  assign: async ({ members, topics }) => {
    const partitions = new Map(
      topics.map((topic) => [
        topic,
        cluster.findTopicPartitionMetadata(topic).map(({ partitionId }) => partitionId),
      ]),
    )
    const known = members.map(({ memberId, memberMetadata }) => ({
      id: memberId,
      topics: AssignerProtocol.MemberMetadata.decode(memberMetadata)?.topics ?? [],
    }))
    return [...assignPartitions(known, partitions)].map(([memberId, assigned]) => ({
      memberId,
      memberAssignment: AssignerProtocol.MemberAssignment.encode({
        version: 0,
        assignment: Object.fromEntries([...assigned].map(([topic, list]) => [topic, [...list]])),
        userData: Buffer.alloc(0),
      }),
    }))
  },
})

async function watermarksOf(admin: Admin, topic: string): Promise<Map<number, Watermarks>> {
  const offsets = await admin.fetchTopicOffsets(topic)
  return new Map(
    offsets.map(({ partition, low, high }) => [
      partition,
      { low: Number(low), high: Number(high) },
    ]),
  )
}

async function committedOf(
  admin: Admin,
  groupId: string,
  topics: readonly string[],
): Promise<Map<string, Map<number, number>>> {
  const offsets = await admin.fetchOffsets({ groupId, topics: [...topics] })
  return new Map(
    offsets.map(({ topic, partitions }) => [
      topic,
      // Below zero: none, or "the first one", which the client writes after an offset out of range.
      new Map(
        partitions
          .map(({ partition, offset }) => [partition, Number(offset)] as const)
          .filter(([, offset]) => offset >= 0),
      ),
    ]),
  )
}

interface Joining {
  readonly topics: readonly string[]
  readonly handlers: GroupHandlers
}

async function join(
  consumer: Consumer,
  { cluster }: ClientOptions,
  { topics, handlers }: Joining,
): Promise<GroupSession> {
  const commits = new CommitOnce(consumer)
  const start = async (): Promise<void> => {
    await consumer.connect()
    // The first message, for offsets out of range: where a partition really begins is told by a seek.
    await consumer.subscribe({ topics: [...topics], fromBeginning: true })
    await unpacking.run({ limitBytes: cluster.batchLimitBytes, damaged: handlers.damaged }, () =>
      consumer.run({
        autoCommit: false,
        eachBatchAutoResolve: false,
        eachBatch: async (payload) => {
          onBatch(payload, handlers, commits)
        },
      }),
    )
  }
  const rejoining = new Rejoining({ start, end: () => consumer.disconnect() }, handlers)
  const running = { commits, rejoining }
  const session = sessionOf(consumer, running)
  listen(consumer, handlers, { session, ...running })
  try {
    await start()
  } catch (error) {
    await rejoining.leave()
    throw toKafkaError(error)
  }
  return session
}

function onBatch(payload: EachBatchPayload, handlers: GroupHandlers, commits: CommitOnce): void {
  const { batch } = payload
  commits.use((offsets) => payload.commitOffsetsIfNecessary(offsets))
  if (!payload.isRunning() || payload.isStale()) return
  if (handlers.fetched(toFetchedBatch(batch))) payload.resolveOffset(batch.lastOffset())
}

function sessionOf(consumer: Consumer, { commits, rejoining }: Running): GroupSession {
  // Between the end of a run and the next one the client refuses these calls. There is nothing to
  // pause then: with the next generation everything is told again.
  const ifRunning = (act: () => void): void => {
    try {
      act()
    } catch (error) {
      if (!(error instanceof kafkajs.KafkaJSNonRetriableError)) throw error
    }
  }
  return {
    pause: ({ topic, partition }) => {
      ifRunning(() => {
        consumer.pause([{ topic, partitions: [partition] }])
      })
    },
    resume: ({ topic, partition }) => {
      ifRunning(() => {
        consumer.resume([{ topic, partitions: [partition] }])
      })
    },
    seek: ({ topic, partition }, offset) => {
      ifRunning(() => {
        consumer.seek({ topic, partition, offset: String(offset) })
      })
    },
    commit: async (positions) => {
      const topics = positions.map(({ topic, partition, next }) => ({
        topic,
        partitions: [{ partition, offset: String(next) }],
      }))
      try {
        await commits.commit({ topics })
      } catch (error) {
        throw toKafkaError(error)
      }
    },
    leave: () => rejoining.leave(),
  }
}

interface Running {
  readonly commits: CommitOnce
  readonly rejoining: Rejoining
}

function listen(
  consumer: Consumer,
  handlers: GroupHandlers,
  { session, commits, rejoining }: Running & { readonly session: GroupSession },
): void {
  const { events } = consumer
  consumer.on(events.GROUP_JOIN, ({ payload }) => {
    commits.forget()
    handlers.believed()
    handlers.joined(session, new Map(Object.entries(payload.memberAssignment)))
  })
  consumer.on(events.REBALANCING, () => {
    handlers.lost()
  })
  consumer.on(events.HEARTBEAT, () => {
    handlers.believed()
  })
  consumer.on(events.FETCH, () => {
    handlers.alive()
  })
  consumer.on(events.END_BATCH_PROCESS, ({ payload }) => {
    if (payload.batchSize === 0) handlers.skipped(payload, Number(payload.lastOffset))
  })
  consumer.on(events.CRASH, ({ payload }) => {
    handlers.lost()
    if (payload.restart) handlers.alive()
    else if (lacksCoordinator(payload.error)) rejoining.later()
    else handlers.failed(toKafkaError(payload.error, 'KAFKA_CLIENT_FAILED'))
  })
}
