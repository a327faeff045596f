import type { RejectReason } from '../../core/names.ts'

/** One record of a file: a native event or label as JSON text, or what stands in the file instead. */
export interface FileRecord {
  readonly text: string
  /** Line of a text file or row of a table, from 1, for messages. */
  readonly place: number
  /** Set where the file itself is damaged here: `text` is then what was found. */
  readonly problem: { readonly reason: RejectReason; readonly detail: string } | null
}

export interface RecordChunk {
  readonly records: readonly FileRecord[]
  /** How far into the file this chunk reaches, in the units of `total`. */
  readonly done: number
}

/** The records of one file, in an order that is the same each time it is read. */
export interface FileRecords {
  readonly total: number
  readonly unit: 'bytes' | 'rows'
  /** What a record's `place` counts. */
  readonly places: 'line' | 'row'
  /** May be called once. Holds no more than the chunk it is at. */
  readonly chunks: () => AsyncGenerator<RecordChunk>
}
