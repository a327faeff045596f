import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ModelSpec } from '../../core/model-spec.ts'
import { ddm } from '../../detectors/sequential/ddm.ts'
import { noBinning } from '../../store/binning.ts'
import { insertLabels, sumOutcomes } from '../store/queries/outcome-fixture.ts'
import { createModel, insertEvents } from '../store/queries/profile-fixture.ts'
import { seeded } from '../support/seeded.ts'
import { withStore, type TestStore } from '../support/store.ts'
import { at, newRunner, resultsOf, statesOf } from './sequential-fixture.ts'

let opened: TestStore
let spec: ModelSpec
beforeAll(async () => {
  opened = await withStore('embedded')
  spec = await createModel(opened.store, {
    ...{ model: 'm', task: 'binary_classification', window: '5m', windows: [] },
    sequential: [{ stream: 'errors', method: 'ddm' }],
  })
})
afterAll(() => opened.close())

const windows = 12
const eventsEach = 40
const random = seeded(5)
/** One in ten wrong, one in two from the eighth window on. */
const errors = Array.from({ length: windows * eventsEach }, (_, i) =>
  random.next() < (i < 7 * eventsEach ? 0.1 : 0.5) ? 1 : 0,
)

const idOf = (i: number): string => `e-${String(i).padStart(4, '0')}`
const labelled = (i: number, error: number, later = 0) => ({
  ...{ id: idOf(i), label: error === 1 ? '0' : '1', ts: at(0), ingestedAt: at(0) + later },
})

/** What the detector itself says, window by window: read so far, and whether a change was told. */
function told(stream: readonly number[]): { n: number; change: number }[] {
  let state = ddm.init()
  return Array.from({ length: windows }, (_, w) => {
    let change = 0
    for (const error of stream.slice(w * eventsEach, (w + 1) * eventsEach)) {
      const step = ddm.update(state, error)
      state = step.state
      change = Math.max(change, step.change === 'drift' ? 1 : step.change === 'warning' ? 0.5 : 0)
    }
    return { n: (w + 1) * eventsEach, change }
  })
}

const starts = Array.from({ length: windows }, (_, w) => at(w))
const found = async (): Promise<{ n: number; change: number | null }[]> =>
  (await resultsOf(opened.store, 'change_point'))
    .filter(({ version }) => version === '1')
    .map(({ nCurrent, value }) => ({ n: nCurrent, change: value }))

test('every labelled prediction is read in the order of events, across windows', async () => {
  const { store } = opened
  await insertEvents(
    store,
    spec,
    errors.map((_, i) => ({ id: idOf(i), prediction: '1', ts: tsOf(i), features: {} })),
  )
  await insertLabels(
    store,
    'm',
    errors.map((error, i) => labelled(i, error)),
  )
  await sumOutcomes(store, { spec, binning: noBinning }, starts)
  await newRunner(store)(spec, 0, { part: 'labels' })
  expect(await found()).toEqual(told(errors))
  expect(told(errors).filter(({ change }) => change === 1).length).toBeGreaterThan(0)
})

const tsOf = (i: number): number => at(0) + i * (300_000 / eventsEach)

test('labels that are corrected late revise their window and what follows', async () => {
  const { store } = opened
  const corrected = errors.map((error, i) => (i >= 120 && i < 140 ? 1 : error))
  await insertLabels(
    store,
    'm',
    corrected.flatMap((error, i) => (error === errors[i] ? [] : [labelled(i, error, 1)])),
  )
  await sumOutcomes(store, { spec, binning: noBinning }, [at(3)], 2)
  await newRunner(store)(spec, 3, { part: 'labels' })
  expect(await found()).toEqual(told(corrected))
  const states = await statesOf(store)
  await newRunner(store)(spec, 0, { part: 'labels' })
  expect(await statesOf(store)).toEqual(states)
})

test('an arm that has nothing left in a window has no result there', async () => {
  const { store } = opened
  const own = Array.from({ length: eventsEach }, (_, i) => i)
  const as = (version: string, later: number) =>
    insertEvents(
      store,
      spec,
      own.map((i) => ({
        id: idOf(i),
        version,
        prediction: '1',
        ts: tsOf(i),
        features: {},
        ingestedAt: tsOf(i) + later,
      })),
    )
  await as('2', 2000)
  await sumOutcomes(store, { spec, binning: noBinning }, [at(0)], 2)
  await newRunner(store)(spec, 0, { part: 'labels' })
  const first = (await resultsOf(store, 'change_point')).filter((r) => r.windowStart === at(0))
  expect(first.map(({ version, status }) => [version, status])).toEqual([
    ['1', 'retracted'],
    ['2', 'ok'],
  ])
  expect((await found())[1]?.n).toBe(eventsEach)
})
