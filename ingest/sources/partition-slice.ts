import type { Message } from '../formats/decoder.ts'

/** A partition as the ledger names it. */
export interface Partition {
  /** `kafka:<cluster>`. */
  readonly source: string
  /** The topic; `topic@1` once it was deleted and made anew, `@2` the next time. */
  readonly stream: string
  readonly topic: string
  readonly partition: number
}

/** Why a run of offsets holds no message. */
export type Absence =
  /** The broker deleted them before they were read: these messages are lost. */
  | 'retention'
  /** Transaction markers, aborted messages, or keys that compaction has taken: nothing is lost. */
  | 'compaction'

export interface OffsetMessage extends Message {
  readonly offset: number
}

/**
 * A bounded run of one partition in offset order. It stands for every offset from `first` to `last`,
 * also where there is no message: `absent` says why not.
 */
export interface PartitionSlice extends Partition {
  readonly first: number
  readonly last: number
  readonly messages: readonly OffsetMessage[]
  readonly absent: Absence
  /** Name of the decoding of its topic. */
  readonly decoding: string
  /** History may be as old as it likes. */
  readonly backfill: boolean
}

/**
 * Takes slices. Resolves once everything of the slice is durable, ledger row included: only then may
 * its offsets be committed. Rejects with a retryable AppError where the store stayed away: the slice
 * is to be offered again. Waits as long as it takes; back-pressure is this promise staying open.
 */
export interface SliceSink {
  readonly receive: (slice: PartitionSlice) => Promise<void>
}
