import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { rejectReasons } from '../../../core/names.ts'
import { recordText } from '../../../ingest/formats/bounded-json.ts'
import {
  skipReasons,
  type Decoded,
  type Decoder,
  type Message,
} from '../../../ingest/formats/decoder.ts'
import { allDecoders, allPayloads } from '../../support/all-decoders.ts'

const payloads = allPayloads()
const payload = fc.constantFrom(...payloads)

/** Members and entries of everything in a value, counted no further than `most`. */
function size(value: unknown, most: number): number {
  let total = 0
  const waiting: unknown[] = [value]
  while (waiting.length > 0) {
    const next = waiting.pop()
    total++
    if (typeof next !== 'object' || next === null) continue
    for (const inner of Object.values(next) as unknown[]) waiting.push(inner)
    if (total > most) break
  }
  return total
}

/** That a decoder keeps its promises, whatever it was given. */
async function check(decoder: Decoder, message: Message): Promise<void> {
  const decoded: Decoded = await decoder.decode(message)
  const most = 100 + 40 * (message.value?.length ?? 0)
  switch (decoded.kind) {
    case 'records':
      expect(size(decoded.records, most)).toBeLessThan(most)
      for (const record of decoded.records) recordText(record)
      break
    case 'half':
      expect(size(decoded.half, most)).toBeLessThan(most)
      // It may wait in the store, as JSON.
      expect(JSON.parse(JSON.stringify(decoded.half))).toHaveProperty('side', decoded.half.side)
      break
    case 'skipped':
      expect(skipReasons).toContain(decoded.reason)
      break
    case 'rejected':
      expect(rejectReasons).toContain(decoded.rejection.reason)
      expect(decoded.rejection.detail).not.toBe('')
      expect(decoded.rejection.detail.length).toBeLessThan(1000)
  }
}

type Mutation = (bytes: Buffer) => Buffer

const place = fc.nat({ max: 100_000 })
const splice = (
  bytes: Buffer,
  at: number,
  { cut = 0, put = '' }: { cut?: number; put?: string },
) => {
  const from = bytes.length === 0 ? 0 : at % bytes.length
  return Buffer.concat([bytes.subarray(0, from), Buffer.from(put), bytes.subarray(from + cut)])
}

const hostile = [
  '__proto__',
  'constructor',
  '1e999',
  '-1e-999',
  '99999999999999999999999',
  'NaN',
  'null',
  '[]',
  '{}',
  '""',
  '\u0000',
  '\ud800',
  '"\\ud800"',
  '[['.repeat(200),
  '{"a":'.repeat(200),
  '\n',
]

const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc.tuple(place, fc.nat({ max: 7 })).map(([at, bit]): Mutation => (bytes) => {
    const changed = Buffer.from(bytes)
    if (changed.length > 0) changed[at % changed.length]! ^= 1 << bit
    return changed
  }),
  place.map(
    (at): Mutation =>
      (bytes) =>
        bytes.subarray(0, at % (bytes.length + 1)),
  ),
  fc.tuple(place, fc.nat({ max: 40 })).map(
    ([at, cut]): Mutation =>
      (bytes) =>
        splice(bytes, at, { cut }),
  ),
  fc.tuple(place, fc.constantFrom(...hostile), fc.nat({ max: 8 })).map(
    ([at, put, cut]): Mutation =>
      (bytes) =>
        splice(bytes, at, { put, cut }),
  ),
  fc.tuple(place, place, fc.nat({ max: 200 })).map(([from, to, length]): Mutation => (bytes) => {
    const start = from % (bytes.length + 1)
    const put = bytes.subarray(start, start + length).toString('latin1')
    return splice(bytes, to, { put })
  }),
  // A value of JSON instead of another: what is a number somewhere becomes a text, a list, nothing.
  fc.tuple(place, fc.constantFrom(...hostile)).map(([at, put]): Mutation => (bytes) => {
    const text = bytes.toString('latin1')
    const values = [...text.matchAll(/"[^"]*"|-?\d+(\.\d+)?|true|false|null/g)]
    const found = values[at % Math.max(1, values.length)]
    return found === undefined ? bytes : splice(bytes, found.index, { cut: found[0].length, put })
  }),
)

const mutated = fc
  .tuple(payload, fc.array(mutation, { minLength: 1, maxLength: 6 }))
  .map(([message, mutations]): Message => {
    const start: Buffer = message.value ?? Buffer.alloc(0)
    return { ...message, value: mutations.reduce((bytes, mutate) => mutate(bytes), start) }
  })

// Headers and topics of real messages, so that their values reach the decoder that they name.
const anything = fc
  .tuple(payload, fc.uint8Array({ maxLength: 2000 }))
  .map(([message, bytes]): Message => ({ ...message, value: Buffer.from(bytes) }))

const anyHeaders = fc
  .tuple(
    payload,
    fc.dictionary(
      fc.constantFrom(...new Set(payloads.flatMap(({ headers }) => [...headers.keys()]))),
      fc.oneof(fc.string(), fc.constantFrom(...hostile), fc.string({ minLength: 500 })),
    ),
    fc.oneof(fc.string(), fc.constantFrom('seldon...inputs', 'seldon.a.model..outputs')),
  )
  .map(([message, headers, topic]): Message => ({
    ...message,
    topic,
    headers: new Map([...message.headers, ...Object.entries(headers)]),
  }))

const bombs = [
  '['.repeat(100_000),
  '{"a":'.repeat(50_000),
  `{"model":"m","features":${'[0,'.repeat(20_000)}0${']'.repeat(20_000)}}`,
  `{"instances":${'['.repeat(20_000)}${']'.repeat(20_000)}}`,
  `{"inputs":[{"name":"x","datatype":"FP64","shape":[1000000000,1000000000],"data":[1]}]}`,
  `{"instances":[${'0,'.repeat(150_000)}0]}`,
  `{"data":[${'{},'.repeat(50_000)}{}]}`,
  `{"request_payload":[${'0,'.repeat(99_999)}0],"response_payload":[${'0,'.repeat(99_999)}0]}`,
  '{}\n'.repeat(50_000),
]

describe.each(allDecoders())('%s', (_, decoder) => {
  test('keeps its promises for any bytes', async () => {
    await fc.assert(
      fc.asyncProperty(anything, (message) => check(decoder, message)),
      { numRuns: 100 },
    )
  })

  test('keeps its promises for payloads that were tampered with', async () => {
    await fc.assert(
      fc.asyncProperty(mutated, (message) => check(decoder, message)),
      { numRuns: 250 },
    )
  })

  test('keeps its promises for any headers and topic', async () => {
    await fc.assert(
      fc.asyncProperty(anyHeaders, (message) => check(decoder, message)),
      { numRuns: 100 },
    )
  })

  test('keeps its promises for nesting and repetition without end', async () => {
    const about = payloads.filter(({ headers, topic }) => headers.size > 0 || topic !== '')
    for (const bomb of bombs) {
      const value = Buffer.from(bomb)
      await check(decoder, { value, headers: new Map(), topic: '', timestamp: 0 })
      for (const message of about.slice(0, 8)) await check(decoder, { ...message, value })
    }
  })

  test('has something to say to every real payload, and nothing to say to none', async () => {
    for (const message of payloads) await check(decoder, message)
    await check(decoder, { value: null, headers: new Map(), topic: '', timestamp: 0 })
  })
})

test('nothing of all that has reached the prototypes of this process', () => {
  expect(Object.keys(Object.prototype)).toEqual([])
  expect(Object.keys(Array.prototype)).toEqual([])
})
