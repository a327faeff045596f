import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ModelSpec } from '../../../core/model-spec.ts'
import type { Store } from '../../../store/client.ts'
import { eventsRelation, sourcesOf } from '../../../store/queries/profile-source.ts'
import { referenceSample } from '../../../store/queries/reference-sample.ts'
import { windowSample } from '../../../store/queries/window-sample.ts'
import { withStore, type TestStore } from '../../support/store.ts'
import { createModel, insertEvents, type TestEvent } from './profile-fixture.ts'

let store: Store
let opened: TestStore
beforeAll(async () => {
  opened = await withStore('embedded')
  store = opened.store
})
afterAll(() => opened.close())

const minute = 60_000
const start = Date.parse('2026-03-01T10:00:00Z')
const draw = { seed: 7, limit: 20 }

const model = (name: string): Promise<ModelSpec> =>
  createModel(store, {
    model: name,
    kind: 'features',
    window: '1m',
    features: { a: 'numeric', c: 'categorical', b: 'numeric', d: 'boolean' },
  })

const columnsOf = (spec: ModelSpec) => ({
  numeric: sourcesOf(spec).filter(({ kind }) => kind === 'numeric'),
  categorical: sourcesOf(spec).filter(({ kind }) => kind === 'categorical'),
})

/** Two windows; in the second two versions, one of them in two variants. */
const events: TestEvent[] = Array.from({ length: 200 }, (_, i) => ({
  id: `e-${i}`,
  ts: start + (i < 100 ? 0 : minute) + i,
  version: i < 150 ? '1' : '2',
  variant: i < 190 ? 'live' : 'canary',
  features: { a: i, b: i % 3 === 0 ? null : i / 7, c: i % 5 === 0 ? null : `c${i}`, d: 'true' },
}))

const sampleOf = async (spec: ModelSpec, limit = draw.limit) =>
  store.query(
    windowSample({
      spec,
      columns: columnsOf(spec),
      widthMs: minute,
      ranges: [{ from: start, to: start + 2 * minute }],
      seed: draw.seed,
      limit,
    }),
  )

test('draws each arm of each window by itself, and says how many rows there were', async () => {
  const spec = await model('arms')
  await insertEvents(store, spec, events)
  const arms = await sampleOf(spec)
  const facts = arms.map((a) => [a.windowStart, a.version, a.variant, a.total, a.rows.length])
  expect(facts).toEqual([
    [start, '1', 'live', 100, 20],
    [start + minute, '1', 'live', 50, 20],
    [start + minute, '2', 'canary', 10, 10],
    [start + minute, '2', 'live', 40, 20],
  ])
})

test('reads the values of a row together, exactly, and missing ones as null', async () => {
  const spec = await model('values')
  await insertEvents(store, spec, events)
  const rows = (await sampleOf(spec, 1000)).flatMap((arm) => arm.rows)
  expect(rows).toHaveLength(200)
  for (const { numbers, texts } of rows) {
    const i = numbers[0] ?? NaN
    expect(numbers).toEqual([i, i % 3 === 0 ? null : i / 7])
    expect(texts).toEqual([i % 5 === 0 ? null : `c${i}`, 'true'])
  }
})

test('draws the same rows in the same order whenever and however often events came', async () => {
  const [spec, other] = [await model('early'), await model('late')]
  await insertEvents(store, spec, events)
  const shuffled = [...events].reverse()
  await insertEvents(store, other, shuffled.slice(0, 120))
  await insertEvents(store, other, shuffled.slice(80))
  expect(await sampleOf(other)).toEqual(await sampleOf(spec))
})

test('a smaller sample is the beginning of a larger one, and another seed draws other rows', async () => {
  const spec = await model('nested')
  await insertEvents(store, spec, events)
  const [large, small] = [await sampleOf(spec, 30), await sampleOf(spec, 12)]
  expect(small[0]?.rows).toEqual(large[0]?.rows.slice(0, 12))
  const relation = eventsRelation(spec, [{ from: start, to: start + minute }], 'reference_')
  const drawn = async (seed: number) => {
    const sample = { key: 'event_id', seed, limit: draw.limit } as const
    const rows = await store.query(referenceSample(relation, columnsOf(spec), sample))
    expect(rows.every(({ at, numbers }) => at === start + (numbers[0] ?? NaN))).toBe(true)
    return rows.map(({ numbers, texts }) => ({ numbers, texts }))
  }
  expect(await drawn(draw.seed)).toEqual(large[0]?.rows.slice(0, draw.limit))
  expect(await drawn(8)).not.toEqual(await drawn(draw.seed))
})

test('no intervals and no columns are no rows and empty rows', async () => {
  const spec = await model('none')
  await insertEvents(store, spec, events)
  const columns = { numeric: [], categorical: [] }
  const input = { spec, columns, widthMs: minute, seed: 1, limit: 3 }
  expect(await store.query(windowSample({ ...input, ranges: [] }))).toEqual([])
  const ranges = [{ from: start, to: start + minute }]
  const [arm] = await store.query(windowSample({ ...input, ranges }))
  expect(arm?.rows).toEqual(Array(3).fill({ numbers: [], texts: [] }))
})
