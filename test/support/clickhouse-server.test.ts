import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { createClient, type ClickHouseClient } from '@clickhouse/client'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { openStore } from '../../store/client.ts'
import { readingFile } from './clickhouse-engine.ts'
import { spawnClickHouseServer, type ClickHouseProcess } from './clickhouse-process.ts'

let directory: string
let server: ClickHouseProcess
let client: ClickHouseClient

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tidegauge-server-'))
  server = await spawnClickHouseServer(join(directory, 'clickhouse'))
  client = createClient({ url: server.url, log: { level: 127 } })
  await client.command({
    query: 'CREATE TABLE t (a UInt32, s Nullable(String)) ENGINE = MergeTree ORDER BY a',
  })
})

afterEach(async () => {
  await server.clearFaults()
  await client.command({ query: 'TRUNCATE TABLE t' })
})

afterAll(async () => {
  await client.close()
  await server.stop()
  await rm(directory, { recursive: true, force: true })
})

const post = (path: string, init: RequestInit = {}): Promise<Response> =>
  fetch(server.url + path, { method: 'POST', ...init })

test('a ping is answered', async () => {
  expect(await (await fetch(`${server.url}/ping`)).text()).toBe('Ok.\n')
  expect(await client.ping()).toEqual({ success: true })
})

test('a query may come in the URL, in the body, or half in each', async () => {
  expect(await (await post('/?query=SELECT%201')).text()).toBe('1\n')
  expect(await (await post('/', { body: 'SELECT 1' })).text()).toBe('1\n')
  expect(await (await post('/?query=SELECT', { body: ' 1 FORMAT CSV' })).text()).toBe('1\n')
  expect(await (await post('/?default_format=JSONEachRow', { body: 'SELECT 1 AS x' })).text()).toBe(
    '{"x":1}\n',
  )
})

test('rows of an insert come in the body, plain or gzipped', async () => {
  const insert = `/?query=${encodeURIComponent('INSERT INTO t FORMAT JSONEachRow')}`
  await post(insert, { body: '{"a":1,"s":"x;y"}\n{"a":2}\n' })
  await post(insert, {
    body: gzipSync('{"a":3,"s":"z"}'),
    headers: { 'content-encoding': 'gzip' },
  })
  expect(await (await post('/', { body: 'SELECT * FROM t ORDER BY a' })).text()).toBe(
    '1\tx;y\n2\t\\N\n3\tz\n',
  )
})

test('the official client inserts, selects and binds', async () => {
  await client.insert({ table: 't', values: [{ a: 5, s: "it's" }], format: 'JSONEachRow' })
  const answer = await client.query({
    query: 'SELECT s FROM t WHERE s = {s:String}',
    query_params: { s: "it's" },
    format: 'JSONEachRow',
  })
  expect(await answer.json()).toEqual([{ s: "it's" }])
})

test('a setting, a database and a parameter end with their request', async () => {
  const settings = { max_rows_to_read: '5' }
  const refused = client.query({
    query: 'SELECT number FROM numbers(100)',
    clickhouse_settings: settings,
  })
  await expect(refused).rejects.toMatchObject({ code: '158' })
  expect(
    await (
      await post('/', { body: `SELECT getSetting('max_rows_to_read'), currentDatabase()` })
    ).text(),
  ).toBe('0\tdefault\n')
  expect(await (await post('/?database=system', { body: 'SELECT currentDatabase()' })).text()).toBe(
    'system\n',
  )
  expect((await post('/?param_x=1', { body: 'SELECT {x:UInt8}' })).status).toBe(200)
  expect((await post('/', { body: 'SELECT {x:UInt8}' })).status).toBe(400)
})

test('an exception has its status, its header and its text', async () => {
  const answer = await post('/', { body: 'SELECT * FROM nowhere' })
  expect(answer.status).toBe(404)
  expect(answer.headers.get('x-clickhouse-exception-code')).toBe('60')
  expect(await answer.text()).toMatch(/^Code: 60\. DB::Exception: .*\(UNKNOWN_TABLE\)/)
  const unknown = await post('/?no_such_setting=1', { body: 'SELECT 1' })
  expect(unknown.headers.get('x-clickhouse-exception-code')).toBe('115')
})

test('a summary tells how many rows were read', async () => {
  const { summary } = await client.command({
    query: 'INSERT INTO t SELECT number, NULL FROM numbers(7)',
  })
  expect(summary).toMatchObject({ read_rows: expect.any(String) as string })
})

test('a fault hits as often as it was asked for, and only what it matches', async () => {
  await server.addFault({ fault: { kind: 'status', status: 503 }, times: 2, match: 'numbers' })
  expect((await post('/', { body: 'SELECT 1' })).status).toBe(200)
  const hits = await Promise.all(
    [1, 2, 3].map(() => post('/', { body: 'SELECT 1 FROM numbers(1)' })),
  )
  expect(hits.map(({ status }) => status).sort()).toEqual([200, 503, 503])
})

test('after a kill it comes back on its port with what it had acknowledged', async () => {
  const path = join(directory, 'killed')
  const first = await spawnClickHouseServer(path)
  const options = { url: first.url, database: 'test_kill', timeoutMs: 5000 }
  const store = await openStore(options)
  await store.command({
    name: 'c',
    sql: 'CREATE TABLE kept (a Int32) ENGINE = MergeTree ORDER BY a',
  })
  await store.command({ name: 'i', sql: 'INSERT INTO kept SELECT 42' })
  await first.stop('SIGKILL')
  const read = (): Promise<number[]> =>
    store.query({
      name: 'r',
      sql: 'SELECT a FROM kept',
      params: {},
      toRow: (raw) => Number(raw['a']),
    })
  await expect(read()).rejects.toMatchObject({ retryable: true })
  const second = await spawnClickHouseServer(path, first.port)
  expect(await read()).toEqual([42])
  await store.close()
  await second.stop()
})

test.each([
  [
    'INSERT INTO `t` (`a`) SETTINGS async_insert = 0 FORMAT ArrowStream',
    "INSERT INTO `t` (`a`) FROM INFILE '/f' COMPRESSION 'none' SETTINGS async_insert = 0 FORMAT ArrowStream",
  ],
  [
    "INSERT INTO t (a) SELECT upper(x) FROM input('x String, y Enum(''a'')') SETTINGS b = 1 FORMAT CSVWithNames",
    "INSERT INTO t (a) SELECT upper(x) FROM file('/f', 'CSVWithNames', 'x String, y Enum(''a'')') SETTINGS b = 1",
  ],
  ['INSERT INTO t VALUES', null],
  ['SELECT 1 FORMAT CSV', null],
])('%s becomes %s', (sql, rewritten) => {
  expect(readingFile(sql, '/f')).toBe(rewritten)
})
