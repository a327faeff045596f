/** Offsets `first` to `last`, both included, of one or more batches that were stored. */
export interface OffsetInterval {
  readonly source: string
  readonly topic: string
  readonly partition: number
  readonly first: number
  readonly last: number
  readonly rows: number
  readonly labels: number
  readonly rejected: number
  readonly batches: number
}

export interface PartitionAudit {
  readonly source: string
  readonly topic: string
  readonly partition: number
  /** Offsets covered without a hole, ascending; both ends included. */
  readonly intervals: readonly OffsetRange[]
  /** Offsets between them that no batch covers. */
  readonly holes: readonly OffsetRange[]
  readonly batches: number
  /** Rows written. A replay writes its rows again, so this may exceed what is kept. */
  readonly rows: number
  readonly labels: number
  readonly rejected: number
  readonly complete: boolean
}

export interface OffsetRange {
  readonly from: number
  readonly to: number
}

export interface LedgerAudit {
  /** No partition has a hole. */
  readonly complete: boolean
  readonly partitions: readonly PartitionAudit[]
}

/**
 * Proves from batches, in any order, which offsets were stored. Overlaps are normal: after a crash
 * a partition is read again from its last commit. What precedes the first batch is no hole, since a
 * topic's retention starts where it likes.
 */
export function auditIntervals(intervals: readonly OffsetInterval[]): LedgerAudit {
  const groups = new Map<string, OffsetInterval[]>()
  for (const interval of intervals) {
    const key = JSON.stringify([interval.source, interval.topic, interval.partition])
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [interval])
    else group.push(interval)
  }
  const partitions = [...groups.values()].map(auditPartition).sort(bySeries)
  return { complete: partitions.every(({ complete }) => complete), partitions }
}

function auditPartition(group: readonly OffsetInterval[]): PartitionAudit {
  const [{ source, topic, partition }] = group as [OffsetInterval]
  const merged: { from: number; to: number }[] = []
  for (const { first, last } of [...group].sort((a, b) => a.first - b.first)) {
    const run = merged.at(-1)
    if (run !== undefined && first <= run.to + 1) run.to = Math.max(run.to, last)
    else merged.push({ from: first, to: last })
  }
  const holes = merged
    .slice(1)
    .map(({ from }, at) => ({ from: (merged[at]?.to ?? from) + 1, to: from - 1 }))
  const total = (count: (interval: OffsetInterval) => number): number =>
    group.reduce((sum, interval) => sum + count(interval), 0)
  return {
    source,
    topic,
    partition,
    intervals: merged,
    holes,
    batches: total(({ batches }) => batches),
    rows: total(({ rows }) => rows),
    labels: total(({ labels }) => labels),
    rejected: total(({ rejected }) => rejected),
    complete: holes.length === 0,
  }
}

const bySeries = (a: PartitionAudit, b: PartitionAudit): number =>
  compare(a.source, b.source) || compare(a.topic, b.topic) || a.partition - b.partition

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
