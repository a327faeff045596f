import pino from 'pino'
import { Registry } from 'prom-client'
import { systemClock } from '../../core/clock.ts'
import { createIngestEvents } from '../../ingest/events.ts'
import { nativeDecoder } from '../../ingest/formats/native.ts'
import { MessageReader, type FindDecoder } from '../../ingest/message-reader.ts'
import { PartitionHalts } from '../../ingest/partition-halts.ts'
import { createHaltEvents } from '../../ingest/halt-events.ts'
import type { RejectLimits } from '../../ingest/reject-guard.ts'
import { Pairing } from '../../ingest/pairing.ts'
import { RecordReader } from '../../ingest/record-reader.ts'
import type { EventLimits } from '../../ingest/validate.ts'
import type { ModelRegistry } from '../../store/model-registry.ts'
import type { Store } from '../../store/client.ts'

export const eventLimits: EventLimits = {
  eventBytes: 65_536,
  keys: 512,
  depth: 8,
  stringChars: 256,
  textChars: 8192,
  features: 2000,
  pastMs: 7 * 86_400_000,
  futureMs: 300_000,
}

const nativeOnly: FindDecoder = (name) => (name === 'native' ? nativeDecoder : undefined)

/** What every way in shares, on one store; a store that is away is not waited for. */
export function ingestDeps(
  store: Store,
  registry: ModelRegistry,
  { decoder = nativeOnly, autoRegister = true } = {},
) {
  const reader = new RecordReader(registry, eventLimits, { autoRegister, maxModels: 100 })
  const messages = new MessageReader(reader, decoder)
  return {
    store,
    clock: systemClock,
    events: createIngestEvents(new Registry(), pino({ level: 'silent' })),
    patienceMs: 0,
    pairing: new Pairing(store, messages, 60_000),
    reader,
    messages,
    halts: partitionHalts(store),
  }
}

/** The guard of partitions of one process; without limits it halts nothing. */
export const partitionHalts = (
  store: Store,
  limits: RejectLimits = { run: 0, ratio: 0, window: 0 },
): PartitionHalts =>
  new PartitionHalts({
    store,
    clock: systemClock,
    limits,
    events: createHaltEvents(new Registry(), pino({ level: 'silent' }), 10),
  })
