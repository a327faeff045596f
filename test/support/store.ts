import { randomBytes } from 'node:crypto'
import { mkdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe } from 'vitest'
import { openStore, type Store, type StoreOptions } from '../../store/client.ts'
import { migrate } from '../../store/migrate.ts'
import { identifier } from '../../store/query.ts'
import { startClickHouseServer, type ClickHouseServer } from './clickhouse-server.ts'

/** The two ways to ClickHouse: in the process, or by URL. */
export type StoreKind = 'embedded' | 'http'
export const storeKinds: readonly StoreKind[] = ['embedded', 'http']

export interface TestStore {
  readonly store: Store
  readonly kind: StoreKind
  /** The data directory that all stores of the process share. */
  readonly directory: string
  /** What `openStore` was called with: opens the same database again. */
  readonly options: StoreOptions
  /** The server behind the store, for its faults; null for the embedded door. */
  readonly server: ClickHouseServer | null
  close: () => Promise<void>
}

export interface TestStoreOptions {
  /** Default true: the database has this program's schema. */
  readonly migrated?: boolean
  /** Deadline of one request, ms. */
  readonly timeoutMs?: number
}

// The engine has one directory a process, so every store of a test file shares this one.
const root = join(tmpdir(), `tidegauge-test-${process.pid}-${randomBytes(4).toString('hex')}`)
const directory = join(root, 'data')
let users = 0

/** A store with a random database of its own. Close it; the last one to close takes the data away. */
export async function withStore(
  kind: StoreKind,
  { migrated = true, timeoutMs }: TestStoreOptions = {},
): Promise<TestStore> {
  users += 1
  await mkdir(join(directory, 'clickhouse'), { recursive: true })
  const server =
    kind === 'http' ? await startClickHouseServer({ path: join(directory, 'clickhouse') }) : null
  const options: StoreOptions = {
    database: `test_${randomBytes(6).toString('hex')}`,
    ...(server === null ? { path: directory } : { url: server.url }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  }
  const store = await openStore(options)
  if (migrated) await migrate(store)
  return {
    store,
    kind,
    directory,
    options,
    server,
    close: async () => {
      server?.faults.clear()
      await dropDatabase(store)
      await store.close()
      await server?.close()
      users -= 1
      if (users === 0) await rm(root, { recursive: true, force: true })
    },
  }
}

/** Runs the same suite on both doors. */
export function describeStore(
  name: string,
  suite: (getStore: () => TestStore) => void,
  options: TestStoreOptions = {},
): void {
  describe.each(storeKinds)(`${name} (%s)`, (kind) => {
    let opened: TestStore | null = null
    beforeAll(async () => {
      opened = await withStore(kind, options)
    })
    afterAll(async () => opened?.close())
    suite(() => {
      if (opened === null) throw new Error('the store is open only while tests run')
      return opened
    })
  })
}

/** Empties a table for the next test. */
export async function truncateTable(store: Store, table: string): Promise<void> {
  refuseOthers(store)
  await store.command({ name: 'test-truncate', sql: `TRUNCATE TABLE ${identifier(table)}` })
}

export async function dropDatabase(store: Store): Promise<void> {
  refuseOthers(store)
  await store.command({
    name: 'test-drop',
    sql: `DROP DATABASE IF EXISTS ${identifier(store.database)}`,
  })
}

function refuseOthers(store: Store): void {
  if (!/^test_[0-9a-z_]+$/.test(store.database))
    throw new RangeError(`"${store.database}" is no test's database: it stays as it is`)
}
