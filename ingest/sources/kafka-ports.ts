import type { AppError } from '../../core/errors.ts'
import type { OffsetMessage } from './partition-slice.ts'

// What the rest of the code knows of a Kafka client: kafka.ts makes these out of one.

export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

/** Partitions by topic. */
export type Assignment = ReadonlyMap<string, readonly number[]>

/** The run of offsets that a partition holds: from `low` to before `high`. */
export interface Watermarks {
  readonly low: number
  readonly high: number
}

/** What one fetch brought of a partition. */
export interface FetchedBatch extends TopicPartition {
  /** The offset that was asked for. */
  readonly fetched: number
  /** The batch stands for everything from `fetched` to here, messages or not. */
  readonly last: number
  /** The offset that the next message of the partition will get. */
  readonly high: number
  readonly messages: readonly OffsetMessage[]
}

/** A batch of a producer that cannot be unpacked. Offsets where its header could be read. */
export interface DamagedBatch {
  readonly offsets: { readonly first: number; readonly last: number } | null
  readonly reason: string
}

/** What happens to a member of a group. Called synchronously, between two fetches. */
export interface GroupHandlers {
  /** A new generation: these partitions and no others, nothing of them fetched yet. */
  readonly joined: (session: GroupSession, assignment: Assignment) => void
  /** Partitions are being shared out anew, or the session is gone: nothing is owned until `joined`. */
  readonly lost: () => void
  /** True: taken, go on behind it. False: not what was expected, to be fetched again from where a seek says. */
  readonly fetched: (batch: FetchedBatch) => boolean
  /** The client has gone on to behind `last` because there was no message to hand over. */
  readonly skipped: (at: TopicPartition, last: number) => void
  /** Left out of its fetch; the partition does not get past it. */
  readonly damaged: (batch: DamagedBatch) => void
  /** A fetch or a heartbeat was answered, or the client is trying again: it is not stuck. */
  readonly alive: () => void
  /** The same for heartbeats and joins alone: the group believes in this member. */
  readonly believed: () => void
  /** The client has ended and will not come back by itself. */
  readonly failed: (error: AppError) => void
}

/** One membership. Its calls concern the generation that was joined last. */
export interface GroupSession {
  readonly pause: (at: TopicPartition) => void
  readonly resume: (at: TopicPartition) => void
  readonly seek: (at: TopicPartition, offset: number) => void
  /**
   * Commits `next` of each, the first offset not yet done, in one request and one attempt. Throws
   * KAFKA_UNAVAILABLE, also when the generation is over, or KAFKA_REFUSED.
   */
  readonly commit: (positions: readonly (TopicPartition & { next: number })[]) => Promise<void>
  /** Leaves the group. Resolves when no more handler is called. */
  readonly leave: () => Promise<void>
}

/** One cluster. Everything throws KAFKA_UNAVAILABLE or KAFKA_REFUSED. */
export interface ClusterClient {
  readonly topics: () => Promise<readonly string[]>
  readonly createTopic: (topic: string, partitions: number) => Promise<void>
  readonly watermarks: (topic: string) => Promise<ReadonlyMap<number, Watermarks>>
  /** What the group has committed of these topics; partitions without an offset are left out. */
  readonly committed: (
    topics: readonly string[],
  ) => Promise<ReadonlyMap<string, ReadonlyMap<number, number>>>
  readonly join: (topics: readonly string[], handlers: GroupHandlers) => Promise<GroupSession>
  readonly close: () => Promise<void>
}

/** A message to produce. */
export interface ProducedMessage {
  /** Messages of one key stay in order. */
  readonly key: string
  readonly value: Buffer | null
  readonly headers: ReadonlyMap<string, string>
}

export interface MessageProducer {
  /**
   * Resolves when all replicas in sync have the messages, in one request a broker: keep them below
   * its `message.max.bytes`. Throws KAFKA_UNAVAILABLE, also where the topic does not exist, or
   * KAFKA_REFUSED; some of them may be there then.
   */
  readonly produce: (topic: string, messages: readonly ProducedMessage[]) => Promise<void>
  readonly close: () => Promise<void>
}
