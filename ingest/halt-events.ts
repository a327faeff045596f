import type { Logger } from 'pino'
import { Gauge, type Registry } from 'prom-client'
import type { PartitionHalt, PartitionName } from '../store/queries/partition-halts-row.ts'

/** What happens when too much of a partition is refused, each happening one function. */
export interface HaltEvents {
  /** The gauge is computed when it is read. */
  observe: (halted: () => readonly PartitionName[]) => void
  halted: (halt: PartitionHalt) => void
  released: (halt: PartitionHalt) => void
  resumed: (halt: PartitionHalt) => void
}

/** `labelLimit`: partitions with label values of their own. */
export function createHaltEvents(registry: Registry, log: Logger, labelLimit: number): HaltEvents {
  let halted: () => readonly PartitionName[] = () => []
  const gauge: Gauge = new Gauge({
    name: 'tidegauge_ingest_partition_halted',
    help: '1 for each partition that this instance has halted because too much of it was refused; `_other` counts those beyond the limit of labels. Nothing of it is lost or read: docs/how-to/dead-letters.md has the ways on.',
    labelNames: ['source', 'topic', 'partition'],
    registers: [registry],
    collect: () => {
      gauge.reset()
      halted().forEach(({ source, topic, partition }, index) => {
        if (index < labelLimit) gauge.set({ source, topic, partition }, 1)
        else gauge.inc({ source: '_other', topic: '_other', partition: '_other' })
      })
    },
  })
  return {
    observe: (facts) => {
      halted = facts
    },
    halted: (halt) => {
      log.error(
        haltFacts(halt),
        'partition halted: too much of it is refused. Mend the decoding and restart, or the producer and release it: tidegauge partitions',
      )
    },
    released: (halt) => {
      log.warn(
        { ...haltFacts(halt), releasedBy: halt.releasedBy },
        'partition released: what is refused becomes dead letters until a message is accepted',
      )
    },
    resumed: (halt) => {
      log.info(haltFacts(halt), 'partition goes on: a message was accepted again')
    },
  }
}

const haltFacts = (halt: PartitionHalt) => ({
  source: halt.source,
  topic: halt.topic,
  partition: halt.partition,
  offset: halt.offset,
  exceeded: halt.exceeded,
  reason: halt.reason,
  detail: halt.detail,
  refused: halt.refused,
  seen: halt.seen,
})
