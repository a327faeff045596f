import type { FetchedBatch } from './kafka-ports.ts'
import type { OffsetMessage } from './partition-slice.ts'

type HeaderValue = Buffer | string | undefined

/** A message as the client has it. */
export interface ClientMessage {
  readonly value: Buffer | null
  readonly headers?: Readonly<Record<string, HeaderValue | readonly HeaderValue[]>>
  readonly timestamp: string
  readonly offset: string
}

/** What one fetch brought, as the client has it. */
export interface ClientBatch {
  readonly topic: string
  readonly partition: number
  readonly highWatermark: string
  readonly messages: readonly ClientMessage[]
  readonly lastOffset: () => string
}

export function toFetchedBatch(batch: ClientBatch): FetchedBatch {
  const { topic, partition } = batch
  // Not in the client's types: the offset that was asked for, which may lie before the first message.
  const { fetchedOffset } = batch as typeof batch & { fetchedOffset: string }
  return {
    topic,
    partition,
    fetched: Number(fetchedOffset),
    last: Number(batch.lastOffset()),
    high: Number(batch.highWatermark),
    messages: batch.messages.map((message) => toMessage(topic, message)),
  }
}

const noHeaders: ReadonlyMap<string, string> = new Map()

export function toMessage(
  topic: string,
  { value, headers, timestamp, offset }: ClientMessage,
): OffsetMessage {
  return {
    topic,
    value,
    headers: headers === undefined ? noHeaders : textHeaders(headers),
    timestamp: Number(timestamp),
    offset: Number(offset),
  }
}

function textHeaders(headers: NonNullable<ClientMessage['headers']>): ReadonlyMap<string, string> {
  const entries = Object.entries(headers)
  if (entries.length === 0) return noHeaders
  return new Map(
    entries.map(([name, given]) => {
      const value: HeaderValue = isList(given) ? given.at(-1) : given
      return [name.toLowerCase(), value === undefined ? '' : String(value)]
    }),
  )
}

const isList = (value: HeaderValue | readonly HeaderValue[]): value is readonly HeaderValue[] =>
  Array.isArray(value)
