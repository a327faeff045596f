import type { RejectReason } from '../../core/names.ts'
import type { Rejection } from '../rejection.ts'
import type { RawRecord } from './native.ts'

/** One message as a source hands it over, before anybody knows what is in it. */
export interface Message {
  /** Null: a tombstone, which deletes a key of a compacted topic. */
  readonly value: Buffer | null
  /** Names in lower case; of a header that comes more than once, the last. */
  readonly headers: ReadonlyMap<string, string>
  /** When the source says it was sent, epoch ms: the instant of an event that brings none. */
  readonly timestamp: number
  /** The Kafka topic; '' over HTTP. */
  readonly topic: string
}

/** What a message turned out to hold. */
export type Decoded =
  /** Native events and labels, in order. */
  | { readonly kind: 'records'; readonly records: readonly RawRecord[] }
  /** A request or a response, worth an event once the other one is there. */
  | { readonly kind: 'half'; readonly half: Half }
  /** Nothing a monitor could count, by rule and not by damage. */
  | { readonly kind: 'skipped'; readonly reason: SkipReason }
  | { readonly kind: 'rejected'; readonly rejection: Rejection }

export const skipReasons = [
  /** An error message or a metadata topic of the serving system. */
  'not_inference',
  /** A response where only requests are paired with nothing, or the other way round. */
  'unwanted_half',
] as const
export type SkipReason = (typeof skipReasons)[number]

/**
 * Turns messages of one wire format into native records. Total: damage is a rejection, never an
 * exception. The one thing that may throw is an AppError that says `retryable`, where something the
 * decoder needs is away (a schema registry): the message is then offered again later.
 */
export interface Decoder {
  readonly decode: (message: Message) => Decoded | Promise<Decoded>
  /**
   * Fetches what decoding this message needs from elsewhere, so that `decode` need not wait for it; null
   * where it is there. Throws as `decode` does.
   */
  readonly prepare?: (message: Message) => Promise<unknown> | null
}

/** A decoder that needs nothing but the message, and so never waits. */
export interface PureDecoder extends Decoder {
  readonly decode: (message: Message) => Decoded
}

/** One row of a request: features by name. */
export type FeatureRow = Readonly<Record<string, unknown>>

/** One row of a response, in the terms of a native event. */
export interface OutputRow {
  readonly prediction?: string | number | boolean | null
  readonly score?: number | Readonly<Record<string, number>> | null
}

interface HalfFacts {
  /** What request and response have in common; unique within the decoding. */
  readonly pair: string
  /** Id of the request: of the event itself, or with `#i` of its i-th row where there is more than one. */
  readonly id: string
  /** Epoch ms. */
  readonly ts: number
  /** '' where this half does not say. */
  readonly model: string
  readonly version: string
  readonly variant: string
  readonly tags: Readonly<Record<string, string>>
}

/**
 * Half of an inference, in plain JSON: it may have to wait in the store for the other half, which
 * another instance may see.
 */
export type Half =
  | (HalfFacts & { readonly side: 'request'; readonly rows: readonly FeatureRow[] })
  | (HalfFacts & {
      readonly side: 'response'
      readonly rows: readonly OutputRow[]
      readonly latencyMs: number | null
      /** Why the model failed; null where it did not. */
      readonly error: string | null
    })

export const records = (...list: readonly RawRecord[]): Decoded => ({
  kind: 'records',
  records: list,
})

export const skipped = (reason: SkipReason): Decoded => ({ kind: 'skipped', reason })

export const rejected = (reason: RejectReason, detail: string): Decoded => ({
  kind: 'rejected',
  rejection: { ok: false, reason, detail },
})
