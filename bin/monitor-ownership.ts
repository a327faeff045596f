import { environment } from '../core/config.ts'
import { resolveSecret } from '../core/secrets.ts'
import { joinControlGroup } from '../ingest/sources/kafka-sources.ts'
import { ownsEverything, ownsPartitions, ownsShard, type Ownership } from '../monitor/ownership.ts'
import type { Shared } from './shared.ts'

/** Which models the monitor of this process has, by what the configuration says. */
export interface MonitorOwnership {
  readonly owns: Ownership
  /** Rejects when the group that shares the models out cannot be joined any more; null without one. */
  readonly failed: Promise<never> | null
  /** Gives the models away. */
  readonly leave: () => Promise<void>
}

export function monitorOwnership({ config, clock, log }: Shared): MonitorOwnership {
  const { shard, control } = config.monitor
  if (control !== undefined) {
    const secret = (reference: string): string => resolveSecret(reference, environment()).reveal()
    const group = joinControlGroup(config.kafka, control, { secret, clock, log })
    return {
      owns: ownsPartitions(group.count, group.assigned),
      failed: group.failure,
      leave: () => group.leave(),
    }
  }
  return {
    owns: shard === undefined ? ownsEverything : ownsShard(shardOf(shard)),
    failed: null,
    leave: async () => undefined,
  }
}

/** `0/3` */
function shardOf(text: string): { index: number; count: number } {
  const [index = 0, count = 1] = text.split('/').map(Number)
  return { index, count }
}
