import { afterAll, beforeAll, expect, test } from 'vitest'
import { modelSpec } from '../../../core/model-spec.ts'
import { noBinning, type FeatureBins } from '../../../store/binning.ts'
import type { Store } from '../../../store/client.ts'
import { baselineProfiles } from '../../../store/queries/baseline-profiles.ts'
import type { FeatureReference } from '../../../store/feature-references.ts'
import { eventsRelation } from '../../../store/queries/profile-source.ts'
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
const edges = Array.from({ length: 63 }, (_, i) => i)
const names = Array.from({ length: 100 }, (_, i) => `f${i}`)
const wide = {
  model: 'wide',
  kind: 'features',
  window: '1m',
  features: Object.fromEntries(names.map((name) => [name, 'numeric' as const])),
} as const
const bins = new Map<string, FeatureBins>(names.map((name) => [name, numericBins(edges, 0, 63)]))

test('windows of texts are profiled some at a time', () => {
  const windows = Array.from({ length: 40 }, (_, i) => ({ start: start + i * minute, revision: 1 }))
  const statementsOf = (type: 'text' | 'categorical'): number => {
    const spec = modelSpec({ model: 'many', window: '1m', features: { a: type } })
    return profileWindows({ spec, binning: noBinning, windows }).length
  }
  expect([statementsOf('categorical'), statementsOf('text')]).toEqual([1, 3])
})

test('every value is bound, and only what is bound is passed', () => {
  const spec = modelSpec({
    model: 'bound',
    features: {
      "x'; DROP": 'numeric',
      c: 'categorical',
      "t'": 'text',
      e: { embedding: [2] },
    },
    slices: ['c', 'tags.region'],
  })
  const slices = new Map([
    ['c', freezeSlice([{ name: 'c', edges: null }], [["o'clock"]])],
    ['t', freezeSlice([{ name: 'tags.region', edges: null }], [["r'egion"]])],
  ])
  const features = new Map<string, FeatureBins>([
    ['c', { kind: 'categorical', categories: ["k'"], others: [], open: false }],
  ])
  const references = new Map<string, FeatureReference>([
    ["t'", { kind: 'vocabulary', words: ["w'ord"] }],
    ['e', { kind: 'centroid', components: [0.125, -0.0625] }],
  ])
  const binning = { ...binningOf(features, slices), references }
  for (const { sql, params } of profileWindows({
    spec,
    binning,
    windows: [{ start, revision: 1 }],
  })) {
    const bound = new Set([...sql.matchAll(/\{(\w+):/g)].map((match) => match[1]))
    expect(bound).toEqual(new Set(Object.keys(params ?? {})))
    for (const text of ["o'clock", "r'egion", "k'", "w'ord", '0.125'])
      expect(sql).not.toContain(text)
  }
})

test('a hundred features go in several statements, each well below the text limit', async () => {
  const spec = await createModel(store, wide)
  const features = Object.fromEntries(names.map((name, i) => [name, i]))
  await insertEvents(store, spec, [{ id: 'a', ts: start, features }])
  const windows = [{ start, revision: 1 }]
  const statements = profileWindows({ spec, binning: binningOf(bins), windows })
  expect(statements.length).toBeGreaterThan(2)
  expect(Math.max(...statements.map(({ sql }) => sql.length))).toBeLessThan(200_000)
  await run(store, statements)
  const profiles = await readProfiles(store, 'wide')
  expect(profiles.size).toBe(103)
  for (const [i, name] of names.entries()) {
    expect(profiles.get(`${start / 1000}|1|live||${name}`)).toMatchObject({ n: 1, sum: i })
  }
})

test('far more windows than fit at once are each profiled once, and none beside them', async () => {
  const spec = await createModel(store, { ...wide, model: 'sparse', features: { f0: 'numeric' } })
  const minutes = Array.from({ length: 400 }, (_, i) => i)
  await insertEvents(
    store,
    spec,
    minutes.map((i) => ({ id: String(i), ts: start + i * minute, features: { f0: i } })),
  )
  const due = minutes.filter((i) => i % 3 !== 1)
  const statements = profileWindows({
    spec,
    binning: binningOf(bins),
    windows: due.map((i) => ({ start: start + i * minute, revision: i + 1 })).reverse(),
  })
  expect(statements.length).toBeGreaterThan(1)
  await run(store, statements)
  const rows = await store.query({
    name: 'revisions',
    sql: `SELECT toUnixTimestamp(window_start) AS at, revision FROM profiles WHERE model = 'sparse' AND feature = 'f0' ORDER BY at`,
    params: {},
    toRow: (raw) => [Number(raw['at']), Number(raw['revision'])],
  })
  expect(rows).toEqual(due.map((i) => [start / 1000 + i * 60, i + 1]))
})

test('a model without features still counts its requests', async () => {
  const spec = await createModel(store, { ...wide, model: 'none', features: {} })
  await insertEvents(store, spec, [{ id: 'a', ts: start, features: {} }])
  await run(store, profileWindows({ spec, binning: noBinning, windows: [{ start, revision: 1 }] }))
  const features = [...(await readProfiles(store, 'none')).keys()].map((key) => key.split('|')[4])
  expect(features).toEqual(['error', 'ingest_delay_seconds', 'payload_bytes'])
  const relation = eventsRelation(spec, [{ from: start, to: start + minute }])
  const input = { spec, binning: noBinning, relation, baseline: 'b', revision: 1, now: start }
  expect(baselineProfiles(input)).toEqual([])
})

test('numeric dimensions are cut at their frozen edges', async () => {
  const spec = await createModel(store, {
    ...wide,
    model: 'quartiles',
    features: { f0: 'numeric' },
    slices: ['f0'],
  })
  const values = [-5, 1, 2, 3, 10]
  await insertEvents(store, spec, [
    ...values.map((f0, i) => ({ id: String(i), ts: start, features: { f0 } })),
    { id: 'none', ts: start, features: {} },
  ])
  const slice = freezeSlice([{ name: 'f0', edges: [1, 3] }], [['[1,3)'], ['[-inf,1)']])
  const binning = binningOf(bins, new Map([['f0', slice]]))
  await run(store, profileWindows({ spec, binning, windows: [{ start, revision: 1 }] }))
  const profiles = await readProfiles(store, 'quartiles')
  const counted = [...profiles].filter(([key]) => key.endsWith('|error'))
  expect(counted.map(([key, { n }]) => [key.split('|')[3], n])).toEqual([
    ['', 6],
    ['f0=[-inf%2C1)', 1],
    ['f0=[1%2C3)', 2],
    ['f0=__missing__', 1],
    ['f0=__other__', 2],
  ])
})
