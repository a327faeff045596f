import { AppError } from '../core/errors.ts'
import { rejected, type Decoded, type Decoder, type Message } from './formats/decoder.ts'
import type { RawRecord } from './formats/native.ts'
import type { OpenBatch, OriginalMessage } from './open-batch.ts'
import type { RecordReader, RefusedRecord } from './record-reader.ts'
import type { Delivery } from './validate.ts'

export type FindDecoder = (decoding: string) => Decoder | undefined

/** A message, how it is to be read, and by what rules. */
export interface MessageToRead {
  readonly message: Message
  readonly decoding: string
  readonly delivery: Delivery
}

/** How a message was refused, whole or in part: `index` of the record in it. */
export interface RefusedPart extends RefusedRecord {
  readonly index: number
}

export interface MessageOutcome {
  /** Events and labels that are in the batch. */
  readonly accepted: number
  readonly refused: readonly RefusedPart[]
}

const nothing: MessageOutcome = { accepted: 0, refused: [] }

/** Reads messages of any wire format into the current place of a batch. */
export class MessageReader {
  readonly #records: RecordReader
  readonly #decoder: FindDecoder

  constructor(records: RecordReader, decoder: FindDecoder) {
    this.#records = records
    this.#decoder = decoder
  }

  /** Throws where the decoding is none, or where what its decoder needs is away (then retryable). */
  async read(to: MessageToRead, batch: OpenBatch): Promise<MessageOutcome> {
    return this.put(await this.decode(to), to, batch)
  }

  /** Fetches what decoding these messages needs from elsewhere; throws as `read` does. */
  async prepare(decoding: string, messages: readonly Message[]): Promise<void> {
    const prepare = this.#decoderOf(decoding).prepare
    if (prepare === undefined) return
    for (const message of messages) {
      const fetching = prepare(message)
      if (fetching !== null) await fetching
    }
  }

  /** What a message holds; throws as `read` does. */
  decode({ message, decoding }: MessageToRead): Decoded | Promise<Decoded> {
    if (message.value === null)
      return rejected('not_an_object', 'the message has no value: a tombstone deletes nothing here')
    return this.#decoderOf(decoding).decode(message)
  }

  #decoderOf(decoding: string): Decoder {
    const decoder = this.#decoder(decoding)
    if (decoder === undefined)
      throw new AppError('REQUEST_INVALID', `there is no decoding "${decoding}"`)
    return decoder
  }

  /** Puts what a message holds into the batch. */
  put(
    decoded: Decoded,
    to: MessageToRead,
    batch: OpenBatch,
  ): MessageOutcome | Promise<MessageOutcome> {
    switch (decoded.kind) {
      case 'records':
        return this.putRecords(decoded.records, to, batch)
      case 'half':
        batch.hold(decoded.half, to)
        return nothing
      case 'skipped':
        batch.skip()
        return nothing
      case 'rejected': {
        const refused = { ...decoded.rejection, model: '', index: 0 }
        batch.refuse(refused, originalOf(to))
        return { accepted: 0, refused: [refused] }
      }
    }
  }

  /** Records of one message: a dead letter keeps the whole message, whichever of them was refused. */
  putRecords(
    records: readonly RawRecord[],
    to: MessageToRead,
    batch: OpenBatch,
  ): MessageOutcome | Promise<MessageOutcome> {
    const [only] = records
    // Most messages are one record that is taken at once: nothing is made for them.
    if (records.length !== 1 || only === undefined) return this.#putEach(records, to, batch)
    const result = this.#records.read(sized(only, to, 1), 0, batch, to.delivery)
    const outcome = (refusal: RefusedRecord | null): MessageOutcome =>
      refusal === null ? one : this.#refuse([{ ...refusal, index: 0 }], to, batch, 1)
    return result instanceof Promise ? result.then(outcome) : outcome(result)
  }

  async #putEach(
    records: readonly RawRecord[],
    to: MessageToRead,
    batch: OpenBatch,
  ): Promise<MessageOutcome> {
    const refused: RefusedPart[] = []
    for (const [index, record] of records.entries()) {
      const result = this.#records.read(
        sized(record, to, records.length),
        index,
        batch,
        to.delivery,
      )
      const refusal = result instanceof Promise ? await result : result
      if (refusal !== null) refused.push({ ...refusal, index })
    }
    if (records.length === 0) batch.skip()
    return this.#refuse(refused, to, batch, records.length)
  }

  #refuse(
    refused: readonly RefusedPart[],
    to: MessageToRead,
    batch: OpenBatch,
    records: number,
  ): MessageOutcome {
    const [first] = refused
    if (first !== undefined) {
      const detail = inTotal(first, refused.length, records)
      batch.refuse({ ...first, detail }, originalOf(to))
    }
    return { accepted: records - refused.length, refused }
  }
}

const one: MessageOutcome = { accepted: 1, refused: [] }

/** A record of unknown size has its share of the message. */
const sized = (record: RawRecord, { message }: MessageToRead, records: number): RawRecord =>
  record.bytes === undefined
    ? { ...record, bytes: Math.ceil((message.value?.length ?? 0) / records) }
    : record

function inTotal({ detail, index }: RefusedPart, refused: number, all: number): string {
  return all === 1
    ? detail
    : `${refused} of ${all} records refused, the first at ${index}: ${detail}`
}

function originalOf({ message, decoding, delivery }: MessageToRead): OriginalMessage {
  const { headers, value } = message
  return {
    raw: value ?? Buffer.alloc(0),
    headers: headers.size === 0 ? '' : JSON.stringify([...headers]),
    decoding,
    fallbackId: delivery.fallbackId(0),
    timestamp: delivery.receivedAt,
  }
}
