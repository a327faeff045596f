import { Registry } from 'prom-client'
import { createIngestRole } from '../../bin/ingest-role.ts'
import { createMonitorRole } from '../../bin/monitor-role.ts'
import type { Shared } from '../../bin/shared.ts'
import { loadConfig } from '../../core/config.ts'
import { AppError } from '../../core/errors.ts'
import { createLogger } from '../../core/log.ts'
import type { ModelFile } from '../../core/model-spec.ts'
import type { Monitor } from '../../monitor/monitor.ts'
import type { Store } from '../../store/client.ts'
import { openModelRegistry } from '../../store/model-registry.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { withStore, type TestStore } from '../support/store.ts'
import { hour, streamHours, streamStart, type StreamEvent } from './stream.ts'

/** Intake and monitor of the service over a database of their own, and a clock that a test moves. */
export interface MonitoredStore {
  readonly opened: TestStore
  /** Sends one request, which is a batch of its own. */
  send: (events: readonly StreamEvent[]) => Promise<void>
  /** Lets time pass until every window is closed, and the monitor work until nothing is left. */
  settle: () => Promise<void>
  /** The monitor dies; another takes its place and knows what is stored. */
  restartMonitor: () => void
}

/** Failures of the store, as the monitor meets them. */
export interface Faults {
  readonly wrap: (store: Store) => Store
  /** So many calls have failed. */
  readonly count: () => number
  /** Whether a monitor that met one ends. */
  readonly isFatal: () => boolean
}

const noFaults: Faults = { wrap: (store) => store, count: () => 0, isFatal: () => false }

export async function monitoredStore(
  file: ModelFile,
  files: string,
  faults: Faults = noFaults,
): Promise<MonitoredStore> {
  const opened = await withStore('embedded')
  const clock = new ManualClock(streamStart + (streamHours + 1) * hour)
  const registry = await openModelRegistry(opened.store)
  await registry.put(file, 'file')
  const shared: Shared = {
    // One row fills a batch: a request is written at once, and no timer of real time takes part.
    config: loadConfig({
      env: { TIDEGAUGE__INGEST__BATCH__ROWS: '1', TIDEGAUGE__FILES__DIRECTORIES: files },
    }),
    version: 'test',
    store: opened.store,
    clock,
    registry,
    prometheus: new Registry(),
    log: createLogger({ level: 'fatal', format: 'json' }),
  }
  const intake = createIngestRole(shared).intake
  const newMonitor = (): Monitor => {
    const now = (): Date => new Date(clock.now())
    const store = faults.wrap(opened.store)
    const baselines = { store, now, fileDirectories: [files], lookedAt: new Map<string, number>() }
    return createMonitorRole({ ...shared, store, prometheus: new Registry() }, baselines).monitor
  }
  let monitor = newMonitor()
  const work = async (): Promise<void> => {
    for (;;) {
      const before = faults.count()
      const worked = await monitor.tick().catch(tolerate)
      const failed = faults.count() > before
      if (failed && faults.isFatal()) monitor = newMonitor()
      if (!worked && !failed) return
    }
  }
  return {
    opened,
    send: async (events) => {
      const body = Buffer.from(events.map(({ line }) => line).join('\n'))
      const request = { body, idempotencyKey: null, backfill: false, models: null }
      const { rejected } = await intake.receive(request)
      if (rejected.length > 0) throw new Error(`rejected: ${JSON.stringify(rejected[0])}`)
    },
    settle: async () => {
      await work()
      clock.advance(hour)
      await work()
    },
    restartMonitor: () => {
      monitor = newMonitor()
    },
  }
}

/** The service, too, tries again when the store is away. */
function tolerate(error: unknown): boolean {
  if (!(error instanceof AppError) || !error.retryable) throw error
  return true
}
