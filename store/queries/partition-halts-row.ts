/** What has become of a halt: still in force, released by somebody, or over since a message was accepted. */
export const haltStates = ['halted', 'released', 'resumed'] as const
export type HaltState = (typeof haltStates)[number]

/** A partition as the ledger and the dead letters name it. */
export interface PartitionName {
  readonly source: string
  /** The topic; `topic@1` once it was made anew. */
  readonly topic: string
  readonly partition: number
}

/** One row of table `partition_halts`: the last halt of a partition. Times are epoch ms. */
export interface PartitionHalt extends PartitionName {
  readonly state: HaltState
  /** The first message that was not taken. */
  readonly offset: number
  /** The limit that was exceeded. */
  readonly exceeded: string
  /** Why the message at `offset` is refused. */
  readonly reason: string
  readonly detail: string
  /** Of the last `seen` messages, the one at `offset` among them. */
  readonly refused: number
  readonly seen: number
  /** '' where nobody released it. */
  readonly releasedBy: string
  readonly haltedAt: number
  readonly changedAt: number
}

/** The select list that `toPartitionHalt` understands. */
export const haltColumns = `
  source, topic, partition, state, offset, exceeded, reason, detail, refused, seen, released_by,
  toUnixTimestamp64Milli(halted_at) AS halted_ms,
  toUnixTimestamp64Milli(changed_at) AS changed_ms`

export function toPartitionHalt(raw: Readonly<Record<string, unknown>>): PartitionHalt {
  return {
    source: String(raw['source']),
    topic: String(raw['topic']),
    partition: Number(raw['partition']),
    state: raw['state'] as HaltState,
    offset: Number(raw['offset']),
    exceeded: String(raw['exceeded']),
    reason: String(raw['reason']),
    detail: String(raw['detail']),
    refused: Number(raw['refused']),
    seen: Number(raw['seen']),
    releasedBy: String(raw['released_by']),
    haltedAt: Number(raw['halted_ms']),
    changedAt: Number(raw['changed_ms']),
  }
}
