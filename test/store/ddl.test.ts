import { expect, test } from 'vitest'
import { modelSpec, type ModelFile } from '../../core/model-spec.ts'
import { addColumns, createDatabase, createTable, type Layout } from '../../store/ddl.ts'
import { migrations } from '../../store/migrate.ts'
import { initialTables } from '../../store/migrations/0001-initial.ts'
import { eventsTable, eventsTableName } from '../../store/tables/events-table.ts'
import { describeStore } from '../support/store.ts'

const cluster: Layout = { database: 'tidegauge', cluster: 'main' }

const model = (changes: Partial<ModelFile> = {}): ModelFile => ({
  model: 'flight delay/é',
  task: 'binary_classification',
  features: { distance: 'numeric', 'origin: code': 'categorical', late: 'boolean' },
  ...changes,
})

const models: readonly ModelFile[] = [
  model(),
  model({ model: 'price', task: 'regression', features: {} }),
  model({ model: 'cpu', kind: 'software', task: 'none', features: { cpu_load: 'numeric' } }),
]

const eventStatements = (layout: Layout): string[] =>
  models.flatMap((file) => {
    const table = eventsTable(modelSpec(file))
    return [
      ...createTable(layout, table),
      ...addColumns(layout, table.name, ['`features.x` Float64']),
    ]
  })

const allStatements = (layout: Layout): string[] => [
  createDatabase(layout),
  ...migrations.flatMap(({ statements }) => statements(layout)),
  ...eventStatements(layout),
]

test('one node gets one replacing table a definition, with its key, partition and expiry', () => {
  const [sql, ...more] = createTable(
    { database: 'tidegauge', cluster: null },
    {
      name: 'things',
      columns: ['id String', "at DateTime64(3, 'UTC')"],
      replacing: 'at',
      partitionBy: 'toYYYYMM(at)',
      orderBy: '(id)',
      ttl: 'toDate(at) + INTERVAL 1 DAY',
      indexes: ['INDEX at at TYPE minmax GRANULARITY 1'],
      shardBy: 'cityHash64(id)',
    },
  )
  expect(more).toEqual([])
  expect(sql).toBe(`CREATE TABLE IF NOT EXISTS \`tidegauge\`.\`things\`
(
  id String,
  at DateTime64(3, 'UTC'),
  INDEX at at TYPE minmax GRANULARITY 1
)
ENGINE = ReplacingMergeTree(at)
PARTITION BY toYYYYMM(at)
ORDER BY (id)
TTL toDate(at) + INTERVAL 1 DAY`)
})

test('a cluster gets a replicated local table and a distributed one over it', () => {
  const [local, distributed, ...more] = createTable(cluster, {
    name: 'things',
    columns: ['id String', 'at UInt32'],
    replacing: 'at',
    orderBy: 'id',
    shardBy: 'cityHash64(id)',
  })
  expect(more).toEqual([])
  expect(local).toBe(`CREATE TABLE IF NOT EXISTS \`tidegauge\`.\`things_local\` ON CLUSTER 'main'
(
  id String,
  at UInt32
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}', at)
ORDER BY id`)
  expect(distributed)
    .toBe(`CREATE TABLE IF NOT EXISTS \`tidegauge\`.\`things\` ON CLUSTER 'main' AS \`tidegauge\`.\`things_local\`
ENGINE = Distributed('main', 'tidegauge', 'things_local', cityHash64(id))`)
})

test('a new column reaches the local table before the distributed one', () => {
  expect(addColumns(cluster, 'events_x', ['a Int8', 'b Int8'])).toEqual([
    "ALTER TABLE `tidegauge`.`events_x_local` ON CLUSTER 'main' ADD COLUMN IF NOT EXISTS a Int8, ADD COLUMN IF NOT EXISTS b Int8",
    "ALTER TABLE `tidegauge`.`events_x` ON CLUSTER 'main' ADD COLUMN IF NOT EXISTS a Int8, ADD COLUMN IF NOT EXISTS b Int8",
  ])
})

test('every statement can be run twice', () => {
  for (const layout of [cluster, { ...cluster, cluster: null }]) {
    expect(allStatements(layout).filter((sql) => !sql.includes('IF NOT EXISTS'))).toEqual([])
  }
})

test('every statement of a cluster names the cluster, none of a single node does', () => {
  expect(allStatements(cluster).filter((sql) => !sql.includes("ON CLUSTER 'main'"))).toEqual([])
  const single = allStatements({ ...cluster, cluster: null })
  expect(single.filter((sql) => /CLUSTER|Replicated|Distributed/.test(sql))).toEqual([])
})

test('rows that replace each other meet on one shard', () => {
  const spread = initialTables.filter(({ shardBy, orderBy }) => {
    const columns = [...shardBy.matchAll(/[a-z_]+(?=[,)]|$)/g)].map(([name]) => name)
    return !columns.every((name) => new RegExp(`\\b${name}\\b`).test(orderBy))
  })
  expect(spread.map(({ name }) => name)).toEqual([])
})

test('only tables that are never read without FINAL may spread one key over partitions', () => {
  // Background merges stay inside a partition; FINAL looks across them.
  const spread = initialTables.filter(({ partitionBy, orderBy }) => {
    const column = /\(([a-z_]+)\)/.exec(partitionBy ?? '')?.[1]
    return column !== undefined && !new RegExp(`\\b${column}\\b`).test(orderBy)
  })
  expect(spread.map(({ name }) => name)).toEqual(['ledger', 'dead_letters', 'deliveries'])
})

test.each([
  ['fraud', 'events_fraud'],
  ['flight-delay_2', 'events_flight-delay_2'],
])('the plain name %s stays readable as %s', (name, table) => {
  expect(eventsTableName(name)).toBe(table)
})

test('models of similar names have tables of their own', () => {
  const names = ['a b', 'a/b', 'a:b', 'a_b', 'é', 'è', 'x'.repeat(65), 'x'.repeat(66)]
  const tables = names.map(eventsTableName)
  expect(new Set(tables).size).toBe(names.length)
  expect(tables.filter((table) => !/^[A-Za-z0-9_-]+$/.test(table))).toEqual([])
})

describeStore(
  'DDL in the engine',
  (opened) => {
    const run = (sql: string): Promise<void> => opened().store.command({ name: 'test-ddl', sql })

    test('every statement parses in both layouts', async () => {
      for (const sql of [
        ...allStatements(cluster),
        ...allStatements({ ...cluster, cluster: null }),
      ]) {
        await run(`EXPLAIN AST ${sql}`)
      }
      await expect(run('EXPLAIN AST CREATE TABLE x (a Int8) ENGINE =')).rejects.toThrow()
    })

    test('every statement of a single node runs, and runs again', async () => {
      const layout = { database: opened().store.database, cluster: null }
      for (const sql of [...allStatements(layout), ...allStatements(layout)]) await run(sql)
    })

    test('features read as features.name, and history loaded today is not expired', async () => {
      const layout = { database: opened().store.database, cluster: null }
      const table = eventsTable(modelSpec(model({ model: 'readable' })))
      for (const sql of createTable(layout, table)) await run(sql)
      await run(
        `INSERT INTO events_readable (event_id, ts, ingested_at, features.distance, \`features.origin: code\`) SELECT 'a', '2001-01-01 00:00:00', now64(3), 2.5, 'ATL'`,
      )
      const rows = await opened().store.query({
        name: 'test-read',
        sql: 'SELECT features.distance AS distance, `features.origin: code` AS origin FROM events_readable FINAL',
        params: {},
        toRow: (raw) => raw,
      })
      expect(rows).toEqual([{ distance: 2.5, origin: 'ATL' }])
    })
  },
  { migrated: false },
)
