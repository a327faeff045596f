import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  storeBaselines,
  storeDeadLetters,
  storeLedger,
  storeResults,
} from '../../api/read-store.ts'
import { modelSpec } from '../../core/model-spec.ts'
import { createTable } from '../../store/ddl.ts'
import { insertRows, type Cell } from '../../store/insert-rows.ts'
import { eventsTable } from '../../store/tables/events-table.ts'
import { withStore, type TestStore } from '../support/store.ts'

let opened: TestStore
beforeAll(async () => {
  opened = await withStore('embedded')
})
afterAll(() => opened.close())

const at = (hour: number, ms = 0): Date => new Date(Date.UTC(2026, 10, 20, hour, 0, 0, ms))
const hostile = "x' OR 1=1 -- \\ {a:String} \n`"

async function insert(table: string, rows: readonly Record<string, Cell>[]): Promise<void> {
  const columns = Object.keys(rows[0] ?? {})
  const cells = rows.map((row) => columns.map((column) => row[column] ?? null))
  await insertRows(opened.store, table, columns, cells)
}

const metric = (over: Record<string, Cell>): Record<string, Cell> => ({
  model: 'fraud',
  version: '7',
  variant: 'live',
  window_start: at(1),
  window_end: at(2),
  window: '1h',
  slice: '',
  feature: 'amount',
  metric: 'psi',
  method: 'psi/decile-jeffreys',
  value: 0.25,
  p_value: null,
  n_reference: 10,
  n_current: 20,
  baseline: 'training',
  status: 'ok',
  revision: 1,
  delete_after: '2100-01-01',
  ...over,
})

test('metrics come in the order of their key, page by page, newest revision only', async () => {
  await insert('metrics', [
    ...[3, 1, 2].map((hour) => metric({ window_start: at(hour), window_end: at(hour + 1) })),
    metric({ value: 0.5, revision: 2 }),
    metric({ slice: 'country=DE' }),
    metric({ metric: 'ks', value: null, status: 'no_data' }),
    metric({ metric: 'ks', feature: 'gone', status: 'retracted' }),
    metric({ model: 'other' }),
  ])
  const { metrics } = storeResults(opened.store)
  const seen: unknown[] = []
  let after: Parameters<typeof metrics>[1]['after'] = null
  do {
    const page = await metrics({ model: 'fraud' }, { limit: 2, after })
    expect(page.rows.length).toBeLessThanOrEqual(2)
    for (const row of page.rows)
      seen.push([row.metric, row.slice, row.window_start, row.value, row.status])
    after = page.next
  } while (after !== null)
  expect(seen).toEqual([
    ['ks', '', '2026-11-20T01:00:00Z', null, 'no_data'],
    ['psi', '', '2026-11-20T01:00:00Z', 0.5, 'ok'],
    ['psi', '', '2026-11-20T02:00:00Z', 0.25, 'ok'],
    ['psi', '', '2026-11-20T03:00:00Z', 0.25, 'ok'],
    ['psi', 'country=DE', '2026-11-20T01:00:00Z', 0.25, 'ok'],
  ])
})

test('every filter of metrics narrows, ends of time are half-open, values stay values', async () => {
  const { metrics } = storeResults(opened.store)
  const count = async (filter: Record<string, unknown>): Promise<number> =>
    (await metrics({ model: 'fraud', ...filter }, { limit: 100, after: null })).rows.length
  expect(await count({ slice: '' })).toBe(4)
  expect(await count({ slice: 'country=DE' })).toBe(1)
  expect(await count({ metric: 'ks' })).toBe(1)
  expect(await count({ status: 'retracted' })).toBe(1)
  expect(await count({ from: at(1), to: at(2) })).toBe(3)
  expect(await count({ from: at(2), to: new Date(8.64e15) })).toBe(2)
  for (const name of [
    'metric',
    'feature',
    'slice',
    'window',
    'version',
    'variant',
    'baseline',
    'method',
    'status',
  ])
    expect([name, await count({ [name]: hostile })]).toEqual([name, 0])
})

test('windows come by width and in time order, the last computation only', async () => {
  const window = (over: Record<string, Cell>) => ({
    model: 'fraud',
    window: '1h',
    window_start: at(1),
    window_end: at(2),
    n: 5,
    revision: 1,
    computations: 1,
    binning: 1,
    computed_at: at(3, 7),
    delete_after: '2100-01-01',
    ...over,
  })
  await insert('windows', [
    window({ window_start: at(2) }),
    window({}),
    window({ n: 6, computations: 2 }),
    window({ window: '1d' }),
  ])
  const { windows } = storeResults(opened.store)
  const first = await windows({ model: 'fraud' }, { limit: 2, after: null })
  expect(first.rows.map((row) => [row.window, row.n, row.computed_at])).toEqual([
    ['1d', 5, '2026-11-20T03:00:00.007Z'],
    ['1h', 6, '2026-11-20T03:00:00.007Z'],
  ])
  const rest = await windows({ model: 'fraud' }, { limit: 2, after: first.next })
  expect(rest).toMatchObject({ rows: [{ window_start: '2026-11-20T02:00:00Z' }], next: null })
})

test('an event comes back whole with its label, whatever its features are called', async () => {
  const file = {
    model: 'mo/del',
    features: { __proto__x: 'numeric', 'a b': 'categorical' },
  } as const
  const table = eventsTable(modelSpec(file))
  const layout = { database: opened.store.database, cluster: null }
  for (const sql of createTable(layout, table)) await opened.store.command({ name: 'make', sql })
  const event = {
    event_id: hostile,
    ts: at(1, 123),
    version: '7',
    variant: 'live',
    prediction: '1',
    score: 0.5,
    scores: { a: 0.25 },
    tags: { region: 'eu' },
    'issues.feature': ['a b'],
    'issues.reason': ['invalid'],
    'issues.value': ['inf'],
    payload_bytes: 9,
    _source: 'http',
    _topic: 't',
    _partition: 0,
    _offset: 42,
    ingested_at: at(2, 5),
    'features.__proto__x': 1.5,
    'features.a b': null,
  }
  await insert(table.name, [event])
  await insert('labels', [
    { model: 'mo/del', event_id: hostile, label: '0', ts: at(3), ingested_at: at(3) },
  ])
  const { event: find } = storeResults(opened.store)
  const { event: found, label } = await find('mo/del', hostile)
  expect(found).toMatchObject({ id: hostile, ts: '2026-11-20T01:00:00.123Z', score: 0.5 })
  expect([...(found?.features ?? [])]).toEqual([
    ['__proto__x', 1.5],
    ['a b', null],
  ])
  expect(found?.issues).toEqual([{ feature: 'a b', reason: 'invalid', value: 'inf' }])
  expect(found?.provenance).toMatchObject({ offset: 42, ingested_at: '2026-11-20T02:00:00.005Z' })
  expect(label).toMatchObject({ label: '0' })
  expect(await find('mo/del', 'nothing')).toEqual({ event: null, label: null })
})

test('dead letters show their bytes, base64 where they are no text', async () => {
  const letter = (offset: number, over: Record<string, Cell> = {}) => ({
    source: 'kafka',
    topic: 'events',
    partition: 0,
    offset,
    model: 'fraud',
    reason: 'invalid_json',
    detail: '',
    raw: '{',
    received_at: at(1),
    replayed_at: null,
    changed_at: at(1),
    ...over,
  })
  await insert('dead_letters', [letter(1), letter(2, { replayed_at: at(2) }), letter(3)])
  await opened.store.command({
    name: 'bytes',
    sql: `INSERT INTO dead_letters (source, topic, raw, received_at, changed_at) SELECT 'http', '', unhex('ff00'), now64(3), now64(3)`,
  })
  const { list } = storeDeadLetters(opened.store)
  const first = await list({ models: null }, { limit: 2, after: null })
  expect(first.rows).toMatchObject([
    { source: 'http', raw: '/wA=', raw_encoding: 'base64', replayed_at: null },
    { offset: 3, raw: '{', raw_encoding: 'utf8' },
  ])
  const rest = await list({ models: null }, { limit: 5, after: first.next })
  expect(rest.rows.map((row) => row.offset)).toEqual([2, 1])
  const fresh = await list({ models: ['fraud'], replayed: false }, { limit: 5, after: null })
  expect(fresh.rows.map((row) => row.offset)).toEqual([3, 1])
})

test('a baseline is shown in its newest revision', async () => {
  const baseline = (revision: number, status: string) => ({
    model: 'fraud',
    baseline: 'training',
    revision,
    kind: 'file',
    definition: '{"source":{"file":"a.parquet"},"frozen":{"kind":"file","load":"1"}}',
    binning: 1,
    status,
    n: 7,
    created_at: at(1),
    changed_at: at(revision),
  })
  await insert('baselines', [baseline(1, 'ready'), baseline(2, 'pending')])
  const baselines = storeBaselines(opened.store)
  expect(await baselines.list('fraud')).toMatchObject([{ revision: 2, status: 'pending', n: 7 }])
  expect(await baselines.get('fraud', 'training')).toMatchObject({
    definition: { file: 'a.parquet' },
    frozen: { kind: 'file', load: '1' },
  })
  expect(await baselines.get('fraud', hostile)).toBeUndefined()
})

test('the ledger proves what is stored: replays overlap, a hole is seen', async () => {
  const batch = (partition: number, first: number, last: number) => ({
    source: 'kafka',
    topic: 'events',
    partition,
    first_offset: first,
    last_offset: last,
    rows: last - first,
    labels: 0,
    rejected: 1,
    inserted_at: new Date(),
  })
  await insert('ledger', [
    batch(0, 0, 9),
    batch(0, 10, 19),
    batch(0, 5, 14),
    batch(0, 3, 4),
    batch(1, 100, 109),
    batch(1, 120, 129),
  ])
  const audit = await storeLedger(opened.store).audit()
  expect(audit.complete).toBe(false)
  expect(audit.partitions).toMatchObject([
    { partition: 0, complete: true, intervals: [{ from: 0, to: 19 }], holes: [], batches: 4 },
    { partition: 1, complete: false, holes: [{ from: 110, to: 119 }], counts: { rejected: 2 } },
  ])
})
