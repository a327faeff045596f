import { afterAll, beforeAll, expect, test } from 'vitest'
import { chooseCategoricalBins, noBinning, type FeatureBins } from '../../../store/binning.ts'
import type { Store } from '../../../store/client.ts'
import { profileWindows } from '../../../store/queries/profile-windows.ts'
import { freezeSlice } from '../../../store/slices.ts'
import { withStore, type TestStore } from '../../support/store.ts'
import {
  binningOf,
  createModel,
  insertEvents,
  numericBins,
  readProfiles,
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
const second = start / 1000

const awkward = ["o'clock", 'back\\slash', 'tab\there', 'line\nbreak', '{a:String}', '日本', '']

test('counts every value, absence and fault of a window, in every slice', async () => {
  const spec = await createModel(store, {
    model: 'counting',
    task: 'binary_classification',
    window: '1m',
    features: { x: 'numeric', country: 'categorical' },
    slices: ['country', ['country', 'tags.region']],
  })
  const events: TestEvent[] = [
    { id: 'a', ts: start, features: { x: 1, country: 'DE' }, prediction: '1', score: 0.75 },
    { id: 'b', ts: start + 1, features: { x: 2, country: 'DE' }, tags: { region: 'eu' } },
    { id: 'c', ts: start + 2, features: { x: 99, country: 'FR' }, error: 'timeout' },
    { id: 'd', ts: start + 3, features: { country: 'XX' }, issues: { x: 'invalid' } },
    { id: 'e', ts: start + 4, features: { country: 'ZZ' }, issues: { x: 'type_mismatch' } },
    { id: 'f', ts: start + 5, features: {} },
    { id: 'g', ts: start + minute, features: { x: 5, country: 'DE' } },
    { id: 'late', ts: start + 2 * minute, features: { x: 5, country: 'DE' } },
  ]
  await insertEvents(store, spec, events)
  const binning = binningOf(
    new Map<string, FeatureBins>([
      ['x', numericBins([2, 10], 0, 50)],
      ['country', { ...chooseCategoricalBins(['DE', 'FR']), others: ['XX'] }],
    ]),
    new Map([
      ['country', freezeSlice([{ name: 'country', edges: null }], [['DE'], ['FR']])],
      [
        'country,tags.region',
        freezeSlice(
          [
            { name: 'country', edges: null },
            { name: 'tags.region', edges: null },
          ],
          [
            ['DE', 'eu'],
            ['FR', null],
          ],
        ),
      ],
    ]),
  )
  await run(
    store,
    profileWindows({
      spec,
      binning,
      windows: [
        { start, revision: 1 },
        { start: start + minute, revision: 7 },
      ],
    }),
  )
  const profiles = await readProfiles(store, 'counting')
  const at = (slice: string, feature: string, window = second) =>
    profiles.get(`${window}|1|live|${slice}|${feature}`)

  expect(at('', 'x')).toEqual({
    n: 6,
    missing: 1,
    invalid: 1,
    typeMismatch: 1,
    unseen: 0,
    outOfRange: 1,
    counts: [1, 1, 1],
    sum: 102,
    sumSquares: 1 + 4 + 99 ** 2,
    min: 1,
    max: 99,
  })
  expect(at('', 'country')).toMatchObject({ n: 6, missing: 1, unseen: 1, counts: [2, 1, 1] })
  expect(at('country=DE', 'x')).toMatchObject({ n: 2, counts: [1, 1, 0], sum: 3 })
  expect(at('country=__other__', 'x')).toMatchObject({ n: 2, invalid: 1, typeMismatch: 1 })
  expect(at('country=__missing__', 'x')).toMatchObject({ n: 1, missing: 1, sum: null, min: null })
  expect(at('country=DE,tags.region=eu', 'x')).toMatchObject({ n: 1, sum: 2 })
  expect(at('country=FR,tags.region=__missing__', 'x')).toMatchObject({ n: 1, sum: 99 })
  expect(at('country=__other__,tags.region=__other__', 'x')).toMatchObject({ n: 4, sum: 1 })
  expect(at('', 'error')).toMatchObject({ n: 6, counts: [5, 1] })
  expect(at('', 'payload_bytes')).toMatchObject({ n: 6, sum: 600, sumSquares: 60_000, max: 100 })
  expect(at('', 'ingest_delay_seconds')).toMatchObject({ sum: 9, sumSquares: 13.5, max: 1.5 })
  expect(at('', 'score')).toMatchObject({ n: 6, missing: 5, counts: [], sum: 0.75, max: 0.75 })
  expect(at('', 'prediction')).toMatchObject({ n: 6, missing: 5, counts: [] })
  expect(at('', 'x', second + 60)).toMatchObject({ n: 1, sum: 5 })
  expect(at('', 'x', second + 120)).toBeUndefined()
})

test('a category is matched by its bytes, whatever they are', async () => {
  const spec = await createModel(store, {
    model: 'awkward',
    window: '1m',
    features: { "it's": 'categorical' },
    slices: ["it's"],
  })
  await insertEvents(
    store,
    spec,
    awkward.map((value, i) => ({ id: String(i), ts: start + i, features: { "it's": value } })),
  )
  const binning = binningOf(
    new Map<string, FeatureBins>([["it's", chooseCategoricalBins(awkward)]]),
    new Map([
      [
        "it's",
        freezeSlice(
          [{ name: "it's", edges: null }],
          awkward.map((v) => [v]),
        ),
      ],
    ]),
  )
  await run(store, profileWindows({ spec, binning, windows: [{ start, revision: 1 }] }))
  const profiles = await readProfiles(store, 'awkward')
  expect(profiles.get(`${second}|1|live||it's`)?.counts).toEqual([1, 1, 1, 1, 1, 1, 1, 0])
  expect([...profiles.keys()].filter((key) => key.endsWith("|it's"))).toHaveLength(8)
  expect(profiles.get(`${second}|1|live|it's={a:String}|it's`)?.n).toBe(1)
})

test('without a binning a feature has totals and moments, but no counts', async () => {
  const spec = await createModel(store, {
    model: 'unbinned',
    kind: 'features',
    window: '1m',
    features: { x: 'numeric', c: 'categorical' },
  })
  await insertEvents(store, spec, [
    { id: 'a', ts: start, features: { x: -3, c: 'q' } },
    { id: 'b', ts: start, features: { x: 4 } },
  ])
  await run(store, profileWindows({ spec, binning: noBinning, windows: [{ start, revision: 1 }] }))
  const profiles = await readProfiles(store, 'unbinned')
  const features = [...profiles.keys()].map((key) => key.split('|').at(-1))
  expect(features).toEqual(['c', 'error', 'ingest_delay_seconds', 'payload_bytes', 'x'])
  expect(profiles.get(`${second}|1|live||x`)).toMatchObject({ n: 2, counts: [], sum: 1, min: -3 })
  expect(profiles.get(`${second}|1|live||c`)).toMatchObject({ n: 2, missing: 1, counts: [] })
})

test('values far beyond the reference saturate and stay finite', async () => {
  const spec = await createModel(store, {
    model: 'extreme',
    kind: 'features',
    window: '1m',
    features: { x: 'numeric' },
  })
  const values = [Number.MAX_VALUE, Number.MAX_VALUE, -0, 5e-324]
  await insertEvents(
    store,
    spec,
    values.map((x, i) => ({ id: String(i), ts: start, features: { x } })),
  )
  const binning = binningOf(new Map([['x', numericBins([0.5], 0, 1)]]))
  await run(store, profileWindows({ spec, binning, windows: [{ start, revision: 1 }] }))
  const profile = (await readProfiles(store, 'extreme')).get(`${second}|1|live||x`)
  expect(profile).toMatchObject({ n: 4, counts: [2, 2], outOfRange: 2, max: Number.MAX_VALUE })
  expect(profile?.sum).toBe(2 ** 41)
  expect(profile?.sumSquares).toBe(2 ** 41)
  expect(Object.is(profile?.min, 0)).toBe(true)
})
