import { createHash } from 'node:crypto'
import type { DeliveryRow } from '../store/queries/deliveries-row.ts'
import type { PartitionHalt } from '../store/queries/partition-halts-row.ts'
import type { AlertEvents } from './events.ts'
import type { Outbox } from './ports.ts'

/** What `alerts.operations` is told: deliveries of no model go to this action. */
export const operationsAction = 'operations'

/** What a receiver gets when a partition was halted, or goes on. */
export interface PartitionMessage {
  readonly type: 'tidegauge.partition.halted' | 'tidegauge.partition.released'
  /** ISO 8601: when it was halted or released. */
  readonly timestamp: string
  readonly data: {
    readonly source: string
    readonly topic: string
    readonly partition: number
    readonly state: PartitionHalt['state']
    readonly offset: number
    readonly exceeded: string
    readonly reason: string
    readonly detail: string
    readonly refused: number
    readonly seen: number
    readonly halted_at: string
    readonly released_by: string
  }
}

export interface PartitionAlertsDeps {
  /** Halts in force, and those that have changed since a time, epoch ms. */
  readonly halts: (changedFrom: number) => Promise<readonly PartitionHalt[]>
  readonly outbox: Pick<Outbox, 'find' | 'save'>
  readonly events: Pick<AlertEvents, 'planned'>
  /** Epoch ms. */
  readonly now: () => number
}

// What nobody was told of for so long, since no monitor ran or there was nobody to tell, is no news.
const newsMs = 86_400_000

/**
 * Puts into the outbox what is not there yet of partitions that were halted or go on. What is there is
 * known by its id, so that a restart, or a second monitor, tells nothing twice. Answers the work of
 * one look; it remembers what it has looked at.
 */
export function createPartitionAlerts(deps: PartitionAlertsDeps): () => Promise<void> {
  const known = new Map<string, number>()
  return async () => {
    const now = deps.now()
    for (const halt of await deps.halts(now - newsMs)) {
      const { source, topic, partition, changedAt } = halt
      const key = JSON.stringify([source, topic, partition])
      if (known.get(key) === changedAt) continue
      for (const delivery of partitionDeliveries(halt, now)) {
        if ((await deps.outbox.find(delivery.deliveryId)) !== undefined) continue
        await deps.outbox.save([delivery])
        deps.events.planned(delivery)
      }
      known.set(key, changedAt)
    }
  }
}

/** Everything there is to tell of a halt, in the order it must arrive. */
export function partitionDeliveries(halt: PartitionHalt, now: number): DeliveryRow[] {
  const { haltedAt, changedAt } = halt
  const halted = delivery(halt, { kind: 'halted', at: haltedAt, now })
  if (halt.state === 'halted') return [halted]
  return [halted, delivery(halt, { kind: 'released', at: changedAt, now: now + 1 })]
}

interface Told {
  readonly kind: 'halted' | 'released'
  readonly at: number
  readonly now: number
}

function delivery(halt: PartitionHalt, { kind, at, now }: Told): DeliveryRow {
  const { source, topic, partition, offset, haltedAt } = halt
  const identity = JSON.stringify([kind, source, topic, partition, offset, haltedAt])
  return {
    deliveryId: `msg_${createHash('sha256').update(identity).digest('hex').slice(0, 32)}`,
    model: '',
    monitor: 'partitions',
    action: operationsAction,
    transitionIds: [],
    state: 'pending',
    attempts: 0,
    nextAttemptAt: now,
    notAfter: null,
    body: JSON.stringify(message(halt, kind, at)),
    lastStatus: null,
    lastError: '',
    lastResponse: '',
    history: '[]',
    createdAt: now,
    deliveredAt: null,
    // Of the halt, not of now: planned by two monitors, it takes back nothing that one has delivered.
    changedAtUs: at * 1000,
  }
}

function message(halt: PartitionHalt, kind: Told['kind'], at: number): PartitionMessage {
  const { source, topic, partition, offset, exceeded, reason, detail, refused, seen } = halt
  const over = kind === 'released'
  return {
    type: `tidegauge.partition.${kind}`,
    timestamp: new Date(at).toISOString(),
    data: {
      ...{ source, topic, partition, state: over ? halt.state : 'halted', offset, exceeded },
      ...{ reason, detail: detail.slice(0, 2000), refused, seen },
      halted_at: new Date(halt.haltedAt).toISOString(),
      released_by: over ? halt.releasedBy : '',
    },
  }
}
