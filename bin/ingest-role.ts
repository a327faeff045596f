import type { Config } from '../core/config.ts'
import { createIngestEvents } from '../ingest/events.ts'
import { Intake } from '../ingest/intake.ts'
import { RecordReader } from '../ingest/record-reader.ts'
import type { EventLimits } from '../ingest/validate.ts'
import type { Shared } from './shared.ts'

/** How long an unavailable store is tried again before senders are told to come back, ms. */
export const commitPatienceMs = 20_000

/** The limits of one event, as the reader takes them. */
export function eventLimits({ limits }: Config['ingest']): EventLimits {
  return {
    eventBytes: limits.eventBytes,
    keys: limits.keys,
    depth: limits.depth,
    stringChars: limits.stringChars,
    features: limits.features,
    pastMs: limits.pastMs,
    futureMs: limits.futureMs,
  }
}

/** Takes events over HTTP. */
export function createIntake(deps: Shared): Intake {
  const { config, store, clock, registry, prometheus, log } = deps
  const { ingest, models } = config
  return new Intake({
    store,
    clock,
    events: createIngestEvents(prometheus, log),
    patienceMs: commitPatienceMs,
    reader: new RecordReader(registry, eventLimits(ingest), {
      autoRegister: models.autoRegister,
      maxModels: models.max,
    }),
    limits: {
      batchRows: ingest.batch.rows,
      batchBytes: ingest.batch.bytes,
      batchWaitMs: ingest.batch.waitMs,
      queueBytes: ingest.queueBytes,
      maxInsertsPerSecond: ingest.maxInsertsPerSecond,
    },
  })
}
