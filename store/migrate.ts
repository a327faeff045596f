import { AppError } from '../core/errors.ts'
import type { Store } from './client.ts'
import { createTable, type Layout, type TableDefinition } from './ddl.ts'
import { initialTables } from './migrations/0001-initial.ts'
import { messages } from './migrations/0002-messages.ts'
import { labelWindows } from './migrations/0003-label-windows.ts'
import { partitionHalts } from './migrations/0004-partition-halts.ts'
import { outlierModels } from './migrations/0005-outlier-models.ts'
import { sequentialStates } from './migrations/0006-sequential-states.ts'
import type { Query } from './query.ts'

interface Migration {
  readonly version: number
  readonly statements: (layout: Layout) => string[]
}

/** Forward only: a migration that has landed is never edited, a change is the next one. */
export const migrations: readonly Migration[] = [
  {
    version: 1,
    statements: (layout) => initialTables.flatMap((table) => createTable(layout, table)),
  },
  { version: 2, statements: messages },
  { version: 3, statements: labelWindows },
  { version: 4, statements: partitionHalts },
  { version: 5, statements: outlierModels },
  { version: 6, statements: sequentialStates },
]

const bookkeeping: TableDefinition = {
  name: 'schema_migrations',
  columns: ['version UInt32', "applied_at DateTime64(3, 'UTC')"],
  replacing: 'applied_at',
  orderBy: 'version',
  shardBy: 'version',
}

/** Versions of the migrations that the database has seen. Without any the table is not there. */
export function appliedMigrations(): Query<number> {
  return {
    name: 'applied-migrations',
    sql: `SELECT DISTINCT version FROM schema_migrations`,
    params: {},
    toRow: (raw) => Number(raw['version']),
  }
}

/**
 * Brings the database to this program's schema. Every statement is `IF NOT EXISTS`, so two instances
 * that migrate at once, or one that died half-way, end at the same schema. A database that a newer
 * program has migrated is refused rather than guessed at.
 */
export async function migrate(store: Store): Promise<void> {
  const layout: Layout = { database: store.database, cluster: store.cluster }
  const run = async (sql: string): Promise<void> => store.command({ name: 'migrate', sql })
  for (const sql of createTable(layout, bookkeeping)) await run(sql)

  const applied = await store.query(appliedMigrations())
  const known = migrations.map(({ version }) => version)
  const newest = Math.max(0, ...applied)
  if (newest > Math.max(...known)) {
    throw new AppError(
      'SCHEMA_TOO_NEW',
      `database "${store.database}" has schema ${newest}, this program knows up to ${Math.max(...known)}: run a newer Tidegauge`,
    )
  }
  for (const { version, statements } of migrations) {
    if (applied.includes(version)) continue
    for (const sql of statements(layout)) await run(sql)
    await run(`INSERT INTO schema_migrations (version, applied_at) VALUES (${version}, now64(3))`)
  }
}
