import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ModelProgress } from '../../monitor/progress.ts'
import type { LedgerTouch } from '../../store/queries/ledger-touches.ts'

const minute = 60_000
const hour = 60 * minute
const t0 = Date.UTC(2026, 0, 1)
const options = { windowsMs: [5 * minute, hour], latenessMs: 10 * minute, idleMs: 0 }

const touch = (more: Partial<LedgerTouch>): LedgerTouch => ({
  batchId: 'b',
  partition: 'http/a/0',
  insertedAt: t0,
  model: 'm',
  rows: 1,
  labels: 0,
  maxEventTime: t0,
  windows: [],
  ...more,
})

describe('a window is due', () => {
  test('once the watermark has passed its end, and not before', () => {
    const progress = new ModelProgress(options)
    progress.observe(touch({ windows: [t0], maxEventTime: t0 + 14 * minute }))
    expect(progress.due(5 * minute, t0)).toEqual([])
    progress.observe(touch({ windows: [t0 + 15 * minute], maxEventTime: t0 + 15 * minute }))
    expect(progress.due(5 * minute, t0)).toEqual([t0])
  })

  test('only when the slowest active partition has passed it', () => {
    const progress = new ModelProgress(options)
    progress.observe(touch({ windows: [t0], maxEventTime: t0 + hour }))
    progress.observe(touch({ partition: 'slow', maxEventTime: t0 + minute }))
    expect(progress.due(5 * minute, t0)).toEqual([])
  })

  test('without a partition that has been silent for the lateness', () => {
    const progress = new ModelProgress(options)
    progress.observe(touch({ partition: 'slow', maxEventTime: t0, insertedAt: t0 }))
    const later = t0 + 11 * minute
    progress.observe(touch({ windows: [t0], maxEventTime: t0 + hour, insertedAt: later }))
    expect(progress.due(5 * minute, later)).toEqual([t0])
  })

  test('when the source falls idle, however far the watermark was', () => {
    const progress = new ModelProgress(options)
    progress.observe(touch({ windows: [t0], maxEventTime: t0 }))
    expect(progress.due(5 * minute, t0 + 9 * minute)).toEqual([])
    expect(progress.due(5 * minute, t0 + 11 * minute)).toEqual([t0])
    expect(progress.due(hour, t0 + 11 * minute)).toEqual([t0])
  })

  test('again when a late batch touches it after it was done', () => {
    const progress = new ModelProgress(options)
    progress.observe(touch({ windows: [t0], maxEventTime: t0 + 2 * hour }))
    progress.done(5 * minute, progress.due(5 * minute, t0))
    progress.done(hour, progress.due(hour, t0))
    expect(progress.isIdle).toBe(true)
    progress.observe(touch({ windows: [t0], maxEventTime: t0, insertedAt: t0 + 1 }))
    expect(progress.due(5 * minute, t0)).toEqual([t0])
    expect(progress.due(hour, t0)).toEqual([t0])
  })
})

test('the ledger is read again from the oldest batch that any window still waits for', () => {
  const progress = new ModelProgress(options)
  expect(progress.oldestPending()).toBe(Infinity)
  progress.observe(touch({ windows: [t0], insertedAt: t0 + 5, maxEventTime: t0 + 30 * minute }))
  progress.observe(touch({ windows: [t0], insertedAt: t0 + 3, maxEventTime: t0 }))
  expect(progress.oldestPending()).toBe(t0 + 3)
  progress.done(5 * minute, progress.due(5 * minute, t0 + 5))
  // The hour is still open, so a restart must find these batches again.
  expect(progress.oldestPending()).toBe(t0 + 3)
})

test('labels alone move no watermark', () => {
  const progress = new ModelProgress(options)
  progress.observe(touch({ rows: 0, labels: 3, maxEventTime: 0 }))
  progress.observe(touch({ windows: [t0], maxEventTime: t0 + 2 * hour }))
  expect(progress.watermark(t0)).toBe(t0 + 2 * hour - options.latenessMs)
})

test('the order in which batches are seen does not matter', () => {
  const touches = fc.array(
    fc.record({ window: fc.nat(50), partition: fc.nat(2), at: fc.nat(1000) }),
    { minLength: 1, maxLength: 20 },
  )
  fc.assert(
    fc.property(touches, fc.nat(), (list, seed) => {
      const observe = (order: typeof list) => {
        const progress = new ModelProgress(options)
        for (const { window, partition, at } of order) {
          const start = t0 + window * 5 * minute
          progress.observe(
            touch({
              partition: String(partition),
              windows: [start],
              maxEventTime: start,
              insertedAt: t0 + at,
            }),
          )
        }
        return [
          progress.watermark(t0),
          progress.due(5 * minute, t0),
          progress.due(hour, t0),
          progress.oldestPending(),
        ]
      }
      const rotated = [...list.slice(seed % list.length), ...list.slice(0, seed % list.length)]
      expect(observe(rotated)).toEqual(observe(list))
    }),
  )
})
