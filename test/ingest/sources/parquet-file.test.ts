import { readFile, writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ingestFile } from '../../../ingest/sources/file.ts'
import type { TableMapping } from '../../../ingest/sources/table-rows.ts'
import type { Store } from '../../../store/client.ts'
import { withStore, type TestStore } from '../../support/store.ts'
import { filePath, loadDeps, select } from './load-fixture.ts'

let opened: TestStore
beforeAll(async () => {
  opened = await withStore('embedded')
})
afterAll(async () => opened.close())

const load = async (store: Store, path: string, table: TableMapping, batchRows = 1000) =>
  ingestFile(await loadDeps(store, batchRows), { path, table })

const issues = '`issues.feature` AS feature, `issues.reason` AS reason'

test('Parquet: its types, times in UTC, missing, infinite and long numbers', async () => {
  const { store } = opened
  const path = filePath('types.parquet')
  await store.command({
    name: 'test',
    sql: `INSERT INTO FUNCTION file('${path}', 'Parquet')
      SELECT toUInt64(9007199254740993 + number) AS id,
        toDateTime64('2024-05-01 10:00:00.250', 3, 'UTC') AS t,
        [1.5, nan, inf][number + 1] AS x, if(number = 1, NULL, 'DE') AS c, toBool(number = 1) AS vip,
        toDecimal64(2.5, 2) AS price, toInt32(number) AS truth, [1, 2] AS list
      FROM numbers(3)`,
  })
  // What is a list, and was not declared as an embedding, is noted.
  const list = { feature: ['list'], reason: ['type_mismatch'] }
  const summary = await load(store, path, { model: 'types', id: 'id', ts: 't', label: 'truth' })
  expect(summary).toMatchObject({ records: 6, accepted: 6 })
  expect(
    await select(
      store,
      `SELECT event_id AS id, toUnixTimestamp64Milli(ts) AS ms, \`features.x\` AS x,
         \`features.c\` AS c, \`features.vip\` AS vip, \`features.price\` AS price, ${issues}
       FROM events_types FINAL ORDER BY id`,
    ),
  ).toEqual(
    [
      { id: '9007199254740993', x: 1.5, c: 'DE', vip: 'false', ...list },
      { id: '9007199254740994', x: null, c: null, vip: 'true', ...list },
      {
        id: '9007199254740995',
        x: null,
        c: 'DE',
        vip: 'false',
        feature: ['x', 'list'],
        reason: ['invalid', 'type_mismatch'],
      },
    ].map((row) => ({ ...row, ms: Date.UTC(2024, 4, 1, 10, 0, 0, 250), price: 2.5 })),
  )
  expect(
    await select(store, "SELECT label FROM labels FINAL WHERE model = 'types' ORDER BY event_id"),
  ).toEqual([{ label: '0' }, { label: '1' }, { label: '2' }])
})

test('a Parquet file of several chunks is read in its order and goes on in the middle', async () => {
  const { store } = opened
  const path = filePath('long.parquet')
  await store.command({
    name: 'test',
    sql: `INSERT INTO FUNCTION file('${path}', 'Parquet')
      SELECT toInt32(number) AS x, if(number % 3 = 0, 'yes', NULL) AS truth FROM numbers(120000)`,
  })
  const mapping = { model: 'long', label: 'truth' }
  let inserts = 0
  const failing: Store = {
    ...store,
    insertArrow: async (insert) => {
      if (++inserts === 5) throw new Error('killed')
      await store.insertArrow(insert)
    },
  }
  const deps = await loadDeps(store, 50_000, failing)
  const limits = { ...deps.limits, batchBytes: 1 << 30 }
  await expect(ingestFile({ ...deps, limits }, { path, table: mapping })).rejects.toThrow('killed')
  const again = await ingestFile({ ...deps, limits, store }, { path, table: mapping })
  expect(again).toMatchObject({ skipped: 100_000, records: 60_000, rejected: 0 })
  expect(
    await select(
      store,
      `SELECT count() AS n, uniqExact(event_id) AS ids, min(toInt64(splitByChar(':', event_id)[2]) = \`features.x\`) AS ordered
       FROM events_long FINAL`,
    ),
  ).toEqual([{ n: 120_000, ids: 120_000, ordered: 1 }])
  expect(await select(store, "SELECT count() AS n FROM labels FINAL WHERE model = 'long'")).toEqual(
    [{ n: 40_000 }],
  )
})

test('a Parquet file that is damaged in its middle is named, and what came before it is stored', async () => {
  const { store } = opened
  const path = filePath('damaged.parquet')
  await store.command({
    name: 'test',
    sql: `INSERT INTO FUNCTION file('${path}', 'Parquet') SELECT sipHash64(number) AS x FROM numbers(100000)
      SETTINGS output_format_parquet_row_group_size = 10000, output_format_parquet_parallel_encoding = 0`,
  })
  const bytes = await readFile(path)
  const middle = Math.floor(bytes.length / 2)
  bytes.fill(0x5a, middle, middle + 1000)
  await writeFile(path, bytes)
  await expect(load(store, path, { model: 'damaged' })).rejects.toMatchObject({
    code: 'FILE_INVALID',
    message: expect.stringContaining(path) as string,
  })
  const [{ n, next } = {}] = await select(
    store,
    `SELECT count() AS n, max(toUInt32(splitByChar(':', event_id)[2])) + 1 AS next FROM events_damaged FINAL`,
  )
  expect(n).toBeGreaterThan(40_000)
  expect(n).toBeLessThan(60_000)
  expect(next).toBe(n)
})
