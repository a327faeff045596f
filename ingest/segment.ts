/** Where messages come from: offsets count within it, and the ledger keeps account of them. */
export interface Origin {
  readonly source: string
  readonly topic: string
  readonly partition: number
}

/** What a segment holds of one model. */
export interface Touched {
  rows: number
  labels: number
  /** Epoch ms; -Infinity where there are only labels. */
  maxEventTime: number
  /** Starts of the base windows that its events fall into, epoch ms. */
  readonly windows: Set<number>
}

/**
 * What one origin gave to a batch, a run of offsets without a hole: one row of the ledger. Each offset
 * is one message that was taken (stored as events or labels), refused (a dead letter), held (waits for
 * its other half) or skipped; or there is none: `absent` by compaction, `lost` to retention.
 */
export class Segment {
  readonly origin: Origin
  /** The offset of place 0. */
  first: number
  /** Offsets that it stands for. */
  places = 0
  refused = 0
  held = 0
  skipped = 0
  absent = 0
  lost = 0
  readonly touched = new Map<string, Touched>()

  constructor(origin: Origin, first: number) {
    this.origin = origin
    this.first = first
  }

  get last(): number {
    return this.first + this.places - 1
  }

  get messages(): number {
    return this.places - this.absent - this.lost
  }

  get taken(): number {
    return this.messages - this.refused - this.held - this.skipped
  }

  touch(model: string): Touched {
    let touched = this.touched.get(model)
    if (touched === undefined) {
      touched = { rows: 0, labels: 0, maxEventTime: Number.NEGATIVE_INFINITY, windows: new Set() }
      this.touched.set(model, touched)
    }
    return touched
  }
}
