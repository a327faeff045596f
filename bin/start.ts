import { setTimeout as sleep } from 'node:timers/promises'
import { Registry } from 'prom-client'
import type { Listener } from '../api/listen.ts'
import { systemClock } from '../core/clock.ts'
import type { Config } from '../core/config.ts'
import type { Logger } from '../core/log.ts'
import type { BaselineDeps } from '../monitor/baselines.ts'
import { openStore, type StoreOptions } from '../store/client.ts'
import { migrate } from '../store/migrate.ts'
import { openModelRegistry } from '../store/model-registry.ts'
import { startApi } from './api-role.ts'
import { every } from './every.ts'
import { createIngestRole, type IngestRole } from './ingest-role.ts'
import { modelFiles } from './model-files.ts'
import { monitorOwnership, type MonitorOwnership } from './monitor-ownership.ts'
import { createMonitorRole } from './monitor-role.ts'
import { declareProcessMetrics } from './process-metrics.ts'
import type { Shared } from './shared.ts'
import { createStoreMetrics, type StoreMetrics } from './store-metrics.ts'
import { version } from './version.ts'

/** A running Tidegauge. */
export interface Service {
  /** Where it answers: the API, or without that role what its other roles have to say. */
  readonly url: string
  /** Rejects when a part has died of a bug: the process should end and be started again. */
  readonly failed: Promise<never>
  /** Answers what is in flight, writes what is open, and closes the store. */
  readonly stop: () => Promise<void>
}

/** How long giving models away may take, ms. */
const leaveMs = 5_000

/** How often the disks and the clock of the store are looked at, ms. */
const storeLookMs = 15_000

/** How often model files, and models that other instances have stored, are looked for, ms. */
const modelScanMs = 2_000

export function storeOptions({ store }: Config): StoreOptions {
  const { url, cluster, password } = store
  return {
    database: store.database,
    timeoutMs: store.timeoutMs,
    ...(url === undefined ? { path: store.path } : { url, username: store.username }),
    ...(password === undefined ? {} : { password: password.reveal() }),
    ...(cluster === undefined ? {} : { cluster }),
  }
}

/** Starts the roles the configuration names, in the order of the data; stops them the other way round. */
export async function startService(config: Config, log: Logger): Promise<Service> {
  const opened = await openShared(config, log)
  const stopping = new AbortController()
  const loops: Promise<void>[] = []
  try {
    return await startParts(opened, stopping, loops)
  } catch (error) {
    // What runs already would keep a process that was refused, half started, for ever.
    stopping.abort()
    await Promise.race([Promise.allSettled(loops), sleep(leaveMs, undefined, { ref: false })])
    await opened.shared.store.close()
    throw error
  }
}

async function startParts(
  { shared, storeMetrics }: Opened,
  stopping: AbortController,
  loops: Promise<void>[],
): Promise<Service> {
  const { config, log } = shared
  const files = modelFiles(shared)
  await files.scan()

  const scan = async (): Promise<void> => {
    await shared.registry.refresh()
    await files.scan()
  }
  const { signal } = stopping
  loops.push(
    every(modelScanMs, scan, { signal, log, what: 'read or store models' }),
    every(storeLookMs, storeMetrics.look, { signal, log, what: 'look at the store' }),
  )

  const baselines: BaselineDeps = {
    store: shared.store,
    now: () => new Date(shared.clock.now()),
    fileDirectories: config.files.directories,
    lookedAt: new Map(),
  }
  let tickedAt: number | null = null
  let ownership: MonitorOwnership | null = null
  const failures: Promise<never>[] = []
  if (config.roles.includes('monitor')) {
    ownership = monitorOwnership(shared)
    const { monitor, deliverer, run } = createMonitorRole(shared, baselines, ownership.owns)
    if (ownership.failed !== null) failures.push(ownership.failed)
    tickedAt = shared.clock.monotonic()
    const onTick = (): void => {
      tickedAt = shared.clock.monotonic()
    }
    loops.push(
      monitor.run(stopping.signal, onTick),
      deliverer.run(stopping.signal),
      run(stopping.signal),
    )
  }
  const ingest = config.roles.includes('ingest') ? createIngestRole(shared) : null
  const intake = ingest?.intake ?? null
  if (ingest !== null) loops.push(ingest.run(stopping.signal))
  const health = { monitorTickedAt: () => tickedAt, kafka: () => ingest?.kafka() ?? [] }
  const listener = await startApi({ ...shared, intake, baselines, health })
  // Last: what stands in the way of starting must not cost a group its balance.
  if (ingest !== null) failures.push(ingest.readKafka().failed)
  return {
    url: listener.url,
    failed: firstFailure([...loops, ...failures]),
    stop: () => stop({ shared, stopping, loops, ownership, ingest, listener }),
  }
}

interface Opened {
  readonly shared: Shared
  readonly storeMetrics: StoreMetrics
}

async function openShared(config: Config, log: Logger): Promise<Opened> {
  const store = await openStore(storeOptions(config))
  await migrate(store)
  const prometheus = new Registry()
  declareProcessMetrics(prometheus)
  const clock = systemClock
  const storeMetrics = createStoreMetrics(prometheus, { store, clock })
  await storeMetrics.look()
  const observed = storeMetrics.observed(store)
  const registry = await openModelRegistry(observed)
  const shared = { config, version, store: observed, clock, registry, prometheus, log }
  return { shared, storeMetrics }
}

interface Running {
  readonly shared: Shared
  readonly stopping: AbortController
  readonly loops: readonly Promise<void>[]
  readonly ownership: MonitorOwnership | null
  readonly ingest: IngestRole | null
  readonly listener: Listener
}

async function stop({
  shared,
  stopping,
  loops,
  ownership,
  ingest,
  listener,
}: Running): Promise<void> {
  const { shutdownTimeoutMs } = shared.config.server
  stopping.abort()
  // Requests in flight wait for their batch, and the batch for nobody: both at once.
  await Promise.all([listener.close(shutdownTimeoutMs), ingest?.close()])
  await Promise.allSettled(loops)
  // A group that is being shared out anew may let go late; it notices by itself that a member is gone.
  await Promise.race([ownership?.leave(), sleep(leaveMs, undefined, { ref: false })])
  await shared.store.close()
}

/** Rejects with the first loop that does; loops that end well do not count. */
function firstFailure(loops: readonly Promise<void>[]): Promise<never> {
  const failed = new Promise<never>((_, reject) => {
    for (const loop of loops) loop.catch(reject)
  })
  // Whoever starts a service need not listen before something fails.
  failed.catch(() => undefined)
  return failed
}
