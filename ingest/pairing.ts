import type { Store } from '../store/client.ts'
import { insertHalves, type StoredHalf } from '../store/insert-halves.ts'
import { halvesOfPairs } from '../store/queries/halves-of-pairs.ts'
import type { Half } from './formats/decoder.ts'
import { joinHalves } from './formats/join-halves.ts'
import type { MessageReader, MessageToRead } from './message-reader.ts'
import type { HeldMessage, OpenBatch } from './open-batch.ts'
import { fallbackIds } from './validate.ts'

type Side = Half['side']

/** What a batch has of one pair: one side, or both. */
interface Pair {
  readonly decoding: string
  readonly name: string
  readonly sides: Map<Side, HeldMessage>
}

/** How long halves are kept when their time is over: somebody has to give them up. */
export const keptMs = 3_600_000

/** Other halves that were stored before, by decoding and pair. */
export type StoredPartners = ReadonlyMap<string, Half>

/**
 * Joins requests and responses that come as messages of their own, in any order, over any partitions
 * and instances. A half that its batch does not complete is stored before the other half is looked
 * for: of two instances that bring one half each, the later to store finds the other's. Both may; the
 * event is then written twice under one id, which is once.
 */
export class Pairing {
  readonly #store: Store
  readonly #messages: MessageReader
  readonly #timeoutMs: number

  /** `timeoutMs`: how long a half waits. */
  constructor(store: Store, messages: MessageReader, timeoutMs: number) {
    this.#store = store
    this.#messages = messages
    this.#timeoutMs = timeoutMs
  }

  /** Stores the halves that are alone in their batch and finds what was stored of their other halves. May be repeated. */
  async store(batch: OpenBatch, now: number): Promise<StoredPartners> {
    const alone = pairsOf(batch).filter(({ sides }) => sides.size === 1)
    const waiting = alone.flatMap(({ sides }) => [...sides.values()])
    await insertHalves(this.#store, waiting.map(storedHalf), {
      givenUp: false,
      changedAt: now,
      expiresAt: now + this.#timeoutMs + keptMs,
    })
    const found = new Map<string, Half>()
    for (const decoding of new Set(alone.map((pair) => pair.decoding))) {
      const ours = alone.filter((pair) => pair.decoding === decoding)
      const names = ours.map(({ name }) => name)
      const sides = new Map(ours.map((pair) => [pair.name, [...pair.sides.keys()][0]]))
      for (const stored of await this.#store.query(halvesOfPairs(decoding, names))) {
        if (sides.get(stored.pair) === stored.side) continue
        const half = await this.#decode(stored)
        if (half !== null) found.set(keyOf(stored.decoding, stored.pair), half)
      }
    }
    return found
  }

  /** Reads the inferences that are whole by now into the batch, at the place of the half that came last. */
  async complete(batch: OpenBatch, partners: StoredPartners): Promise<void> {
    for (const { decoding, name, sides } of pairsOf(batch)) {
      const partner = partners.get(keyOf(decoding, name))
      const halves = [...sides.values()].map(({ half }) => half)
      if (partner !== undefined && sides.size === 1) halves.push(partner)
      const request = halves.find((half) => half.side === 'request')
      const response = halves.find((half) => half.side === 'response')
      if (request === undefined || response === undefined) continue
      let last: HeldMessage | undefined
      for (last of sides.values()) batch.release(last)
      if (last === undefined) continue
      await this.#messages.put(joinHalves(request, response), last.to, batch)
    }
  }

  /** Null where today's decoding sees no half in what was one when it was stored. */
  async #decode(stored: StoredHalf): Promise<Half | null> {
    const decoded = await this.#messages.decode(messageOf(stored))
    return decoded.kind === 'half' && decoded.half.side === stored.side ? decoded.half : null
  }
}

/** The pairs of a batch; of a half that came more than once, the last. */
function pairsOf({ held }: OpenBatch): Pair[] {
  const pairs = new Map<string, Pair>()
  for (const message of held) {
    const { half, to } = message
    const key = keyOf(to.decoding, half.pair)
    const pair = pairs.get(key) ?? { decoding: to.decoding, name: half.pair, sides: new Map() }
    pair.sides.delete(half.side)
    pair.sides.set(half.side, message)
    pairs.set(key, pair)
  }
  return [...pairs.values()]
}

const keyOf = (decoding: string, pair: string): string => `${decoding}\n${pair}`

function storedHalf({ half, to, segment, place }: HeldMessage): StoredHalf {
  const { message, decoding, delivery } = to
  return {
    decoding,
    pair: half.pair,
    side: half.side,
    sentAt: message.timestamp,
    source: segment.origin.source,
    topic: segment.origin.topic,
    partition: segment.origin.partition,
    offset: segment.first + place,
    backfill: delivery.backfill,
    headers: JSON.stringify([...message.headers]),
    fallbackId: delivery.fallbackId(0),
    raw: message.value ?? Buffer.alloc(0),
  }
}

/** A stored half as the message that it came in. */
export function messageOf(stored: StoredHalf): MessageToRead {
  const { raw, headers, sentAt, decoding, backfill, topic, fallbackId } = stored
  return {
    message: { value: raw, headers: headersOf(headers), timestamp: sentAt, topic },
    decoding,
    delivery: {
      receivedAt: sentAt,
      backfill,
      models: null,
      fallbackId: fallbackIds(fallbackId),
    },
  }
}

/** Headers as they are stored beside a message. */
export const headersOf = (json: string): ReadonlyMap<string, string> =>
  new Map(json === '' ? [] : (JSON.parse(json) as [string, string][]))
