import { expect, test } from 'vitest'
import { ddm } from '../../detectors/sequential/ddm.ts'
import { hddmA } from '../../detectors/sequential/hddm-a.ts'
import { pageHinkley } from '../../detectors/sequential/page-hinkley.ts'
import { advance, type SeriesState } from '../../monitor/sequential-fold.ts'

const detector = pageHinkley
const begin: SeriesState = {
  state: detector.init({ minInstances: 1, threshold: 1, delta: 0, alpha: 1 }),
  n: 0,
}

test('the gravest of a window counts, and of equal ones the last that was judged', () => {
  const quiet = advance(detector, begin, { values: [0, 0, 0], status: 'ok' })
  expect(quiet).toMatchObject({ n: 3, status: 'ok', verdict: { change: 'none' } })
  const jump = advance(detector, quiet, { values: [9, 0, 0], status: 'ok' })
  expect(jump).toMatchObject({ n: 6, verdict: { change: 'drift', way: 'up' } })
  expect(jump.verdict.statistic).toBeGreaterThanOrEqual(jump.verdict.threshold!)
})

test('a warning counts where nothing graver comes after', () => {
  const errors = [...Array.from({ length: 60 }, (_, i) => (i % 20 === 0 ? 1 : 0)), 1, 1, 0, 0]
  const outcome = advance(ddm, { state: ddm.init(), n: 0 }, { values: errors, status: 'ok' })
  expect(outcome.verdict.change).toBe('warning')
})

test.each(['insufficient_data', 'no_data', 'error', 'retracted'] as const)(
  'a window that is %s leaves the state as it was and passes its status on',
  (status) => {
    const outcome = advance(detector, begin, { values: [9], status })
    expect(outcome).toEqual({
      ...{ ...begin, status },
      verdict: { change: 'none', way: null, statistic: null, threshold: null },
    })
  },
)

test('a window without a value and one that cannot be read are told apart', () => {
  const start: SeriesState = { state: hddmA.init(), n: 7 }
  expect(advance(hddmA, start, { values: [], status: 'ok' }).status).toBe('insufficient_data')
  expect(advance(hddmA, start, { values: [1.5], status: 'ok' }).status).toBe('error')
  const some = advance(hddmA, start, { values: [1.5, 0.5], status: 'ok' })
  expect([some.status, some.n]).toEqual(['ok', 8])
})
