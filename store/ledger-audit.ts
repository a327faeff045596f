/** Offsets `first` to `last`, both included, of one or more batches that were stored. */
export interface OffsetInterval {
  readonly source: string
  readonly topic: string
  readonly partition: number
  readonly first: number
  readonly last: number
  readonly batches: number
  readonly counts: LedgerCounts
}

/** What batches say that their messages have become. A replay counts again. */
export interface LedgerCounts {
  /** Messages, one an offset. */
  readonly messages: number
  /** Of them stored as events or labels, */
  readonly taken: number
  /** kept as dead letters, */
  readonly rejected: number
  /** stored to wait for their other half, */
  readonly held: number
  /** and passed over by rule. */
  readonly skipped: number
  /** Offsets without a message: transaction markers, or what compaction has taken. */
  readonly absent: number
  /** Offsets whose messages retention deleted before they were read. */
  readonly lost: number
  /** Offsets of all batches. */
  readonly offsets: number
  readonly rows: number
  readonly labels: number
}

const noCounts: LedgerCounts = {
  messages: 0,
  taken: 0,
  rejected: 0,
  held: 0,
  skipped: 0,
  absent: 0,
  lost: 0,
  offsets: 0,
  rows: 0,
  labels: 0,
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
  readonly counts: LedgerCounts
  /** Every offset of every batch is a message or explained, and every message has become something. */
  readonly balanced: boolean
  /** No hole, and balanced. What retention took is no hole, but it is lost. */
  readonly complete: boolean
}

export interface OffsetRange {
  readonly from: number
  readonly to: number
}

export interface LedgerAudit {
  /** No partition has a hole or an account that does not add up. */
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
  const counts = group.reduce((sum, interval) => added(sum, interval.counts), noCounts)
  const balanced = addsUp(counts)
  return {
    source,
    topic,
    partition,
    intervals: merged,
    holes,
    batches: group.reduce((sum, { batches }) => sum + batches, 0),
    counts,
    balanced,
    complete: balanced && holes.length === 0,
  }
}

function added(a: LedgerCounts, b: LedgerCounts): LedgerCounts {
  const keys = Object.keys(noCounts) as (keyof LedgerCounts)[]
  return Object.fromEntries(keys.map((key) => [key, a[key] + b[key]])) as unknown as LedgerCounts
}

function addsUp(counts: LedgerCounts): boolean {
  const { messages, taken, rejected, held, skipped, absent, lost, offsets } = counts
  return offsets === messages + absent + lost && messages === taken + rejected + held + skipped
}

const bySeries = (a: PartitionAudit, b: PartitionAudit): number =>
  compare(a.source, b.source) || compare(a.topic, b.topic) || a.partition - b.partition

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
