import { mkdir, readdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { tableFromArrays, tableToIPC } from 'apache-arrow'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openStore, type Store } from '../../store/client.ts'
import { withStore, type TestStore } from '../support/store.ts'

let opened: TestStore
let spool: string

beforeAll(async () => {
  opened = await withStore('embedded', { migrated: false })
  spool = join(opened.directory, 'spool')
  await opened.store.command({
    name: 'test-create',
    sql: 'CREATE TABLE counted (n Int32) ENGINE = ReplacingMergeTree ORDER BY n',
  })
})

afterAll(async () => opened.close())

const insert = (store: Store, numbers: readonly number[]): Promise<void> =>
  store.insertArrow({
    table: 'counted',
    columns: ['n'],
    arrow: [tableToIPC(tableFromArrays({ n: Int32Array.from(numbers) }), 'stream')],
  })

const count = async (store: Store): Promise<number | undefined> => {
  const [rows] = await store.query({
    name: 'test-count',
    sql: 'SELECT count() AS c FROM counted FINAL',
    params: {},
    toRow: (raw) => Number(raw['c']),
  })
  return rows
}

/** Sizes of the files that the stores of this test wait to write, or have written. */
async function spooled(): Promise<number[]> {
  const entries = await readdir(spool, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile())
  return Promise.all(
    files.map(async ({ parentPath, name }) => (await stat(join(parentPath, name))).size),
  )
}

test('an insert leaves nothing in the spool, whether it went well or not', async () => {
  await insert(opened.store, [1, 2])
  const bad = opened.store.insertArrow({
    table: 'counted',
    columns: ['n'],
    arrow: [Buffer.from('x')],
  })
  await expect(bad).rejects.toMatchObject({ code: 'STORE_REJECTED' })
  // One file is always open for the next insert.
  await expect.poll(spooled).toEqual([0])
})

test('what a killed process left in the spool is gone after the next start', async () => {
  await mkdir(join(spool, 'left'))
  await writeFile(join(spool, 'left', '0.arrow'), 'half a batch')
  const store = await openStore(opened.options)
  expect(await readdir(spool)).not.toContain('left')
  await store.close()
})

test('two stores of one directory do not read each other’s batches', async () => {
  const other = await openStore(opened.options)
  const before = await count(opened.store)
  await Promise.all(
    [opened.store, other].flatMap((store, s) =>
      Array.from({ length: 8 }, (_, i) => insert(store, [100 + 10 * s + i])),
    ),
  )
  expect(await count(opened.store)).toBe(Number(before) + 16)
  await other.close()
  await insert(opened.store, [200])
  expect(await count(opened.store)).toBe(Number(before) + 17)
})

test('a closed store leaves no spool directory', async () => {
  const before = await readdir(spool)
  const store = await openStore(opened.options)
  await insert(store, [1])
  await store.close()
  expect(await readdir(spool)).toEqual(before)
})

test('a statement that outlived its deadline does not hold up the next ones', async () => {
  const hasty = await openStore({ ...opened.options, timeoutMs: 400 })
  const slow = hasty.command({ name: 'test-slow', sql: 'INSERT INTO counted SELECT sleep(2)' })
  await expect(slow).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
  await expect(Promise.all([1, 2, 3, 4].map(() => count(hasty)))).resolves.toHaveLength(4)
  await hasty.close()
})

test('too many parts are a reason to wait, and waiting helps', async () => {
  const { store } = opened
  const run = (sql: string): Promise<void> => store.command({ name: 'test-parts', sql })
  await run(
    'CREATE TABLE crowded (n Int32) ENGINE = MergeTree ORDER BY n SETTINGS parts_to_delay_insert = 1, parts_to_throw_insert = 2, max_delay_to_insert = 0',
  )
  await run('SYSTEM STOP MERGES crowded')
  await run('INSERT INTO crowded SELECT 1')
  await run('INSERT INTO crowded SELECT 2')
  await expect(run('INSERT INTO crowded SELECT 3')).rejects.toMatchObject({
    code: 'STORE_UNAVAILABLE',
    details: { clickhouseCode: 252 },
  })
  await run('SYSTEM START MERGES crowded')
  await run('OPTIMIZE TABLE crowded FINAL')
  await run('INSERT INTO crowded SELECT 3')
})
