import { identifier, settingsClause } from './query.ts'

/** Where tables are made: one node, or a cluster whose tables are replicated and distributed. */
export interface Layout {
  readonly database: string
  readonly cluster: string | null
}

export interface TableDefinition {
  readonly name: string
  /** `name Type` a line. */
  readonly columns: readonly string[]
  /** The column whose greatest value wins among rows of one key. */
  readonly replacing: string
  readonly partitionBy?: string
  readonly orderBy: string
  readonly ttl?: string
  readonly indexes?: readonly string[]
  readonly settings?: Readonly<Record<string, string | number>>
  /** What decides the shard: a function of the key, so that rows that replace each other meet. */
  readonly shardBy: string
}

/**
 * The statements that make one table, from one template for both layouts. On a cluster the rows
 * live in `<name>_local`, replicated, and `<name>` is the Distributed table that everybody uses.
 */
export function createTable(layout: Layout, table: TableDefinition): string[] {
  const name = `${identifier(layout.database)}.${identifier(table.name)}`
  if (layout.cluster === null) {
    return [createLocal(name, '', `ReplacingMergeTree(${table.replacing})`, table)]
  }
  const local = `${identifier(layout.database)}.${identifier(`${table.name}_local`)}`
  const engine = `ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}', ${table.replacing})`
  const onCluster = ` ON CLUSTER ${quoted(layout.cluster)}`
  return [
    createLocal(local, onCluster, engine, table),
    `CREATE TABLE IF NOT EXISTS ${name}${onCluster} AS ${local}\nENGINE = Distributed(${quoted(layout.cluster)}, ${quoted(layout.database)}, ${quoted(`${table.name}_local`)}, ${table.shardBy})`,
  ]
}

/** Adds columns to a table that exists, on every layer it has. */
export function addColumns(layout: Layout, table: string, columns: readonly string[]): string[] {
  const onCluster = layout.cluster === null ? '' : ` ON CLUSTER ${quoted(layout.cluster)}`
  const names = layout.cluster === null ? [table] : [`${table}_local`, table]
  return names.map(
    (name) =>
      `ALTER TABLE ${identifier(layout.database)}.${identifier(name)}${onCluster} ${columns.map((c) => `ADD COLUMN IF NOT EXISTS ${c}`).join(', ')}`,
  )
}

/** Adds an index to a table that exists; parts that are there already get it when they are merged. */
export function addIndex(layout: Layout, table: string, index: string): string[] {
  const onCluster = layout.cluster === null ? '' : ` ON CLUSTER ${quoted(layout.cluster)}`
  // A Distributed table has none of its own.
  const name = layout.cluster === null ? table : `${table}_local`
  return [
    `ALTER TABLE ${identifier(layout.database)}.${identifier(name)}${onCluster} ADD INDEX IF NOT EXISTS ${index}`,
  ]
}

export function createDatabase(layout: Layout): string {
  const onCluster = layout.cluster === null ? '' : ` ON CLUSTER ${quoted(layout.cluster)}`
  return `CREATE DATABASE IF NOT EXISTS ${identifier(layout.database)}${onCluster}`
}

function createLocal(
  name: string,
  onCluster: string,
  engine: string,
  table: TableDefinition,
): string {
  const parts = [
    `CREATE TABLE IF NOT EXISTS ${name}${onCluster}`,
    `(\n  ${[...table.columns, ...(table.indexes ?? [])].join(',\n  ')}\n)`,
    `ENGINE = ${engine}`,
    table.partitionBy === undefined ? '' : `PARTITION BY ${table.partitionBy}`,
    `ORDER BY ${table.orderBy}`,
    table.ttl === undefined ? '' : `TTL ${table.ttl}`,
    table.settings === undefined ? '' : settingsClause(table.settings),
  ]
  return parts.filter((part) => part !== '').join('\n')
}

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`
