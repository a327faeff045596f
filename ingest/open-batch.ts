import type { ModelSpec } from '../core/model-spec.ts'
import { TraceLinks } from '../core/tracing.ts'
import { EventColumns, LabelColumns } from './event-columns.ts'
import type { Half } from './formats/decoder.ts'
import type { MessageToRead } from './message-reader.ts'
import type { Rejection } from './rejection.ts'
import { Segment, type Origin } from './segment.ts'

/** A message as it came, to be kept where it cannot be stored as events. */
export interface OriginalMessage {
  readonly raw: Buffer
  /** JSON of the headers it came with; '' without any. */
  readonly headers: string
  /** The decoding that it was read by; '' for native records. */
  readonly decoding: string
  /** Id of its first event where the message gives none. */
  readonly fallbackId: string
  /** Epoch ms: when it was sent, or received where the source does not say. */
  readonly timestamp: number
}

/** Where in its batch something came. */
export interface BatchPlace {
  readonly segment: Segment
  readonly place: number
}

/** One refused message, as the dead letters keep it. */
export interface RefusedMessage extends BatchPlace, OriginalMessage {
  readonly model: string
  readonly rejection: Rejection
}

/** Half of an inference that may complete another half, or has to wait for it. */
export interface HeldMessage extends BatchPlace {
  readonly half: Half
  readonly to: MessageToRead
}

/**
 * Everything that goes to the store together and is acknowledged together: events of any number of
 * models in columns, labels, and what was refused. Every message takes exactly one place in its
 * segment, so the ledger can show that none is missing.
 */
export class OpenBatch {
  readonly openedAt: number
  readonly events = new Map<string, EventColumns>()
  readonly labels = new LabelColumns()
  readonly refused: RefusedMessage[] = []
  readonly held: HeldMessage[] = []
  readonly segments: Segment[] = []
  /** Where its messages come from, for those who follow them. */
  readonly traces = new TraceLinks()
  /** Messages and gaps taken so far. */
  places = 0
  bytes = 0
  #segment: Segment | null = null
  #place = -1

  /** `openedAt` on the monotonic clock, ms. */
  constructor(openedAt: number) {
    this.openedAt = openedAt
  }

  /** What follows comes from here on: it goes on the segment before it where their offsets join. */
  enter(origin: Origin, first: number): Segment {
    const before = this.segments.findLast((segment) => sameOrigin(segment.origin, origin))
    if (before !== undefined && before.first + before.places === first) this.#segment = before
    else {
      this.#segment = new Segment(origin, first)
      this.segments.push(this.#segment)
    }
    return this.#segment
  }

  /** Goes to the place of the next message, which `done` then takes. */
  next(): void {
    this.#place = this.segment.places
  }

  /** The message at this place is in the batch, whatever has become of it. */
  done(): void {
    this.segment.places++
    this.places++
  }

  /** Goes back to a message, to write what has become of it. */
  at({ segment, place }: BatchPlace): void {
    this.#segment = segment
    this.#place = place
  }

  /** Offsets that no message has; nothing is kept of them but their number. */
  pass(count: number, why: 'absent' | 'lost'): void {
    this.segment.places += count
    this.segment[why] += count
    this.places++
  }

  skip(): void {
    this.segment.skipped++
  }

  refuse(rejection: Rejection & { readonly model: string }, original: OriginalMessage): void {
    const { model } = rejection
    this.segment.refused++
    this.bytes += original.raw.length
    this.refused.push({ ...this.here, ...original, model, rejection })
  }

  /** Undoes the refusal that was written last: its message will come once more. */
  takeBack(): void {
    const last = this.refused.pop()
    if (last === undefined) throw new RangeError('the batch holds no refusal')
    last.segment.refused--
    this.bytes -= last.raw.length
  }

  hold(half: Half, to: MessageToRead): void {
    this.segment.held++
    this.bytes += to.message.value?.length ?? 0
    this.held.push({ ...this.here, half, to })
  }

  /** Both halves of an inference are there: what becomes of it is told at the place of this one. */
  release(message: BatchPlace): void {
    this.at(message)
    this.segment.held--
  }

  get segment(): Segment {
    if (this.#segment === null) throw new RangeError('the batch has no segment yet')
    return this.#segment
  }

  get here(): BatchPlace {
    return { segment: this.segment, place: this.#place }
  }

  /** The columns of a model, at the current place. */
  columnsOf(spec: ModelSpec): EventColumns {
    let columns = this.events.get(spec.model)
    if (columns === undefined) {
      columns = new EventColumns(spec)
      this.events.set(spec.model, columns)
    }
    columns.enter(this.segment, this.#place)
    return columns
  }
}

const sameOrigin = (a: Origin, b: Origin): boolean =>
  a === b || (a.source === b.source && a.topic === b.topic && a.partition === b.partition)
