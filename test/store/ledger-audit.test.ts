import fc from 'fast-check'
import { expect, test } from 'vitest'
import { auditIntervals, type OffsetInterval } from '../../store/ledger-audit.ts'

const batch = (first: number, last: number, partition = 0): OffsetInterval => ({
  source: 'kafka',
  topic: 'events',
  partition,
  first,
  last,
  batches: 1,
  counts: {
    messages: last - first + 1,
    taken: last - first + 1,
    rejected: 0,
    held: 0,
    skipped: 0,
    absent: 0,
    lost: 0,
    offsets: last - first + 1,
    rows: last - first + 1,
    labels: 0,
  },
})

test.each([
  ['an offset that is neither message nor explained', { messages: 9 }],
  ['a message of which nothing has become', { taken: 8 }],
  ['a message of which two things have become', { rejected: 1 }],
])('a batch with %s does not balance', (_, wrong) => {
  const sound = batch(0, 9)
  const audit = auditIntervals([{ ...sound, counts: { ...sound.counts, ...wrong } }])
  expect(audit).toMatchObject({ complete: false, partitions: [{ balanced: false, holes: [] }] })
})

test('offsets without a message balance, whether they are absent or lost', () => {
  const sound = batch(0, 9)
  const counts = { ...sound.counts, messages: 3, taken: 0, held: 1, skipped: 1, rejected: 1 }
  const audit = auditIntervals([{ ...sound, counts: { ...counts, absent: 5, lost: 2 } }])
  expect(audit).toMatchObject({
    complete: true,
    partitions: [{ balanced: true, counts: { lost: 2, held: 1 } }],
  })
})

test('nothing was stored, so nothing is missing', () => {
  expect(auditIntervals([])).toEqual({ complete: true, partitions: [] })
})

test('batches that touch are one interval, what lies between others is a hole', () => {
  const audit = auditIntervals([batch(10, 19), batch(0, 9), batch(21, 21), batch(30, 39)])
  expect(audit.complete).toBe(false)
  expect(audit.partitions).toMatchObject([
    {
      intervals: [
        { from: 0, to: 19 },
        { from: 21, to: 21 },
        { from: 30, to: 39 },
      ],
      holes: [
        { from: 20, to: 20 },
        { from: 22, to: 29 },
      ],
      batches: 4,
    },
  ])
})

test('one partition with a hole does not hide in one without', () => {
  const audit = auditIntervals([batch(0, 9), batch(20, 29), batch(0, 29, 1)])
  expect(audit.partitions.map(({ complete }) => complete)).toEqual([false, true])
})

const batches = fc.array(
  fc.tuple(fc.nat(200), fc.nat(20)).map(([first, length]) => batch(first, first + length)),
  { minLength: 1, maxLength: 30 },
)

test('an offset is covered exactly if some batch holds it, else it is in a hole, in any order', () => {
  fc.assert(
    fc.property(batches, (intervals) => {
      const audit = auditIntervals(intervals)
      expect(auditIntervals([...intervals].reverse())).toEqual(audit)
      const [{ intervals: covered, holes } = { intervals: [], holes: [] }] = audit.partitions
      const isIn = (ranges: readonly { from: number; to: number }[], offset: number) =>
        ranges.filter(({ from, to }) => from <= offset && offset <= to).length
      const least = Math.min(...intervals.map(({ first }) => first))
      const greatest = Math.max(...intervals.map(({ last }) => last))
      for (let offset = least; offset <= greatest; offset += 1) {
        const stored = intervals.some(({ first, last }) => first <= offset && offset <= last)
        expect([isIn(covered, offset), isIn(holes, offset)]).toEqual(stored ? [1, 0] : [0, 1])
      }
      expect(audit.complete).toBe(holes.length === 0)
    }),
  )
})
