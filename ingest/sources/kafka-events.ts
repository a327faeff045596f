import type { Logger } from 'pino'
import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import type { TopicPartition } from './kafka-ports.ts'

export interface PartitionFacts extends TopicPartition {
  /** Messages in the partition that are not yet stored. */
  readonly lag: number
  readonly paused: boolean
  readonly stopped: boolean
}

/** What the gauges ask for when they are read. */
export interface KafkaFacts {
  readonly cluster: string
  readonly partitions: readonly PartitionFacts[]
  readonly slicesInFlight: number
  readonly bufferedBytes: number
  readonly secondsSinceAlive: number
}

/** What happens at a Kafka source, each happening one function: its counters and its log line cannot disagree. */
export interface KafkaEvents {
  /** Gauges are computed when they are read. */
  observe: (facts: () => KafkaFacts) => void
  joined: (facts: { cluster: string; epoch: number; partitions: number }) => void
  lost: (cluster: string) => void
  located: (at: TopicPartition & { cluster: string; stream: string; next: number }) => void
  gap: (facts: TopicPartition & { cluster: string; first: number; last: number }) => void
  recreated: (facts: TopicPartition & { cluster: string; stream: string }) => void
  staleSlice: (facts: TopicPartition & { cluster: string; epoch: number }) => void
  retried: (cluster: string, what: string, error: unknown) => void
  committed: (cluster: string, seconds: number) => void
  stopped: (facts: TopicPartition & { cluster: string; offset: number; error: unknown }) => void
  damaged: (facts: { cluster: string; reason: string; first: number | null }) => void
  topics: (cluster: string, topics: readonly string[]) => void
  missingTopics: (cluster: string, topics: readonly string[]) => void
  ended: (cluster: string, drained: boolean) => void
}

function declareCounters(registry: Registry) {
  const registers = [registry]
  const labelNames = ['cluster', 'topic']
  return {
    lost: new Counter({
      name: 'tidegauge_ingest_kafka_lost_offsets_total',
      help: 'Offsets that the broker deleted before they were read. They are gone: lengthen the retention of the topic, or add instances so that the lag stays below it.',
      labelNames,
      registers,
    }),
    recreated: new Counter({
      name: 'tidegauge_ingest_kafka_recreated_total',
      help: 'Partitions found shorter than what was stored of them: the topic was deleted and made anew, or a broker lost data. They are read from their start.',
      labelNames,
      registers,
    }),
    rebalances: new Counter({
      name: 'tidegauge_ingest_kafka_rebalances_total',
      help: 'Generations of the group that this instance joined. A rate that stays above zero: an instance comes and goes, or session_timeout is too short for it.',
      labelNames: ['cluster'],
      registers,
    }),
    stale: new Counter({
      name: 'tidegauge_ingest_kafka_stale_slices_total',
      help: 'Slices stored after their partition had been given away, and therefore not committed; they are read again and collapse.',
      labelNames: ['cluster'],
      registers,
    }),
    damaged: new Counter({
      name: 'tidegauge_ingest_kafka_damaged_batches_total',
      help: 'Fetches that met a batch that cannot be unpacked. Its partition stops: see the log for the offset and docs/how-to/kafka.md for the way on.',
      labelNames: ['cluster'],
      registers,
    }),
    retries: new Counter({
      name: 'tidegauge_ingest_kafka_retries_total',
      help: 'Requests to brokers, or slices, tried again.',
      labelNames: ['cluster', 'operation'],
      registers,
    }),
    commits: new Histogram({
      name: 'tidegauge_ingest_kafka_commit_seconds',
      help: 'One commit of offsets. Above a second the coordinator of the group is overloaded or away.',
      labelNames: ['cluster'],
      buckets: [0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 30],
      registers,
    }),
  }
}

type Gauges = Record<'lag' | 'paused' | 'stopped' | 'slices' | 'buffered' | 'alive', Gauge>

function declareGauges(registry: Registry, collect: () => void): Gauges {
  const perTopic = ['cluster', 'topic']
  const gauge = (name: string, labelNames: readonly string[], help: string): Gauge =>
    new Gauge({
      name: `tidegauge_ingest_kafka_${name}`,
      help,
      labelNames: [...labelNames],
      registers: [registry],
    })
  const gauges: Gauges = {
    lag: gauge(
      'lag',
      [...perTopic, 'partition'],
      'Messages of a partition that are not yet stored; `_other` sums those beyond the limit of labels. Growing: the store or this instance is too slow, add instances up to the number of partitions.',
    ),
    paused: gauge(
      'paused_partitions',
      perTopic,
      'Partitions not fetched because what was fetched waits for the store. Above zero for long: look at the store.',
    ),
    stopped: gauge(
      'stopped_partitions',
      perTopic,
      'Partitions that need a human: a batch cannot be unpacked, or too much of what they bring is rejected. The log says which offset and why.',
    ),
    slices: gauge('slices_in_flight', ['cluster'], 'Slices on their way to the store.'),
    buffered: gauge('buffered_bytes', ['cluster'], 'Messages fetched and not yet stored.'),
    alive: gauge(
      'seconds_since_alive',
      ['cluster'],
      'Since a broker last answered a fetch or a heartbeat. The process ends itself when this grows beyond a minute or two.',
    ),
  }
  // One read of the facts for all of them: the first that is collected fills the others too.
  Object.assign(gauges.lag, { collect })
  return gauges
}

export function createKafkaEvents(
  registry: Registry,
  log: Logger,
  labelLimit: number,
): KafkaEvents {
  const counters = declareCounters(registry)
  const observed: (() => KafkaFacts)[] = []
  const gauges = declareGauges(registry, () => {
    for (const gauge of Object.values(gauges)) gauge.reset()
    let left = labelLimit
    for (const facts of observed) left = fill(gauges, facts(), left)
  })
  return {
    observe: (facts) => observed.push(facts),
    ...groupEvents(counters, log),
    ...partitionEvents(counters, log),
    retried: (cluster, operation, error) => {
      counters.retries.inc({ cluster, operation })
      log.warn({ cluster, operation, err: error }, 'kafka request or slice failed, trying again')
    },
  }
}

type Counters = ReturnType<typeof declareCounters>

type GroupEvents = Pick<
  KafkaEvents,
  'joined' | 'lost' | 'committed' | 'topics' | 'missingTopics' | 'ended'
>

function groupEvents(counters: Counters, log: Logger): GroupEvents {
  return {
    joined: (facts) => {
      counters.rebalances.inc({ cluster: facts.cluster })
      log.info(facts, 'joined the consumer group')
    },
    lost: (cluster) => {
      log.info({ cluster }, 'partitions are being shared out anew')
    },
    committed: (cluster, seconds) => {
      counters.commits.observe({ cluster }, seconds)
    },
    topics: (cluster, topics) => {
      log.info({ cluster, topics: topics.slice(0, 100), count: topics.length }, 'topics are read')
    },
    missingTopics: (cluster, topics) => {
      log.warn({ cluster, topics }, 'topics do not exist yet, waiting for them')
    },
    ended: (cluster, drained) => {
      if (drained) log.info({ cluster }, 'left the consumer group, everything stored is committed')
      else log.warn({ cluster }, 'ended before all slices were stored; they are read again')
    },
  }
}

type PartitionEvents = Pick<
  KafkaEvents,
  'located' | 'gap' | 'recreated' | 'staleSlice' | 'stopped' | 'damaged'
>

function partitionEvents(counters: Counters, log: Logger): PartitionEvents {
  return {
    located: (facts) => {
      log.debug(facts, 'partition is read')
    },
    gap: ({ cluster, topic, partition, first, last }) => {
      counters.lost.inc({ cluster, topic }, last - first + 1)
      log.error(
        { cluster, topic, partition, first, last },
        'messages were deleted by retention before they were read: they are lost',
      )
    },
    recreated: (facts) => {
      counters.recreated.inc({ cluster: facts.cluster, topic: facts.topic })
      log.warn(facts, 'topic was made anew, reading it from its start as a stream of its own')
    },
    staleSlice: (facts) => {
      counters.stale.inc({ cluster: facts.cluster })
      log.info(facts, 'slice of an earlier generation is stored and not committed')
    },
    stopped: ({ error, ...facts }) => {
      log.error({ ...facts, err: error }, 'partition stopped: it needs a human')
    },
    damaged: (facts) => {
      counters.damaged.inc({ cluster: facts.cluster })
      log.debug(facts, 'batch cannot be unpacked')
    },
  }
}

/** Answers how many partitions may still have a label value of their own. */
function fill(gauges: Gauges, facts: KafkaFacts, labels: number): number {
  const { cluster, partitions } = facts
  gauges.slices.set({ cluster }, facts.slicesInFlight)
  gauges.buffered.set({ cluster }, facts.bufferedBytes)
  gauges.alive.set({ cluster }, facts.secondsSinceAlive)
  partitions.forEach(({ topic, partition, lag, paused, stopped }, index) => {
    const named = index < labels
    const labelled = named ? { topic, partition } : { topic: '_other', partition: '_other' }
    gauges.lag.inc({ cluster, ...labelled }, lag)
    gauges.paused.inc({ cluster, topic: labelled.topic }, paused ? 1 : 0)
    gauges.stopped.inc({ cluster, topic: labelled.topic }, stopped ? 1 : 0)
  })
  return Math.max(0, labels - partitions.length)
}
