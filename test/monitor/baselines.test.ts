import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ModelFile, ModelSpec } from '../../core/model-spec.ts'
import {
  createBaseline,
  freezeDueBaselines,
  listBaselines,
  type BaselineDeps,
} from '../../monitor/baselines.ts'
import { readBinning } from '../../monitor/freeze-binning.ts'
import { baselineFor, referenceRows, storedReference } from '../../monitor/references.ts'
import type { Store } from '../../store/client.ts'
import type { RegisteredModel } from '../../store/model-registry.ts'
import { withStore, type TestStore } from '../support/store.ts'
import { createModel, insertEvents } from '../store/queries/profile-fixture.ts'

let store: Store
let opened: TestStore
let directory: string
let deps: BaselineDeps
const minute = 60_000
const start = Date.parse('2026-03-01T10:00:00Z')
let now = start

beforeAll(async () => {
  opened = await withStore('embedded')
  store = opened.store
  const root = await mkdtemp(join(tmpdir(), 'tidegauge-baselines-'))
  directory = join(root, 'allowed')
  await mkdir(directory)
  deps = {
    store,
    now: () => new Date(now++),
    fileDirectories: [directory],
    lookedAt: new Map(),
  }
})
afterAll(async () => {
  await opened.close()
  await rm(join(directory, '..'), { recursive: true, force: true })
})

const registered = (spec: ModelSpec): RegisteredModel => ({
  spec,
  revision: 1,
  origin: 'file',
  createdAt: new Date(start),
})

async function model(file: ModelFile): Promise<RegisteredModel> {
  return registered(await createModel(store, { window: '1m', kind: 'features', ...file }))
}

const features = { x: 'numeric', c: 'categorical' } as const

test('a CSV file becomes bins, profiles and rows; bad numbers are counted as such', async () => {
  const lines = [
    'c,extra,x,tags.region',
    'a,1,1.5,eu',
    '"b,c",1,nan,',
    'a,2,,',
    'a,1,oops,',
    ',1,inf,',
  ]
  await writeFile(join(directory, 'small.csv'), lines.join('\n'))
  const small = await model({
    model: 'csv',
    features,
    slices: ['c', 'tags.region'],
    baselines: { training: { file: 'small.csv' } },
  })
  const [baseline] = await freezeDueBaselines(deps, small)
  expect(baseline).toMatchObject({ status: 'ready', kind: 'file', n: 5, binning: 1, revision: 1 })
  if (baseline === undefined) throw new Error('there is a baseline')

  const profiles = await storedReference(store, baseline)
  expect(profiles.get('')?.get('x')).toMatchObject({
    n: 5,
    missing: 2,
    invalid: 2,
    counts: [0, 1, 0],
    sum: 1.5,
  })
  expect(profiles.get('')?.get('c')).toMatchObject({ n: 5, missing: 1, counts: [3, 1, 0] })
  expect([...profiles.keys()].sort()).toEqual([
    '',
    'c=__missing__',
    'c=a',
    'c=b%2Cc',
    'tags.region=__missing__',
    'tags.region=eu',
  ])
  expect(referenceRows(small.spec, baseline)?.from).toBe('`reference_csv`')

  const again = await freezeDueBaselines(deps, small)
  expect(again).toEqual([baseline])
})

test('CSV, NDJSON and Parquet of the same rows make the same profiles', async () => {
  const rows = Array.from({ length: 200 }, (_, i) => ({
    x: i / 3,
    c: `k${i % 4}`,
    vip: i % 2 === 0,
  }))
  const types = { ...features, vip: 'boolean' } as const
  await writeFile(join(directory, 'r.ndjson'), rows.map((r) => JSON.stringify(r)).join('\n'))
  await store.command({
    name: 'write-parquet',
    sql: `INSERT INTO FUNCTION file('${join(directory, 'r.parquet')}', 'Parquet') SELECT number / 3 AS x, concat('k', toString(number % 4)) AS c, number % 2 = 0 AS vip FROM numbers(200)`,
  })
  const csv = rows.map((r) => `${r.x},${r.c},${r.vip ? 'True' : '0'}`)
  await writeFile(join(directory, 'r.csv'), ['x,c,vip', ...csv].join('\n'))
  const both = await model({
    model: 'formats',
    features: types,
    baselines: {
      nd: { file: 'r.ndjson' },
      parquet: { file: join(directory, 'r.parquet') },
      csv: { file: 'r.csv' },
    },
  })
  const all = await freezeDueBaselines(deps, both)
  expect(all.map((b) => [b.baseline, b.detail])).toEqual([
    ['csv', ''],
    ['nd', ''],
    ['parquet', ''],
  ])
  const [profiles, ...others] = await Promise.all(all.map((b) => storedReference(store, b)))
  expect(profiles?.get('')?.get('vip')?.counts).toEqual([100, 100, 0])
  for (const other of others) expect(other).toEqual(profiles)
})

test.each([
  ['no.txt', 'must end in one of'],
  ['../outside.csv', 'outside'],
  ['link.csv', 'outside'],
  ['lacking.csv', 'has no column for x, c'],
  ['empty.csv', 'cannot be read'],
])('refuses the file %s and says why', async (file, why) => {
  await writeFile(join(directory, '..', 'outside.csv'), 'x,c\n1,a\n')
  await symlink(join(directory, '..', 'outside.csv'), join(directory, 'link.csv')).catch(() => null)
  await writeFile(join(directory, 'lacking.csv'), 'y\n1\n')
  await writeFile(join(directory, 'empty.csv'), 'x,c\n')
  const refused = await model({ model: `f-${file}`, features, baselines: { b: { file } } })
  const [baseline] = await freezeDueBaselines(deps, refused)
  expect(baseline?.status).toBe('failed')
  expect(baseline?.detail).toContain(why)
  await expect(
    createBaseline(deps, refused, { name: 'b', source: { file } }),
  ).rejects.toMatchObject({
    code: 'BASELINE_INVALID',
  })
})

test('waits for a file that is not there yet', async () => {
  const waiting = await model({ model: 'wait', features, baselines: { b: { file: 'later.csv' } } })
  const [pending] = await freezeDueBaselines(deps, waiting)
  expect(pending).toMatchObject({ status: 'pending', detail: 'there is no file "later.csv" yet' })
  expect(await freezeDueBaselines(deps, waiting)).toEqual([pending])
  await writeFile(join(directory, 'later.csv'), 'x,c\n1,a\n')
  expect((await freezeDueBaselines(deps, waiting))[0]).toMatchObject({
    status: 'ready',
    revision: 1,
  })
})

const events = (count: number, at: number, value: (i: number) => Record<string, number | string>) =>
  Array.from({ length: count }, (_, i) => ({
    id: `${at}-${i}`,
    ts: at + i * 100,
    features: value(i),
  }))

test('the first events freeze once their window is closed, and never again', async () => {
  const first = { first: { events: 150, period: '1h' } }
  const spec = await model({ model: 'first', features, lateness: '1m', baselines: { first } })
  await insertEvents(
    store,
    spec.spec,
    events(200, start, (i) => ({ x: i, c: 'a' })),
  )
  expect((await freezeDueBaselines(deps, spec))[0]).toMatchObject({
    status: 'pending',
    detail:
      'its 150 events are there; the last window of them closes with an event of 2026-03-01T10:02:00.000Z or later',
  })

  await insertEvents(
    store,
    spec.spec,
    events(1, start + 2 * minute - 1, () => ({ x: 0, c: 'b' })),
  )
  expect((await freezeDueBaselines(deps, spec))[0]?.status).toBe('pending')
  await insertEvents(
    store,
    spec.spec,
    events(1, start + 2 * minute, () => ({ x: 0, c: 'b' })),
  )
  const [ready] = await freezeDueBaselines(deps, spec)
  expect(ready).toMatchObject({ status: 'ready', n: 200 })
  expect(ready?.frozen).toEqual({ kind: 'events', range: { from: start, to: start + minute } })

  await insertEvents(
    store,
    spec.spec,
    events(50, start + 1, () => ({ x: 1000, c: 'z' })),
  )
  expect((await freezeDueBaselines(deps, spec))[0]).toEqual(ready)
})

test('first events that are not there yet are counted once each, and a period that is over says so', async () => {
  const first = { first: { events: 150, period: '2m' } }
  const spec = await model({ model: 'few', features, lateness: '1m', baselines: { first } })
  const hundred = events(100, start, (i) => ({ x: i, c: 'a' }))
  const detail = async () => (await freezeDueBaselines(deps, spec))[0]?.detail
  await insertEvents(store, spec.spec, hundred)
  expect(await detail()).toBe('waits for 150 events or 2m of them: there are about 100 so far')
  await insertEvents(store, spec.spec, hundred)
  expect(await detail()).toBe('waits for 150 events or 2m of them: there are about 100 so far')

  await insertEvents(
    store,
    spec.spec,
    events(1, start + 2 * minute, () => ({ x: 0, c: 'b' })),
  )
  expect(await detail()).toBe(
    'its first 2m are over; the last window of them closes with an event of 2026-03-01T10:03:00.000Z or later',
  )
})

test('a new feature gets bins under the next id and changes no old ones', async () => {
  const range = {
    range: { from: new Date(start).toISOString(), to: new Date(start + minute).toISOString() },
  }
  const before = await model({ model: 'grows', features: { x: 'numeric' }, baselines: { range } })
  now = start + 3_600_000
  await insertEvents(
    store,
    before.spec,
    events(100, start, (i) => ({ x: i })),
  )
  expect((await freezeDueBaselines(deps, before))[0]).toMatchObject({ status: 'ready', binning: 1 })
  const old = await readBinning(store, 'grows')

  await store.command({
    name: 'add-feature',
    sql: 'ALTER TABLE events_grows ADD COLUMN `features.y` Nullable(Float64)',
  })
  const grown = await createModel(store, {
    model: 'grows',
    kind: 'features',
    window: '1m',
    features: { x: 'numeric', y: 'numeric' },
    baselines: { range },
  })
  const many = Array.from({ length: 10_000 }, (_, i) => ({
    id: `m${i}`,
    ts: start + 10 * minute + i,
    features: { x: 500, y: i },
  }))
  await insertEvents(store, grown, [...many, { id: 'z', ts: start + 30 * minute, features: {} }])
  deps.lookedAt.clear()
  const [baseline] = await freezeDueBaselines(deps, registered(grown))
  expect(baseline).toMatchObject({ status: 'ready', binning: 2, revision: 1, n: 100 })
  const extended = await readBinning(store, 'grows')
  expect(extended.features.get('x')).toEqual(old.features.get('x'))
  expect(extended.features.get('y')).toMatchObject({ low: 0, high: 9999 })
  if (baseline === undefined) throw new Error('there is one')
  const profiles = await storedReference(store, baseline)
  expect(profiles.get('')?.get('y')).toMatchObject({ n: 100, missing: 100 })
  expect(profiles.get('')?.get('y')?.counts).toHaveLength(64)
})

test("a version's own revision is its reference, and the declared one stays everyone else's", async () => {
  await writeFile(join(directory, 'v1.csv'), 'x,c\n1,a\n')
  await writeFile(join(directory, 'v2.csv'), 'x,c\n2,a\n3,a\n')
  const spec = await model({ model: 'bound', features, baselines: { t: { file: 'v1.csv' } } })
  await freezeDueBaselines(deps, spec)
  const source = { file: 'v2.csv' }
  const made = await createBaseline(deps, spec, { name: 't', source, version: '2' })
  expect(made).toMatchObject({ revision: 2, version: '2', n: 2, status: 'ready' })
  const all = await freezeDueBaselines(deps, spec)
  expect(all).toEqual(await listBaselines(store, 'bound'))
  expect(['1', '2', '3'].map((v) => baselineFor(all, 't', v)?.revision)).toEqual([1, 2, 1])
})
