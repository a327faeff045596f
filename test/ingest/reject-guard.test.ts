import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  countMessage,
  exceededLimit,
  inWindow,
  isWatched,
  noRejects,
  type RejectCounts,
  type RejectLimits,
} from '../../ingest/reject-guard.ts'

const countAll = (limits: RejectLimits, refusals: readonly boolean[]): RejectCounts =>
  refusals.reduce((counts, refused) => countMessage(limits, counts, refused), noRejects)

const refusedOf = (messages: readonly boolean[]): number => messages.filter(Boolean).length

const streams = fc.array(fc.boolean(), { maxLength: 400 })
const limitsOf = (window: fc.Arbitrary<number>) =>
  fc.record({
    run: fc.integer({ min: 0, max: 8 }),
    ratio: fc.constantFrom(0, 0.1, 0.5, 0.9),
    window,
  })

test('a run counts the refused messages since the last accepted one', () => {
  fc.assert(
    fc.property(limitsOf(fc.nat(400)), streams, (limits, stream) => {
      const accepted = stream.lastIndexOf(false)
      expect(countAll(limits, stream).run).toBe(stream.length - 1 - accepted)
    }),
  )
})

test('up to twenty messages the window is exact', () => {
  fc.assert(
    fc.property(limitsOf(fc.integer({ min: 1, max: 20 })), streams, (limits, stream) => {
      const counts = countAll(limits, stream)
      const last = stream.slice(-limits.window)
      expect(inWindow(limits, counts)).toEqual({ seen: last.length, refused: refusedOf(last) })
      const all = limits.run > 0 && counts.run >= limits.run
      const share = limits.ratio > 0 && refusedOf(last) > limits.ratio * limits.window
      expect(exceededLimit(limits, counts)).toBe(all ? 'run' : share ? 'ratio' : null)
    }),
  )
})

test('beyond that the ratio is never exceeded too early, and at most a bucket late', () => {
  const limits = fc.record({
    run: fc.constant(0),
    ratio: fc.constantFrom(0.1, 0.5, 0.9),
    window: fc.integer({ min: 21, max: 300 }),
  })
  fc.assert(
    fc.property(limits, streams, (chosen, stream) => {
      const { window, ratio } = chosen
      const exceeded = exceededLimit(chosen, countAll(chosen, stream)) === 'ratio'
      const refused = refusedOf(stream.slice(-window))
      const bucket = Math.ceil(window / 20)
      if (exceeded) expect(refused).toBeGreaterThan(ratio * window)
      // What a window that is no multiple of its buckets leaves over is not looked back on either.
      else expect(refused - bucket - (window % bucket)).toBeLessThanOrEqual(ratio * window)
    }),
  )
})

test('the counts survive JSON and their size has a bound', () => {
  fc.assert(
    fc.property(limitsOf(fc.nat(400)), streams, (limits, stream) => {
      const counts = countAll(limits, stream)
      expect(JSON.parse(JSON.stringify(counts))).toEqual(counts)
      expect(counts.past.length).toBeLessThan(20)
      expect(inWindow(limits, counts).seen).toBeLessThanOrEqual(Math.max(1, limits.window))
    }),
  )
})

test.each([
  { limits: { run: 0, ratio: 0.5, window: 0 }, watched: false },
  { limits: { run: 0, ratio: 0, window: 100 }, watched: false },
  { limits: { run: 3, ratio: 0, window: 0 }, watched: true },
  { limits: { run: 0, ratio: 0.2, window: 10 }, watched: true },
])('limits of 0 are off: $limits', ({ limits, watched }) => {
  const counts = countAll(limits, Array<boolean>(500).fill(true))
  expect(isWatched(limits)).toBe(watched)
  expect(exceededLimit(limits, counts) !== null).toBe(watched)
})
