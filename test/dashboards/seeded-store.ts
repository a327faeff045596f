import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Registry } from 'prom-client'
import { createIngestRole, type IngestRole } from '../../bin/ingest-role.ts'
import { createMonitorRole } from '../../bin/monitor-role.ts'
import type { Shared } from '../../bin/shared.ts'
import { loadConfig } from '../../core/config.ts'
import { createLogger } from '../../core/log.ts'
import type { ModelFile } from '../../core/model-spec.ts'
import { createOutlierEvents } from '../../monitor/outlier-events.ts'
import { OutlierFits } from '../../monitor/outlier-fits.ts'
import { ownsEverything } from '../../monitor/ownership.ts'
import type { Store } from '../../store/client.ts'
import { openModelRegistry } from '../../store/model-registry.ts'
import {
  eventStream,
  hour,
  labelStream,
  streamHours,
  streamModel,
  streamStart,
  trainingFile,
  type StreamEvent,
} from '../integration/stream.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { seeded } from '../support/seeded.ts'
import { withStore } from '../support/store.ts'

/** A store that the whole pipeline has filled: what dashboards find in a service that runs. */
export interface SeededStore {
  readonly store: Store
  /** Where the events lie. */
  readonly from: Date
  readonly to: Date
  close: () => Promise<void>
}

const events = 3000

/** Of the stream's model as much as dashboards need to show something everywhere. */
function seededModel(training: string): ModelFile {
  const { baselines = {}, monitors = [], ...rest } = streamModel(training)
  const {
    training: file,
    lately,
    first_version,
  } = baselines as Required<NonNullable<typeof baselines>>
  return {
    ...rest,
    slices: ['country'],
    detectors: ['psi', 'ks'],
    baselines: { training: file!, lately: lately!, first_version: first_version! },
    monitors: [
      ...monitors.filter(({ name }) => ['drift', 'calibration', 'gaps'].includes(name)),
      { name: 'doubt', metric: 'mean_confidence', warn: '< 0.2' },
      { name: 'errors', metric: 'error_rate', warn: '> 0.04', critical: '> 0.2' },
    ],
    outliers: { threshold: 0.95, sender: 'tags.region' },
  }
}

export async function seededStore(): Promise<SeededStore> {
  const directory = await mkdtemp(join(tmpdir(), 'tidegauge-dashboards-'))
  const random = seeded(7)
  const training = join(directory, 'training.csv')
  await writeFile(training, quoted(trainingFile(random, 2000)))
  const { store, close } = await withStore('embedded')
  const clock = new ManualClock(streamStart + (streamHours + 1) * hour)
  const registry = await openModelRegistry(store)
  await registry.put(seededModel(training), 'file')
  const shared: Shared = {
    config: loadConfig({
      env: { TIDEGAUGE__INGEST__BATCH__ROWS: '1', TIDEGAUGE__FILES__DIRECTORIES: directory },
    }),
    version: 'test',
    store,
    clock,
    registry,
    prometheus: new Registry(),
    log: createLogger({ level: 'fatal', format: 'json' }),
  }
  const ingest = createIngestRole(shared)
  await monitorAll(shared, directory)
  const outlierEvents = createOutlierEvents(shared.log)
  await new OutlierFits({ ...shared, owns: ownsEverything, events: outlierEvents }).fitDue()
  // The scorers look for a new fit now and then.
  clock.advance(6_000)
  const stream = eventStream(random, events)
  await send(ingest, stream)
  await send(ingest, labelStream(random, stream).labels)
  await refuse(ingest)
  await monitorAll(shared, directory)
  clock.advance(hour)
  await monitorAll(shared, directory)
  await settleDeliveries(store)
  return {
    store,
    from: new Date(streamStart),
    to: new Date(streamStart + (streamHours + 3) * hour),
    close: async () => {
      await ingest.close()
      await close()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

async function monitorAll(shared: Shared, directory: string): Promise<void> {
  const { store, clock } = shared
  const { monitor } = createMonitorRole(
    { ...shared, prometheus: new Registry() },
    {
      store,
      now: () => new Date(clock.now()),
      fileDirectories: [directory],
      lookedAt: new Map(),
    },
  )
  while (await monitor.tick());
}

/** `FR` becomes a name that ends a string where it is not escaped. */
const quoted = (text: string): string => text.replaceAll('FR', "L'Aquila")

async function send(ingest: IngestRole, stream: readonly StreamEvent[]): Promise<void> {
  const body = Buffer.from(quoted(stream.map(({ line }) => line).join('\n')))
  const request = { body, idempotencyKey: null, backfill: false, models: null }
  const { rejected } = await ingest.intake.receive(request)
  if (rejected.length > 0) throw new Error(`rejected: ${JSON.stringify(rejected[0])}`)
}

async function refuse(ingest: IngestRole): Promise<void> {
  const body = Buffer.from('{"model":"payments","ts":"yesterday"}\n{not json')
  await ingest.intake.receive({ body, idempotencyKey: null, backfill: false, models: null })
}

/** Nobody delivers here: what the outbox holds becomes delivered, dead and pending in turn. */
async function settleDeliveries(store: Store): Promise<void> {
  await store.command({
    name: 'test-settle',
    sql: `INSERT INTO deliveries
SELECT * REPLACE (
  ['delivered', 'dead', 'pending'][1 + (rowNumberInAllBlocks() % 3)] AS state, 1 AS attempts,
  if(state = 'delivered', created_at + INTERVAL 2 SECOND, NULL) AS delivered_at,
  if(state = 'dead', 410, 204) AS last_status,
  concat('[{"at":"', formatDateTime(created_at, '%Y-%m-%dT%H:%i:%S'), '.000Z","event":"attempt","attempt":1,"outcome":"',
    if(state = 'dead', 'dead', 'delivered'), '","status":204,"ms":35}]') AS history,
  changed_at + INTERVAL 3 SECOND AS changed_at)
FROM deliveries FINAL ORDER BY delivery_id`,
  })
}
