import type { Clock } from '../core/clock.ts'
import { environment, type Config } from '../core/config.ts'
import { resolveSecret } from '../core/secrets.ts'
import type { CommitDeps } from '../ingest/commit.ts'
import { createIngestEvents, type IngestEvents } from '../ingest/events.ts'
import { createDecoders } from '../ingest/formats/decoders.ts'
import { giveUpHalves } from '../ingest/give-up-halves.ts'
import { createHaltEvents } from '../ingest/halt-events.ts'
import { Intake } from '../ingest/intake.ts'
import { MessageReader } from '../ingest/message-reader.ts'
import { Pairing } from '../ingest/pairing.ts'
import { OutlierScorers } from '../ingest/outlier-scorers.ts'
import { PartitionHalts } from '../ingest/partition-halts.ts'
import { RecordReader } from '../ingest/record-reader.ts'
import { SliceIntake } from '../ingest/slice-intake.ts'
import type { KafkaFacts } from '../ingest/sources/kafka-events.ts'
import { startKafkaSources, type KafkaSources } from '../ingest/sources/kafka-sources.ts'
import type { EventLimits } from '../ingest/validate.ts'
import type { ModelRegistry } from '../store/model-registry.ts'
import { ledgerStream } from '../store/queries/ledger-stream.ts'
import type { Store } from '../store/client.ts'
import { every } from './every.ts'
import type { Shared } from './shared.ts'

/** How long an unavailable store is tried again before senders are told to come back, ms. */
const commitPatienceMs = 20_000

/** What every way in shares: how records are read, and how they become durable. */
export interface IngestParts extends CommitDeps {
  readonly reader: RecordReader
  readonly messages: MessageReader
  readonly limits: EventLimits
}

interface IngestWith {
  readonly store: Store
  readonly clock: Clock
  readonly registry: ModelRegistry
  readonly events: IngestEvents
}

export function ingestParts(
  config: Config,
  { store, clock, registry, events }: IngestWith,
): IngestParts {
  const { ingest, models } = config
  const limits = eventLimits(ingest)
  const reader = new RecordReader(registry, limits, {
    autoRegister: models.autoRegister,
    maxModels: models.max,
  })
  const messages = new MessageReader(reader, createDecoders(config, { clock }))
  const pairing = new Pairing(store, messages, ingest.pairing.timeoutMs)
  const outliers = new OutlierScorers({ store, registry, clock })
  return {
    store,
    clock,
    events,
    patienceMs: commitPatienceMs,
    pairing,
    outliers,
    reader,
    messages,
    limits,
  }
}

/** The limits of one event, as the reader takes them. */
function eventLimits({ limits }: Config['ingest']): EventLimits {
  return {
    eventBytes: limits.eventBytes,
    keys: limits.keys,
    depth: limits.depth,
    stringChars: limits.stringChars,
    textChars: limits.textChars,
    features: limits.features,
    pastMs: limits.pastMs,
    futureMs: limits.futureMs,
  }
}

/** The ways in of a service: over HTTP, and slices of Kafka's partitions. */
export interface IngestRole {
  readonly intake: Intake
  readonly slices: SliceIntake
  /** Starts reading Kafka. `failed` rejects when a cluster cannot be read any more. */
  readonly readKafka: () => { readonly failed: Promise<never> }
  /** Of every cluster that is read; empty before that, and where none is. */
  readonly kafka: () => readonly KafkaFacts[]
  /** What goes on beside, until the signal. */
  readonly run: (signal: AbortSignal) => Promise<void>
  /** Leaves the groups with everything that was read stored and committed, and commits what is open. */
  readonly close: () => Promise<void>
}

/** How often halves are looked for whose other half has not come, ms. */
const giveUpMs = 30_000

/** Halted partitions with label values of their own. */
const haltLabels = 1000

export function createIngestRole(deps: Shared): IngestRole {
  const { config, store, clock, registry, prometheus, log } = deps
  const { batch, maxInsertsPerSecond, queueBytes } = config.ingest
  const events = createIngestEvents(prometheus, log)
  const parts = ingestParts(config, { store, clock, registry, events })
  const limits = {
    batchRows: batch.rows,
    batchBytes: batch.bytes,
    batchWaitMs: batch.waitMs,
    maxInsertsPerSecond,
  }
  const { eventBytes } = parts.limits
  const intake = new Intake({ ...parts, limits: { ...limits, eventBytes, queueBytes } })
  const halts = new PartitionHalts({
    store,
    clock,
    limits: config.ingest.rejectLimits,
    events: createHaltEvents(prometheus, log, haltLabels),
  })
  const slices = new SliceIntake({
    ...parts,
    limits: { ...limits, batchWaitMs: config.kafka.batchWaitMs },
    halts,
  })
  const giveUp = { ...parts, ...config.ingest.pairing, registry }
  let kafka: KafkaSources | null = null
  return {
    intake,
    slices,
    readKafka: () => {
      kafka = startKafkaSources(config.kafka, {
        sink: slices,
        ledgerPosition: async (at) => (await store.query(ledgerStream(at)))[0] ?? null,
        secret: (reference) => resolveSecret(reference, environment()).reveal(),
        clock,
        prometheus,
        log,
        stopMs: config.server.shutdownTimeoutMs,
      })
      return kafka
    },
    kafka: () => kafka?.facts() ?? [],
    run: (signal) =>
      every(giveUpMs, () => giveUpHalves(giveUp), { signal, log, what: 'give up lonely halves' }),
    close: async () => {
      await kafka?.stop()
      await Promise.all([intake.close(), slices.close()])
    },
  }
}
