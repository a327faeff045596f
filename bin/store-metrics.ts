import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import type { Clock } from '../core/clock.ts'
import { AppError } from '../core/errors.ts'
import type { Store } from '../store/client.ts'
import { diskSpace } from '../store/queries/disk-space.ts'
import { storeTime } from '../store/queries/store-time.ts'

const operations = ['query', 'command', 'insert', 'load'] as const
type Operation = (typeof operations)[number]

/** What this process sees of its store. */
export interface StoreMetrics {
  /** The same store, its calls counted and timed. */
  readonly observed: (store: Store) => Store
  /** Disks and clock of the store, as of now. Throws what the store throws. */
  readonly look: () => Promise<void>
}

function declareMetrics(registry: Registry) {
  const registers = [registry]
  return {
    seconds: new Histogram({
      name: 'tidegauge_store_request_seconds',
      help: 'Time the store takes to answer, failures included. Inserts above a second: it merges too much or its disk is slow.',
      labelNames: ['operation'],
      buckets: [0.005, 0.02, 0.1, 0.5, 1, 2.5, 5, 10, 30, 60],
      registers,
    }),
    failures: new Counter({
      name: 'tidegauge_store_failures_total',
      help: 'Calls that failed. STORE_UNAVAILABLE is tried again and means that ClickHouse is away, full or overloaded; STORE_REJECTED is not, the log says why.',
      labelNames: ['operation', 'code'],
      registers,
    }),
    free: new Gauge({
      name: 'tidegauge_store_disk_free_bytes',
      help: 'Space left on a disk of the store. Below 15 % of its size merges may stop: add space or shorten retention.',
      labelNames: ['disk'],
      registers,
    }),
    size: new Gauge({
      name: 'tidegauge_store_disk_size_bytes',
      help: 'Size of a disk of the store. A server that does not let its user read system.disks shows none.',
      labelNames: ['disk'],
      registers,
    }),
    skew: new Gauge({
      name: 'tidegauge_store_clock_skew_seconds',
      help: 'How far the clock of the store is ahead of this host. Beyond some seconds: mend time synchronisation, or windows close too early or late.',
      registers,
    }),
  }
}

export function createStoreMetrics(
  registry: Registry,
  deps: { readonly store: Store; readonly clock: Clock },
): StoreMetrics {
  const metrics = declareMetrics(registry)
  for (const operation of operations)
    for (const code of ['STORE_UNAVAILABLE', 'STORE_REJECTED'])
      metrics.failures.inc({ operation, code }, 0)

  const timed = async <T>(operation: Operation, call: () => Promise<T>): Promise<T> => {
    const stop = metrics.seconds.startTimer({ operation })
    try {
      return await call()
    } catch (error) {
      if (error instanceof AppError) metrics.failures.inc({ operation, code: error.code })
      throw error
    } finally {
      stop()
    }
  }
  return {
    observed: (store) => ({
      ...store,
      query: (query) => timed('query', () => store.query(query)),
      command: (statement) => timed('command', () => store.command(statement)),
      insertArrow: (insert) => timed('insert', () => store.insertArrow(insert)),
      insertFile: (load) => timed('load', () => store.insertFile(load)),
    }),
    look: async () => {
      metrics.skew.set((await clockSkewMs(deps.store, deps.clock)) / 1000)
      const disks = await readableDisks(deps.store)
      metrics.free.reset()
      metrics.size.reset()
      for (const { disk, freeBytes, sizeBytes } of disks) {
        metrics.free.set({ disk }, freeBytes)
        metrics.size.set({ disk }, sizeBytes)
      }
    },
  }
}

/** How far the store's clock is ahead of this host's, ms: read half-way between asking and answer. */
export async function clockSkewMs(store: Pick<Store, 'query'>, clock: Clock): Promise<number> {
  const asked = clock.now()
  const [there = asked] = await store.query(storeTime())
  return there - (asked + clock.now()) / 2
}

/** Empty where the user of a server may not read them. */
export async function readableDisks(
  store: Pick<Store, 'query'>,
): Promise<{ disk: string; freeBytes: number; sizeBytes: number }[]> {
  try {
    return await store.query(diskSpace())
  } catch (error) {
    if (error instanceof AppError && error.code === 'STORE_REJECTED') return []
    throw error
  }
}
