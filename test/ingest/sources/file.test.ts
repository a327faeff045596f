import { utimesSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ingestFile, type FileProgress } from '../../../ingest/sources/file.ts'
import type { ArrowInsert, Store } from '../../../store/client.ts'
import { withStore, type TestStore } from '../../support/store.ts'
import { loadDeps, select, writeFile } from './load-fixture.ts'

let opened: TestStore
beforeAll(async () => {
  opened = await withStore('embedded')
})
afterAll(async () => opened.close())

const event = (model: string, i: number): string =>
  JSON.stringify({ model, id: `e${i}`, ts: '2024-05-01T10:00:00Z', features: { x: i } })

const events = (model: string, count: number): string =>
  Array.from({ length: count }, (_, i) => event(model, i)).join('\n')

const countOf = async (store: Store, table: string): Promise<number> => {
  const [row] = await select(store, `SELECT count() AS n FROM ${table} FINAL`)
  return Number(row?.['n'])
}

const ledgerOf = async (store: Store, topic: string) =>
  select(
    store,
    `SELECT first_offset AS a, last_offset AS b FROM ledger FINAL WHERE topic = '${topic}' ORDER BY a`,
  )

test('events years old, labels and bad lines of one file all end where they belong', async () => {
  const { store } = opened
  const path = writeFile(
    'mixed.ndjson',
    `\uFEFF${event('mixed', 0)}\r\n\n{"type":"label","model":"mixed","id":"e0","label":1}\nno json\n${event('mixed', 1)}`,
  )
  const summary = await ingestFile(await loadDeps(store), { path })
  expect(summary).toMatchObject({ records: 4, accepted: 3, rejected: 1, skipped: 0 })
  expect(summary.reasons).toMatchObject([
    { reason: 'invalid_json', count: 1, place: 4, text: 'no json' },
  ])
  expect(await countOf(store, 'events_mixed')).toBe(2)
  expect(await select(store, "SELECT label FROM labels FINAL WHERE model = 'mixed'")).toEqual([
    { label: '1' },
  ])
  expect(
    await select(
      store,
      `SELECT source, offset, raw FROM dead_letters FINAL WHERE topic = '${summary.topic}'`,
    ),
  ).toEqual([{ source: 'file', offset: 2, raw: 'no json' }])
  expect(await ledgerOf(store, summary.topic)).toEqual([{ a: 0, b: 3 }])
})

test('the same file again stores nothing and says so', async () => {
  const { store } = opened
  const path = writeFile('again.ndjson', events('again', 25))
  const first = await ingestFile(await loadDeps(store, 10), { path })
  const second = await ingestFile(await loadDeps(store, 10), { path })
  expect(first).toMatchObject({ accepted: 25, skipped: 0 })
  expect(second).toMatchObject({ records: 0, accepted: 0, skipped: 25, topic: first.topic })
  expect(await ledgerOf(store, first.topic)).toEqual([
    { a: 0, b: 9 },
    { a: 10, b: 19 },
    { a: 20, b: 24 },
  ])
})

test('a load that broke off goes on behind the last ledger row, without a hole or a second event', async () => {
  const { store } = opened
  const lines = Array.from({ length: 35 }, (_, i) => `{"model":"broken","features":{"x":${i}}}`)
  const path = writeFile('broken.ndjson', lines.join('\n'))
  let inserts = 0
  const failing: Store = {
    ...store,
    insertArrow: async (insert: ArrowInsert) => {
      if (++inserts === 3) throw new Error('disk full')
      await store.insertArrow(insert)
    },
  }
  await expect(ingestFile(await loadDeps(store, 10, failing), { path })).rejects.toThrow(
    'disk full',
  )
  const second = await ingestFile(await loadDeps(store, 10), { path })
  expect(second).toMatchObject({ skipped: 20, records: 15, accepted: 15 })
  expect(await ledgerOf(store, second.topic)).toEqual([
    { a: 0, b: 9 },
    { a: 10, b: 19 },
    { a: 20, b: 29 },
    { a: 30, b: 34 },
  ])
  expect(
    await select(
      store,
      'SELECT count() AS n, uniqExact(event_id) AS ids, sum(`features.x`) AS sum FROM events_broken',
    ),
  ).toEqual([{ n: 35, ids: 35, sum: 595 }])
})

test('events that were stored without their ledger row are not counted twice by the next run', async () => {
  const { store } = opened
  const path = writeFile('twice.ndjson', '{"model":"twice","features":{"x":1}}\n'.repeat(7))
  // The time of a file is the time of its events that have none: now would be another hour later on.
  utimesSync(path, 1_700_000_000, 1_700_000_000)
  const noLedger: Store = {
    ...store,
    command: async (statement) => {
      if (statement.sql.includes('ledger')) throw new Error('killed')
      await store.command(statement)
    },
  }
  await expect(ingestFile(await loadDeps(store, 10, noLedger), { path })).rejects.toThrow('killed')
  expect(await countOf(store, 'events_twice')).toBe(7)
  await ingestFile(await loadDeps(store, 10), { path })
  expect(
    await select(store, 'SELECT DISTINCT toUnixTimestamp(ts) AS ts FROM events_twice'),
  ).toEqual([{ ts: 1_700_000_000 }])
  expect(await countOf(store, 'events_twice')).toBe(7)
})

test('a hole in the ledger is read again from its beginning', async () => {
  const { store } = opened
  const path = writeFile('hole.ndjson', events('hole', 30))
  const { topic } = await ingestFile(await loadDeps(store, 10), { path })
  await store.command({
    name: 'test',
    sql: `ALTER TABLE ledger DELETE WHERE topic = '${topic}' AND first_offset = 10 SETTINGS mutations_sync = 1`,
  })
  const second = await ingestFile(await loadDeps(store, 10), { path })
  expect(second).toMatchObject({ skipped: 10, records: 20 })
  expect((await ledgerOf(store, topic)).length).toBe(3)
  expect(await countOf(store, 'events_hole')).toBe(30)
})

test('gzip is unpacked, and a damaged one is told with everything before it stored', async () => {
  const { store } = opened
  const packed = gzipSync(events('packed', 5000))
  const path = writeFile('packed.ndjson.gz', packed)
  const seen: FileProgress[] = []
  const summary = await ingestFile(await loadDeps(store, 1000), { path }, (progress) => {
    seen.push(progress)
  })
  expect(summary).toMatchObject({ accepted: 5000 })
  expect(seen.at(-1)).toEqual({
    records: 5000,
    rejected: 0,
    done: packed.length,
    total: packed.length,
    unit: 'bytes',
  })
  const cut = writeFile('cut.ndjson.gz', packed.subarray(0, packed.length >> 1))
  await expect(ingestFile(await loadDeps(store, 100), { path: cut })).rejects.toMatchObject({
    code: 'FILE_INVALID',
  })
})

test('lines too long or no UTF-8 are dead letters, cut, and cost only themselves', async () => {
  const { store } = opened
  const latin = Buffer.from(`${event('lines', 7).replace('e7', 'caf\xe9')}\n`, 'latin1')
  const path = writeFile(
    'lines.ndjson',
    Buffer.concat([
      Buffer.from(`${event('lines', 1)}\n${'x'.repeat(700_000)}\n${event('lines', 2)}\n`),
      latin,
      Buffer.from(event('lines', 3)),
    ]),
  )
  const summary = await ingestFile(await loadDeps(store), { path })
  expect(summary).toMatchObject({ accepted: 3, rejected: 2 })
  expect(summary.reasons).toMatchObject([
    { reason: 'event_too_large', place: 2, detail: expect.stringContaining('700000') as unknown },
    { reason: 'invalid_encoding', place: 4 },
  ])
  expect(
    await select(
      store,
      `SELECT max(length(raw)) AS n FROM dead_letters FINAL WHERE topic = '${summary.topic}'`,
    ),
  ).toEqual([{ n: 65_536 }])
})

test('a load that is told to stop stores what it has read', async () => {
  const { store } = opened
  const path = writeFile('stopped.ndjson', events('stopped', 20_000))
  const stop = new AbortController()
  const options = { path, signal: stop.signal }
  const first = await ingestFile(await loadDeps(store), options, () => {
    stop.abort()
  })
  expect(first.interrupted).toBe(true)
  expect(first.records).toBeGreaterThan(0)
  expect(first.records).toBeLessThan(20_000)
  const second = await ingestFile(await loadDeps(store), { path })
  expect(second).toMatchObject({ skipped: first.records, interrupted: false })
  expect(await countOf(store, 'events_stopped')).toBe(20_000)
})

test.each([
  ['an array', 'array.json', `[${event('a', 1)},\n${event('a', 2)}]`, 'one object a line'],
  ['indented JSON', 'indented.json', '{\n "model": "a"\n}', 'one object a line'],
  ['an unknown ending', 'events.bin', 'x', 'names no format'],
  ['a table without a model', 'table.csv', 'a,b\n1,2', 'name the model'],
])('%s is refused as a whole', async (_, name, content, message) => {
  const path = writeFile(name, content)
  await expect(ingestFile(await loadDeps(opened.store), { path })).rejects.toMatchObject({
    code: 'FILE_INVALID',
    message: expect.stringContaining(message) as unknown,
  })
})

test('a file that is not there, or a directory, is told as such', async () => {
  const deps = await loadDeps(opened.store)
  const path = writeFile('here.ndjson', '')
  await expect(ingestFile(deps, { path: `${path}.gone.ndjson` })).rejects.toThrow('ENOENT')
  await expect(
    ingestFile(deps, { path: path.slice(0, -12), format: 'ndjson' }),
  ).rejects.toMatchObject({ code: 'FILE_INVALID' })
  await expect(ingestFile(deps, { path })).resolves.toMatchObject({ records: 0, skipped: 0 })
})
