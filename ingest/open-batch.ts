import type { ModelSpec } from '../core/model-spec.ts'
import type { RejectReason } from '../core/names.ts'
import { EventColumns, LabelColumns } from './event-columns.ts'

/** One refused record, as the dead letters keep it. */
export interface RejectedRecord {
  /** Place in the batch: the batch's first offset plus this is the record's offset in its source. */
  readonly place: number
  readonly model: string
  readonly reason: RejectReason
  readonly detail: string
  /** As sent, cut at the limit of one event. */
  readonly raw: string
}

/**
 * Everything that goes to the store together and is acknowledged together: events of any number of
 * models in columns, labels, and the records that were refused. Every record of the source takes
 * exactly one `place`, so the ledger can show that none is missing.
 */
export class OpenBatch {
  readonly openedAt: number
  readonly events = new Map<string, EventColumns>()
  readonly labels = new LabelColumns()
  readonly rejected: RejectedRecord[] = []
  records = 0
  bytes = 0

  /** `openedAt` on the monotonic clock, ms. */
  constructor(openedAt: number) {
    this.openedAt = openedAt
  }

  columnsOf(spec: ModelSpec): EventColumns {
    let columns = this.events.get(spec.model)
    if (columns === undefined) {
      columns = new EventColumns(spec)
      this.events.set(spec.model, columns)
    }
    return columns
  }

  /** Takes the place of the next record. */
  take(bytes: number): number {
    this.bytes += bytes
    return this.records++
  }
}
