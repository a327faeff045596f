import { expect, test } from 'vitest'
import { openStore, type Store } from '../../store/client.ts'
import { migrate, migrations } from '../../store/migrate.ts'
import { describeStore, withStore } from '../support/store.ts'

const tables = (store: Store): Promise<string[]> =>
  store.query({
    name: 'test-tables',
    sql: 'SELECT name FROM system.tables WHERE database = {database:String} ORDER BY name',
    params: { database: store.database },
    toRow: (raw) => String(raw['name']),
  })

const applied = (store: Store): Promise<number[]> =>
  store.query({
    name: 'test-applied',
    sql: 'SELECT version FROM schema_migrations FINAL ORDER BY version',
    params: {},
    toRow: (raw) => Number(raw['version']),
  })

const layout = { database: 'd', cluster: null }
const expectedTables = [
  ...migrations.flatMap(({ statements }) =>
    statements(layout).flatMap(
      (sql) => /^CREATE TABLE IF NOT EXISTS `d`\.`(\w+)`/.exec(sql)?.[1] ?? [],
    ),
  ),
  'schema_migrations',
].sort()
const versions = migrations.map(({ version }) => version)

test('migrations are numbered from one without a gap', () => {
  expect(versions).toEqual(versions.map((_, i) => i + 1))
})

describeStore(
  'migrations',
  (opened) => {
    test('an empty database gets the whole schema', async () => {
      await migrate(opened().store)
      expect(await tables(opened().store)).toEqual(expectedTables)
      expect(await applied(opened().store)).toEqual(versions)
    })

    test('migrating again changes nothing and keeps the data', async () => {
      await opened().store.command({
        name: 'test-insert',
        sql: `INSERT INTO labels SELECT 'm', 'kept', '1', now64(3), now64(3)`,
      })
      await migrate(opened().store)
      const kept = await opened().store.query({
        name: 'test-read',
        sql: 'SELECT event_id FROM labels FINAL',
        params: {},
        toRow: (raw) => raw['event_id'],
      })
      expect(kept).toEqual(['kept'])
      expect(await applied(opened().store)).toEqual(versions)
    })

    test('instances that migrate at once end at the same schema', async () => {
      const other = await withStore(opened().kind, { migrated: false })
      const rivals = await Promise.all([openStore(other.options), openStore(other.options)])
      try {
        await Promise.all([other.store, ...rivals].map(migrate))
        expect(await tables(other.store)).toEqual(expectedTables)
        expect(await applied(other.store)).toEqual(versions)
      } finally {
        for (const rival of rivals) await rival.close()
        await other.close()
      }
    })

    test('batches of the first schema are accounted for by the columns that came later', async () => {
      const other = await withStore(opened().kind, { migrated: false })
      const { store } = other
      try {
        for (const sql of migrations[0]?.statements({ ...store, cluster: null }) ?? []) {
          await store.command({ name: 'test-first', sql })
        }
        await store.command({
          name: 'test-insert',
          sql: `INSERT INTO ledger (source, topic, partition, first_offset, last_offset, rows, labels, rejected, inserted_at) SELECT 'http', 't', 0, 0, 5, 3, 2, 1, now64(3)`,
        })
        await migrate(store)
        const accounts = await store.query({
          name: 'test-read',
          sql: 'SELECT messages, taken, rejected, held, skipped, absent, lost FROM ledger FINAL',
          params: {},
          toRow: (raw) => raw,
        })
        const nothing = { held: 0, skipped: 0, absent: 0, lost: 0 }
        expect(accounts).toEqual([{ messages: 6, taken: 5, rejected: 1, ...nothing }])
      } finally {
        await other.close()
      }
    })

    test('an instance that died half-way is completed by the next', async () => {
      const other = await withStore(opened().kind, { migrated: false })
      try {
        const half = migrations[0]?.statements({ database: other.store.database, cluster: null })
        for (const sql of half?.slice(0, 3) ?? []) {
          await other.store.command({ name: 'test-half', sql })
        }
        await migrate(other.store)
        expect(await tables(other.store)).toEqual(expectedTables)
      } finally {
        await other.close()
      }
    })

    test('a database of a newer program is refused and left alone', async () => {
      const other = await withStore(opened().kind)
      try {
        await other.store.command({
          name: 'test-newer',
          sql: 'INSERT INTO schema_migrations SELECT 999, now64(3)',
        })
        await other.store.command({ name: 'test-newer', sql: 'DROP TABLE labels' })
        await expect(migrate(other.store)).rejects.toMatchObject({
          code: 'SCHEMA_TOO_NEW',
          message: expect.stringContaining('999') as string,
        })
        expect(await tables(other.store)).not.toContain('labels')
      } finally {
        await other.close()
      }
    })
  },
  { migrated: false },
)
