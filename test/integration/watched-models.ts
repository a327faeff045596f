import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Registry } from 'prom-client'
import { createIngestRole } from '../../bin/ingest-role.ts'
import { createMonitorRole } from '../../bin/monitor-role.ts'
import type { Shared } from '../../bin/shared.ts'
import { loadConfig } from '../../core/config.ts'
import { createLogger } from '../../core/log.ts'
import type { ModelFile } from '../../core/model-spec.ts'
import { openModelRegistry } from '../../store/model-registry.ts'
import { metricColumns, toMetricRow, type MetricRow } from '../../store/queries/metric-row.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { withStore, type TestStore } from '../support/store.ts'

export interface WatchedEvent {
  readonly id: string
  readonly ts: number
  readonly version?: string
  readonly features: object
}

/** Some models in one database, watched by the service's own roles. */
export interface WatchedModels {
  readonly opened: TestStore
  send: (model: string, events: readonly WatchedEvent[]) => Promise<void>
  /** Lets an hour pass, and the monitor work until nothing is left. */
  settle: () => Promise<void>
  metrics: () => Promise<MetricRow[]>
  close: () => Promise<void>
}

/** `files` are the baselines' CSV files by name, line by line. The clock begins at `now`. */
export async function watchedModels(
  models: readonly ModelFile[],
  files: Readonly<Record<string, readonly string[]>>,
  now: number,
): Promise<WatchedModels> {
  const directory = await mkdtemp(join(tmpdir(), 'tidegauge-watched-'))
  for (const [name, lines] of Object.entries(files))
    await writeFile(join(directory, name), lines.join('\n'))
  const opened = await withStore('embedded')
  const { store } = opened
  const registry = await openModelRegistry(store)
  for (const file of models) await registry.put(file, 'file')
  const clock = new ManualClock(now)
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
  const { monitor } = createMonitorRole(shared, {
    store,
    now: () => new Date(clock.now()),
    fileDirectories: [directory],
    lookedAt: new Map(),
  })
  const work = async (): Promise<void> => {
    while (await monitor.tick());
  }
  return {
    opened,
    send: async (model, events) => {
      const lines = events.map((event) => JSON.stringify({ model, version: '1', ...event }))
      const body = Buffer.from(lines.join('\n'))
      const request = { body, idempotencyKey: null, backfill: true, models: null }
      const { rejected } = await ingest.intake.receive(request)
      if (rejected.length > 0) throw new Error(`rejected: ${JSON.stringify(rejected[0])}`)
    },
    settle: async () => {
      await work()
      clock.advance(3_600_000)
      await work()
    },
    metrics: () =>
      store.query({
        name: 'test-metrics',
        sql: `SELECT ${metricColumns} FROM metrics FINAL ORDER BY ALL`,
        params: {},
        toRow: toMetricRow,
      }),
    close: async () => {
      await ingest.close()
      await opened.close()
      await rm(directory, { recursive: true, force: true })
    },
  }
}
