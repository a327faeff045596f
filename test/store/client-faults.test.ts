import { tableFromArrays, tableToIPC } from 'apache-arrow'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { openStore, type Store } from '../../store/client.ts'
import type { ClickHouseServer } from '../support/clickhouse-server.ts'
import type { Fault } from '../support/faults.ts'
import { truncateTable, withStore, type TestStore } from '../support/store.ts'

let opened: TestStore
let store: Store
let server: ClickHouseServer

beforeAll(async () => {
  opened = await withStore('http', { migrated: false, timeoutMs: 400 })
  store = opened.store
  if (opened.server === null) throw new Error('the server door has a server')
  server = opened.server
  await store.command({
    name: 'test-create',
    sql: 'CREATE TABLE counted (n Int32, at UInt32) ENGINE = ReplacingMergeTree(at) ORDER BY n',
  })
})

afterAll(async () => opened.close())

beforeEach(async () => {
  server.faults.clear()
  await truncateTable(store, 'counted')
})

const arrow = tableToIPC(
  tableFromArrays({ n: Int32Array.from([1, 2, 3]), at: Uint32Array.from([1, 1, 1]) }),
  'stream',
)
const insert = async (): Promise<void> =>
  store.insertArrow({ table: 'counted', columns: ['n', 'at'], arrow: [arrow] })

const numbers = async (): Promise<unknown[]> =>
  store.query({
    name: 'test-numbers',
    sql: 'SELECT n FROM counted FINAL ORDER BY n',
    params: {},
    toRow: (raw) => raw['n'],
  })

const manyRows = async (): Promise<unknown[]> =>
  store.query({
    name: 'test-many',
    sql: 'SELECT number FROM numbers(50000)',
    params: {},
    toRow: (raw) => raw['number'],
  })

const trouble: [what: string, fault: Fault][] = [
  ['an answer of 500', { kind: 'status', status: 500 }],
  ['an answer of 503', { kind: 'status', status: 503 }],
  ['no answer at all', { kind: 'hang' }],
  ['a reset connection', { kind: 'reset' }],
  ['too many parts', { kind: 'exception', code: 252, type: 'TOO_MANY_PARTS' }],
  ['a lack of memory', { kind: 'exception', code: 241, type: 'MEMORY_LIMIT_EXCEEDED' }],
  ['a full disk', { kind: 'exception', code: 243, type: 'NOT_ENOUGH_SPACE' }],
  [
    'a lack of memory told after 200',
    { kind: 'late-exception', code: 241, type: 'MEMORY_LIMIT_EXCEEDED' },
  ],
]

test.each(trouble)(
  'an insert that meets %s is retryable and lands when tried again',
  async (_, fault) => {
    server.faults.add({ fault, match: '^INSERT' })
    await expect(insert()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', retryable: true })
    expect(server.faults.pending).toBe(0)
    await insert()
    expect(await numbers()).toEqual([1, 2, 3])
  },
)

test.each(trouble)('a query that meets %s is retryable', async (_, fault) => {
  server.faults.add({ fault })
  await expect(manyRows()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', retryable: true })
  expect(await manyRows()).toHaveLength(50_000)
})

test.each<[string, Fault]>([
  ['cut off in the middle', { kind: 'truncate', afterBytes: 100_000 }],
  ['cut off before the first byte', { kind: 'truncate', afterBytes: 0 }],
  ['cut off at the end of a row', { kind: 'truncate', afterBytes: 13 }],
  ['that stops coming', { kind: 'stall', afterBytes: 100_000 }],
  ['that trickles in beyond the deadline', { kind: 'drip', bytes: 100 }],
  ['that stops after its head', { kind: 'stall', afterBytes: 0 }],
])('an answer %s is no shorter result but a retryable failure', async (_, fault) => {
  server.faults.add({ fault })
  await expect(manyRows()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', retryable: true })
})

test.each<[string, Fault]>([
  ['reset', { kind: 'reset' }],
  ['lost', { kind: 'hang' }],
])(
  'an insert whose answer is %s after it took effect counts once when repeated',
  async (_, fault) => {
    server.faults.add({ fault, match: '^INSERT', executed: true })
    await expect(insert()).rejects.toMatchObject({ retryable: true })
    await insert()
    expect(await numbers()).toEqual([1, 2, 3])
  },
)

test('what the server will refuse again is not retryable', async () => {
  server.faults.add({ fault: { kind: 'exception', code: 117, type: 'INCORRECT_DATA' } })
  await expect(insert()).rejects.toMatchObject({
    code: 'STORE_REJECTED',
    retryable: false,
    details: { clickhouseCode: 117 },
  })
})

test('a row of failures leaves the connections usable', async () => {
  server.faults.add({ fault: { kind: 'reset' }, times: 20 })
  const failed = await Promise.allSettled(Array.from({ length: 20 }, manyRows))
  expect(failed.every(({ status }) => status === 'rejected')).toBe(true)
  const answers = await Promise.all(Array.from({ length: 8 }, numbers))
  expect(answers).toHaveLength(8)
})

test('a server that is not there is retryable', async () => {
  const nobody = openStore({ url: 'http://127.0.0.1:9', database: 'test_x', timeoutMs: 300 })
  await expect(nobody).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
})
