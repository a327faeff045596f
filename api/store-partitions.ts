import { AppError } from '../core/errors.ts'
import type { Store } from '../store/client.ts'
import { changedHalt, insertPartitionHalt } from '../store/insert-partition-halt.ts'
import { partitionHaltOf } from '../store/queries/partition-halt-of.ts'
import { partitionHaltsList } from '../store/queries/partition-halts-list.ts'
import type { Partitions } from './ports.ts'

const mostListed = 10_000

/** Halted partitions in table `partition_halts`, where the ingest instances look for releases. */
export const storePartitions = (
  store: Pick<Store, 'query' | 'command'>,
  clock: { now: () => number },
): Partitions => ({
  list: () => store.query(partitionHaltsList({ changedFrom: 0, limit: mostListed })),
  release: async (name, by) => {
    const [halt] = await store.query(partitionHaltOf(name))
    if (halt === undefined || halt.state === 'resumed') {
      const { source, topic, partition } = name
      const where = `${source}, ${topic}, partition ${partition}`
      throw new AppError('PARTITION_NOT_HALTED', `${where} is not halted`)
    }
    if (halt.state === 'released') return halt
    const released = changedHalt(halt, { state: 'released', releasedBy: by }, clock.now())
    await insertPartitionHalt(store, released)
    return released
  },
})
