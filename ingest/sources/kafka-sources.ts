import type { Registry } from 'prom-client'
import type { Clock } from '../../core/clock.ts'
import type { Config } from '../../core/config.ts'
import type { Logger } from '../../core/log.ts'
import { createClusterClient } from './kafka.ts'
import { ClusterSource } from './kafka-cluster.ts'
import { ControlGroup } from './kafka-control.ts'
import { createKafkaEvents, type KafkaFacts } from './kafka-events.ts'
import type { ReadLedgerPosition } from './kafka-locate.ts'
import type { SliceSink } from './partition-slice.ts'

export interface KafkaSourcesDeps {
  readonly sink: SliceSink
  readonly ledgerPosition: ReadLedgerPosition
  /** The secret that a reference names now. */
  readonly secret: (reference: string) => string
  readonly clock: Clock
  readonly prometheus: Registry
  readonly log: Logger
  /** How long `stop` may take, ms. Default 25 s. */
  readonly stopMs?: number
}

/** All clusters of the configuration that topics are read of. */
export interface KafkaSources {
  /** Rejects with an AppError when a cluster cannot be read any more: the process should end. */
  readonly failed: Promise<never>
  readonly facts: () => readonly KafkaFacts[]
  /** Stores and commits what is on its way, and leaves the groups. The sink must still work. */
  readonly stop: () => Promise<void>
}

// Partitions with a label value of their own.
const labelLimit = 1000
const lookMs = 5_000
const retryMs = 1_000
const haltedMs = 30_000
const confirmMs = 5_000

/** Starts reading. Brokers that are away are waited for; nothing throws here but wrong files of `tls`. */
export function startKafkaSources(kafka: Config['kafka'], deps: KafkaSourcesDeps): KafkaSources {
  const events = createKafkaEvents(deps.prometheus, deps.log, labelLimit)
  const sources = Object.entries(kafka.clusters).flatMap(([name, cluster]) => {
    const entries = kafka.sources.filter((source) => source.cluster === name)
    if (entries.length === 0) return []
    const { secret, log } = deps
    const client = createClusterClient({ cluster, refreshMs: kafka.topicsRefreshMs, secret, log })
    return [
      new ClusterSource(
        {
          name,
          cluster,
          sources: entries,
          topicsRefreshMs: kafka.topicsRefreshMs,
          lookMs: Math.min(lookMs, kafka.topicsRefreshMs),
          retryMs,
          haltedMs,
          confirmMs,
          // A rebalance may take its time without a word in between.
          stallMs: Math.max(60_000, cluster.rebalanceTimeoutMs + 30_000),
          stopMs: deps.stopMs ?? 25_000,
        },
        { ...deps, client, events },
      ),
    ]
  })
  const failed = Promise.race([
    new Promise<never>(() => undefined),
    ...sources.map((s) => s.failed),
  ])
  failed.catch(() => undefined)
  return {
    failed,
    facts: () => sources.map((source) => source.facts()),
    stop: async () => {
      await Promise.all(sources.map((source) => source.stop()))
    },
  }
}

export interface ControlTopic {
  /** Name of a cluster of the configuration. */
  readonly cluster: string
  readonly topic: string
  /** Partitions of the topic where it is made. */
  readonly partitions: number
}

/**
 * Joins the group that shares out the partitions of the control topic: its name is that of the
 * cluster's group with `.control` behind it. Throws RangeError for a cluster that is not declared.
 */
export function joinControlGroup(
  kafka: Config['kafka'],
  { cluster: name, topic, partitions }: ControlTopic,
  deps: Pick<KafkaSourcesDeps, 'secret' | 'clock' | 'log'>,
  onChange?: () => void,
): ControlGroup {
  const cluster = kafka.clusters[name]
  if (cluster === undefined) throw new RangeError(`no cluster "${name}"`)
  const { secret, clock, log } = deps
  const client = createClusterClient({
    cluster: { ...cluster, group: `${cluster.group}.control` },
    refreshMs: kafka.topicsRefreshMs,
    secret,
    log,
  })
  const { sessionTimeoutMs } = cluster
  return new ControlGroup({ topic, partitions, sessionTimeoutMs }, { client, clock, log }, onChange)
}
