import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Registry } from 'prom-client'
import { systemClock } from '../../../core/clock.ts'
import { readConfig, type Config } from '../../../core/config.ts'
import { createLogger } from '../../../core/log.ts'
import { ClusterSource } from '../../../ingest/sources/kafka-cluster.ts'
import { createKafkaEvents } from '../../../ingest/sources/kafka-events.ts'
import type { LedgerPosition } from '../../../ingest/sources/kafka-position.ts'
import type { TopicPartition } from '../../../ingest/sources/kafka-ports.ts'
import { createClusterClient } from '../../../ingest/sources/kafka.ts'
import type { PartitionSlice, SliceSink } from '../../../ingest/sources/partition-slice.ts'

/** Stores slices in memory and keeps the ledger of them. */
export class MemorySink implements SliceSink {
  readonly slices: PartitionSlice[] = []
  /** Awaited before a slice is stored. */
  gate: (slice: PartitionSlice) => Promise<void> = async () => undefined
  received = 0

  readonly receive = async (slice: PartitionSlice): Promise<void> => {
    this.received++
    await this.gate(slice)
    this.slices.push(slice)
  }

  readonly ledgerPosition = async ({
    topic,
    partition,
  }: TopicPartition): Promise<LedgerPosition | null> => {
    const own = this.slices.filter((s) => s.topic === topic && s.partition === partition)
    const stream = own
      .map((s) => s.stream)
      .sort(byGeneration)
      .at(-1)
    if (stream === undefined) return null
    const lasts = own.filter((s) => s.stream === stream).map(({ last }) => last)
    return { stream, next: Math.max(...lasts) + 1 }
  }

  /** Values that were stored of a stream, each once, in offset order. */
  values(stream: string): string[] {
    const byPosition = new Map<string, string>()
    for (const slice of this.slices.filter((s) => s.stream === stream)) {
      for (const { offset, value } of slice.messages) {
        byPosition.set(
          `${slice.partition}/${String(offset).padStart(12, '0')}`,
          value?.toString() ?? '',
        )
      }
    }
    return [...byPosition].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value)
  }

  /** Holes between the slices of a partition, from `first` on. */
  holes(stream: string, partition = 0, first = 0): [number, number][] {
    const own = this.slices
      .filter((s) => s.stream === stream && s.partition === partition)
      .sort((a, b) => a.first - b.first)
    const holes: [number, number][] = []
    let next = first
    for (const slice of own) {
      if (slice.first > next) holes.push([next, slice.first - 1])
      next = Math.max(next, slice.last + 1)
    }
    return holes
  }
}

const generation = (stream: string): number => Number(stream.split('@')[1] ?? 0)
const byGeneration = (a: string, b: string): number => generation(a) - generation(b)

export interface SourceOptions {
  readonly brokers: readonly string[]
  readonly sink: MemorySink
  readonly sources: readonly string[]
  readonly group?: string
  /** Settings of the cluster, as YAML flow. */
  readonly cluster?: string
  readonly topicsRefreshMs?: number
  readonly stallMs?: number
  readonly secret?: (reference: string) => string
}

export interface RunningSource {
  readonly source: ClusterSource
  readonly group: string
  readonly registry: Registry
  readonly metric: (name: string) => Promise<number>
}

/** The section `kafka` of a configuration file with this text. */
export function kafkaConfig(text: string): Config['kafka'] {
  const directory = mkdtempSync(join(tmpdir(), 'tidegauge-kafka-source-'))
  try {
    const file = join(directory, 'tidegauge.yaml')
    writeFileSync(file, text)
    const { config, problems } = readConfig({
      file,
      env: { KAFKA_SECRET: 'looked up at each use' },
    })
    if (config === null) throw new Error(JSON.stringify(problems))
    return config.kafka
  } finally {
    rmSync(directory, { recursive: true })
  }
}

/** A cluster with short times. `settings` as YAML flow. */
export function clusterConfig(
  brokers: readonly string[],
  group: string,
  settings = '',
): Config['kafka']['clusters'][string] {
  const short = ['session_timeout: 6s', 'heartbeat_interval: 500ms', 'rebalance_timeout: 10s']
    .concat('fetch_wait: 50ms')
    .filter((setting) => !settings.includes(setting.split(':')[0]!))
  const { clusters } = kafkaConfig(`kafka: { clusters: { main: {
    brokers: ${JSON.stringify(brokers)}, group: ${group}, ${[...short, settings].join(', ')} } } }`)
  return clusters['main']!
}

/** A source as the service starts it, with short times. */
export function startSource(options: SourceOptions): RunningSource {
  const { brokers, sink, topicsRefreshMs = 60_000, stallMs = 60_000 } = options
  const group = options.group ?? `group-${randomBytes(4).toString('hex')}`
  const cluster = clusterConfig(brokers, group, options.cluster)
  const kafka = kafkaConfig(`kafka:
  clusters: { main: { brokers: ["127.0.0.1:1"] } }
  sources: [${options.sources.join(', ')}]`)
  const registry = new Registry()
  const log = createLogger({ level: 'silent', format: 'json' })
  const source = new ClusterSource(
    {
      name: 'main',
      cluster,
      sources: kafka.sources,
      topicsRefreshMs,
      lookMs: 300,
      retryMs: 100,
      haltedMs: 100,
      confirmMs: 300,
      stallMs,
      stopMs: 10_000,
    },
    {
      client: createClusterClient({
        cluster,
        refreshMs: topicsRefreshMs,
        secret: options.secret ?? ((reference) => reference),
        log,
      }),
      sink,
      ledgerPosition: sink.ledgerPosition,
      clock: systemClock,
      events: createKafkaEvents(registry, log, 100),
    },
  )
  return {
    source,
    group,
    registry,
    metric: async (name) => {
      const all = await registry.getMetricsAsJSON()
      const found = all.find((metric) => metric.name === `tidegauge_ingest_kafka_${name}`)
      return (found?.values ?? []).reduce((sum, { value }) => sum + value, 0)
    },
  }
}

/** Resolves when what is expected holds; throws what does not, when it never does. */
export async function holds(expected: () => Promise<void>, deadlineMs = 20_000): Promise<void> {
  const giveUpAt = performance.now() + deadlineMs
  for (;;) {
    try {
      await expected()
      return
    } catch (error) {
      if (performance.now() > giveUpAt) throw error
      await sleep(50)
    }
  }
}

/** Moves the offset of partition 0 of a group that has no members, as an operator does. */
export async function setCommitted(
  brokers: readonly string[],
  { group, topic, next }: { group: string; topic: string; next: number },
): Promise<void> {
  const client = createClusterClient({
    cluster: clusterConfig(brokers, group),
    refreshMs: 60_000,
    secret: (reference) => reference,
    log: createLogger({ level: 'silent', format: 'json' }),
  })
  const joined = withResolvers()
  const nothing = (): void => undefined
  const session = await client.join([topic], {
    joined: joined.resolve,
    lost: nothing,
    fetched: () => false,
    skipped: nothing,
    damaged: nothing,
    alive: nothing,
    believed: nothing,
    failed: joined.reject,
  })
  await joined.promise
  // While it joins, the client keeps the failure of a commit to itself.
  await holds(async () => {
    await session.commit([{ topic, partition: 0, next }])
    const committed = await client.committed([topic])
    if (committed.get(topic)?.get(0) !== next) throw new Error(`${topic} is not committed`)
  })
  await session.leave()
  await client.close()
}

function withResolvers(): {
  promise: Promise<unknown>
  resolve: () => void
  reject: (error: unknown) => void
} {
  let resolve = (): void => undefined
  let reject: (error: unknown) => void = () => undefined
  const promise = new Promise<void>((yes, no) => {
    resolve = yes
    reject = no
  })
  return { promise, resolve, reject }
}
