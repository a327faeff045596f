import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { movingReference, referenceProfiles } from '../../monitor/references.ts'
import { noBinning } from '../../store/binning.ts'
import type { Store } from '../../store/client.ts'
import { profileWindows } from '../../store/queries/profile-windows.ts'
import { recordWindows } from '../../store/queries/profile-window-states.ts'
import { createModel, insertEvents, run } from '../store/queries/profile-fixture.ts'
import { withStore, type TestStore } from '../support/store.ts'

let store: Store
let opened: TestStore
beforeAll(async () => {
  opened = await withStore('embedded')
  store = opened.store
})
afterAll(() => opened.close())

const minute = 60_000
const start = Date.parse('2026-03-01T10:00:00Z')

test('a trailing reference is what came before the window, a version reference is the window of another', async () => {
  const spec = await createModel(store, {
    model: 'moving',
    kind: 'features',
    window: '1m',
    features: { x: 'numeric' },
  })
  const at = [0, 1, 2, 3].flatMap((i) => [
    { id: `a${i}`, ts: start + i * minute, version: '1', features: { x: 10 ** i } },
    { id: `b${i}`, ts: start + i * minute, version: '2', features: { x: 2 * 10 ** i } },
  ])
  await insertEvents(store, spec, at)
  const windows = [0, 1, 2, 3].map((i) => ({ start: start + i * minute, revision: 1 }))
  await run(store, profileWindows({ spec, binning: noBinning, windows }))
  const states = windows.map((w) => ({
    start: w.start,
    n: 2,
    revision: 1,
    computations: 1,
    content: '1',
    binning: 0,
  }))
  const series = { table: 'windows' as const, model: 'moving', window: '1m', windowMs: minute }
  await store.command(recordWindows(series, states, { now: start, days: 20_000 }))

  const window = { from: start + 3 * minute, to: start + 4 * minute }
  const sum = async (source: { trailing: string } | { version: string }) =>
    (await movingReference(store, spec, { source }, { window, binned: [] })).get('')?.get('x')?.sum
  expect(await sum({ trailing: '2m' })).toBe(330)
  expect(await sum({ trailing: '1d' })).toBe(333)
  expect(await sum({ version: '1' })).toBe(1000)
  expect(await sum({ version: 'none' })).toBeUndefined()
})

describe('a reference that holds no value of something', () => {
  const profile = (n: number, missing: number) => ({
    ...{ n, missing, invalid: 0, unseen: 0, typeMismatch: 0, outOfRange: 0, counts: [n - missing] },
    ...{ sum: null, sumSquares: null, min: null, max: null },
  })

  test('says nothing about predictions, scores and latencies, in no slice', () => {
    const slices = referenceProfiles([
      { slice: '', feature: 'x', profile: profile(100, 0) },
      { slice: '', feature: 'prediction', profile: profile(100, 100) },
      { slice: '', feature: 'score', profile: profile(100, 99) },
      { slice: 'c=a', feature: 'prediction', profile: profile(40, 40) },
      { slice: 'c=a', feature: 'score', profile: profile(40, 40) },
    ])
    expect([...(slices.get('')?.keys() ?? [])]).toEqual(['x', 'score'])
    expect([...(slices.get('c=a')?.keys() ?? [])]).toEqual(['score'])
  })

  test('knows that a declared feature was always missing', () => {
    const slices = referenceProfiles([{ slice: '', feature: 'x', profile: profile(100, 100) }])
    expect(slices.get('')?.get('x')?.missing).toBe(100)
  })
})
