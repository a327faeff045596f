import { Registry } from 'prom-client'
import { systemClock } from '../core/clock.ts'
import type { Config } from '../core/config.ts'
import { createLogger } from '../core/log.ts'
import { createIngestEvents, type IngestEvents } from '../ingest/events.ts'
import { ingestFile, type FileIngestOptions, type FileProgress } from '../ingest/sources/file.ts'
import type { LoadSummary } from '../ingest/sources/load-tally.ts'
import type { TableEngine } from '../ingest/sources/parquet-file.ts'
import type { Store } from '../store/client.ts'
import { openModelRegistry } from '../store/model-registry.ts'
import { openConfiguredStore } from './configured-store.ts'
import { fileEngine } from './file-engine.ts'
import { ingestParts } from './ingest-role.ts'
import { modelFiles } from './model-files.ts'
import { version } from './version.ts'

/** Loads a file into the configured store, as the service itself would take its events. */
export async function loadFile(
  config: Config,
  options: FileIngestOptions,
  onProgress: (progress: FileProgress) => void,
): Promise<LoadSummary> {
  const store = await openConfiguredStore(config)
  const engine = fileEngine()
  try {
    const openEngine = store.embedded ? async () => store : engine.open
    return await loadInto(store, { config, openEngine }, { options, onProgress })
  } finally {
    await engine.close()
    await store.close()
  }
}

async function loadInto(
  store: Store,
  { config, openEngine }: { config: Config; openEngine: () => Promise<TableEngine> },
  {
    options,
    onProgress,
  }: { options: FileIngestOptions; onProgress: (progress: FileProgress) => void },
): Promise<LoadSummary> {
  const clock = systemClock
  const prometheus = new Registry()
  const log = createLogger({ level: 'error', format: config.log.format })
  const registry = await openModelRegistry(store)
  // Declared models come first: registering them from this file would guess what they say.
  await modelFiles({ config, version, store, clock, registry, prometheus, log }).scan()
  const { batch, limits } = config.ingest
  const events = toldEvents(createIngestEvents(prometheus, log))
  return ingestFile(
    {
      ...ingestParts(config, { store, clock, registry, events }),
      registry,
      limits: { batchRows: batch.rows, batchBytes: batch.bytes, eventBytes: limits.eventBytes },
      engine: openEngine,
    },
    options,
    onProgress,
  )
}

/** Somebody is watching: a load that stands still says why. */
const toldEvents = (events: IngestEvents): IngestEvents => ({
  ...events,
  retried: (operation, attempt, error) => {
    events.retried(operation, attempt, error)
    if (attempt === 1) console.error(`the store does not take ${operation}, trying again`)
  },
})
