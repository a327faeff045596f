import fc from 'fast-check'
import { expect, test } from 'vitest'
import { messageBytes, RunQueue, type Run } from '../../../ingest/sources/kafka-queue.ts'
import type { OffsetMessage } from '../../../ingest/sources/partition-slice.ts'

const message = (offset: number, size = 10): OffsetMessage => ({
  offset,
  value: Buffer.alloc(size),
  headers: new Map(),
  timestamp: 0,
  topic: 't',
})

/** Runs behind one another, with offsets left out at will. */
const runs = fc
  .array(
    fc.record({
      lengths: fc.array(fc.record({ gap: fc.nat(3), size: fc.nat(500) }), { maxLength: 12 }),
      tail: fc.nat(3),
      lost: fc.boolean(),
    }),
    { minLength: 1, maxLength: 8 },
  )
  .map((list) => {
    let next = 0
    return list.map(({ lengths, tail, lost }): Run => {
      const first = next
      const messages = lost
        ? []
        : lengths.map(({ gap, size }) => message((next += gap + 1) - 1, size))
      const last = Math.max(next - 1, first) + tail
      next = last + 1
      return { first, last, messages, absent: lost ? 'retention' : 'compaction' }
    })
  })

test('slices are the runs again: no offset twice or left out, every message once, within the limits', () => {
  fc.assert(
    fc.property(
      runs,
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 1, max: 3000 }),
      (all, rows, bytes) => {
        const queue = new RunQueue()
        for (const run of all) queue.push(run)
        const messages: OffsetMessage[] = []
        let next = 0
        for (
          let slice = queue.take({ rows, bytes });
          slice !== null;
          slice = queue.take({ rows, bytes })
        ) {
          expect(slice.first).toBe(next)
          expect(slice.last).toBeGreaterThanOrEqual(slice.first)
          next = slice.last + 1
          expect(slice.messages.length).toBeLessThanOrEqual(rows)
          const size = slice.messages.reduce((sum, m) => sum + messageBytes(m), 0)
          expect(size).toBe(slice.bytes)
          if (slice.messages.length > 1) expect(size).toBeLessThanOrEqual(bytes)
          for (const { offset } of slice.messages) {
            expect(offset).toBeGreaterThanOrEqual(slice.first)
            expect(offset).toBeLessThanOrEqual(slice.last)
          }
          messages.push(...slice.messages)
        }
        expect(next).toBe(all.at(-1)!.last + 1)
        expect(messages).toEqual(all.flatMap((run) => run.messages))
        expect(queue.bytes).toBe(0)
        expect(queue.empty).toBe(true)
      },
    ),
  )
})

test('what is lost shares no slice with what compaction took', () => {
  const queue = new RunQueue()
  queue.push({ first: 0, last: 4, messages: [], absent: 'retention' })
  queue.push({ first: 5, last: 9, messages: [message(7)], absent: 'compaction' })
  queue.push({ first: 10, last: 11, messages: [], absent: 'compaction' })
  const limits = { rows: 100, bytes: 1000 }
  expect(queue.take(limits)).toMatchObject({ first: 0, last: 4, absent: 'retention' })
  expect(queue.take(limits)).toMatchObject({ first: 5, last: 11, absent: 'compaction' })
  expect(queue.take(limits)).toBe(null)
})
