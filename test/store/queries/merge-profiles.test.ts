import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ModelSpec } from '../../../core/model-spec.ts'
import { noBinning } from '../../../store/binning.ts'
import type { Store } from '../../../store/client.ts'
import { mergeProfiles, mergeRange } from '../../../store/queries/merge-profiles.ts'
import { windowContents } from '../../../store/queries/profile-contents.ts'
import { distinctValues } from '../../../store/queries/profile-distinct.ts'
import { recordWindows, windowStates } from '../../../store/queries/profile-window-states.ts'
import { profileWindows } from '../../../store/queries/profile-windows.ts'
import { withStore, type TestStore } from '../../support/store.ts'
import {
  binningOf,
  createModel,
  insertEvents,
  numericBins,
  run,
  type TestEvent,
} from './profile-fixture.ts'

let store: Store
let opened: TestStore
beforeAll(async () => {
  opened = await withStore('embedded')
  store = opened.store
})
afterAll(() => opened.close())

const minute = 60_000
const start = Date.parse('2026-03-01T10:00:00Z')
const binning = binningOf(new Map([['x', numericBins([2, 10], 0, 50)]]))

const model = (name: string) =>
  createModel(store, {
    model: name,
    kind: 'features',
    window: '1m',
    features: { x: 'numeric' },
  })

/** Profiles and records windows, as the monitor does. */
async function compute(spec: ModelSpec, computation: number, starts: number[], bins = binning) {
  const windows = starts.map((at) => ({ start: at, revision: computation }))
  await run(store, profileWindows({ spec, binning: bins, windows }))
  const contents = await store.query(windowContents(spec.model, windows))
  const series = { table: 'windows' as const, model: spec.model, window: '1m', windowMs: minute }
  await store.command(
    recordWindows(
      series,
      contents.map((c) => ({ ...c, revision: 1, computations: computation, binning: bins.id })),
      { now: start, days: 20_000 },
    ),
  )
  return contents
}

const merge = (spec: ModelSpec, widthMs: number, starts: number[]) =>
  store.query(
    mergeProfiles({ model: spec.model, baseWindow: '1m', widthMs, starts, binned: ['x'] }),
  )

const events = (values: number[], version = '1', at = start): TestEvent[] =>
  values.map((x, i) => ({ id: `${version}-${at}-${i}`, ts: at + i, version, features: { x } }))

test('wide windows are what profiling them at once would give', async () => {
  const spec = await model('wide')
  await insertEvents(store, spec, [
    ...events([1, 2, 30]),
    ...events([4], '1', start + minute),
    ...events([5, 6], '2', start + minute),
    ...events([100], '1', start + 5 * minute),
  ])
  await compute(spec, 1, [start, start + minute, start + 5 * minute])
  const rows = (await merge(spec, 5 * minute, [start])).filter((r) => r.feature === 'x')
  expect(rows.map((r) => [r.version, r.windowStart, r.profile.n, r.profile.sum])).toEqual([
    ['1', start, 4, 37],
    ['2', start, 2, 11],
  ])
  expect(rows[0]?.profile).toMatchObject({ counts: [1, 2, 1], min: 1, max: 30, sumSquares: 921 })

  const range = {
    model: 'wide',
    baseWindow: '1m',
    from: start,
    to: start + 6 * minute,
    version: null,
    variant: null,
    binned: ['x'],
  }
  const x = async (input: Parameters<typeof mergeRange>[0]) =>
    (await store.query(mergeRange(input))).find((r) => r.feature === 'x')?.profile
  expect(await x(range)).toMatchObject({ n: 7, sum: 148, counts: [1, 4, 2] })
  expect(await x({ ...range, version: '2', variant: 'live' })).toMatchObject({ n: 2, sum: 11 })
  expect(await x({ ...range, variant: 'shadow' })).toBeUndefined()
})

test('a series that a later computation no longer holds does not count', async () => {
  const spec = await model('vanished')
  await insertEvents(store, spec, events([1, 2]))
  await compute(spec, 1, [start])
  // A correction of the same event, in another version: version 1 is left with one event less.
  const corrected = events([1, 2], '9').map((e, i) => ({ ...e, id: `1-${start}-${i}` }))
  await insertEvents(
    store,
    spec,
    corrected.map((e) => ({ ...e, ingestedAt: start + 60_000 })),
  )
  await compute(spec, 2, [start])
  const rows = (await merge(spec, minute, [start])).filter((r) => r.feature === 'x')
  expect(rows.map((r) => [r.version, r.profile.n])).toEqual([['9', 2]])
})

test('profiles of a computation that was never recorded do not make holes', async () => {
  const spec = await model('crashed')
  await insertEvents(store, spec, events([1, 2]))
  await compute(spec, 1, [start])
  await run(store, profileWindows({ spec, binning, windows: [{ start, revision: 2 }] }))
  expect((await merge(spec, minute, [start])).find((r) => r.feature === 'x')?.profile.n).toBe(2)
})

test('profiles from before the binning do not blur those after it', async () => {
  const spec = await model('unbinned')
  await insertEvents(store, spec, [...events([1]), ...events([3, 4], '1', start + minute)])
  await compute(spec, 1, [start], noBinning)
  await compute(spec, 1, [start + minute])
  const rows = await merge(spec, 5 * minute, [start])
  const x = rows.find((r) => r.feature === 'x')?.profile
  expect(x).toMatchObject({ n: 2, counts: [0, 2, 0] })
  expect(rows.find((r) => r.feature === 'error')?.profile.n).toBe(3)
})

test('content tells a change from a repetition', async () => {
  const spec = await model('contents')
  await insertEvents(store, spec, events([1, 2]))
  const [first] = await compute(spec, 1, [start])
  expect(first).toMatchObject({ start, n: 2 })

  await insertEvents(
    store,
    spec,
    events([1, 2]).map((e) => ({ ...e, ingestedAt: start + 90_000 })),
  )
  const [again] = await compute(spec, 2, [start])
  expect(again).toEqual(first)

  // The same computation written twice, as after a crash.
  expect(await compute(spec, 2, [start])).toEqual([first])

  await insertEvents(store, spec, events([1, 2, 2]))
  const [changed] = await compute(spec, 3, [start])
  expect(changed).toMatchObject({ n: 3 })
  expect(changed?.content).not.toBe(first?.content)

  const series = { table: 'windows' as const, model: 'contents', window: '1m' }
  expect(await store.query(windowStates(series, [start, start + minute]))).toEqual([
    { start, n: 3, revision: 1, computations: 3, content: changed?.content, binning: 1 },
  ])
})

const distinctOf = async (name: string, values: number[]): Promise<unknown> => {
  const spec = await model(name)
  await insertEvents(store, spec, events(values))
  return store.query(distinctValues(spec, minute, [{ from: start, to: start + minute }]))
}

test('counts different values: exactly up to a thousand', async () => {
  const arm = { version: '1', variant: 'live', windowStart: start, feature: 'x' }
  expect(await distinctOf('distinct', [1, 2, 2, 3])).toEqual([{ ...arm, distinct: 3 }])
  const thousand = Array.from({ length: 3000 }, (_, i) => Math.sqrt(i % 1000))
  expect(await distinctOf('distinct_1000', thousand)).toEqual([{ ...arm, distinct: 1000 }])
})

test('counts more values within three standard errors, whatever order they come in', async () => {
  const many = Array.from({ length: 20_000 }, (_, i) => Math.sqrt(i))
  const forwards = (await distinctOf('many', many)) as { distinct: number }[]
  const backwards = (await distinctOf('many_backwards', many.reverse())) as { distinct: number }[]
  expect(forwards).toEqual(backwards)
  expect(Math.abs((forwards[0]?.distinct ?? 0) / 20_000 - 1)).toBeLessThan(3 * 0.006)
})
