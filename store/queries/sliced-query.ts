import { AppError } from '../../core/errors.ts'
import type { ModelSpec } from '../../core/model-spec.ts'
import {
  queryLimits,
  type QueryColumn,
  type QueryProblem,
} from '../../core/sliced-query-language.ts'
import type { Store } from '../client.ts'
import { identifier, type Query } from '../query.ts'
import { eventsTableName } from '../tables/events-table.ts'
import { groupColumn, selectColumn, type OutputColumn } from './sliced-query-columns.ts'
import { filterSql } from './sliced-query-filter.ts'
import {
  bound,
  boundedList,
  closedObject,
  queryScope,
  report,
  timeOf,
  type JsonObject,
  type QueryScope,
} from './sliced-query-scope.ts'

/** What one query may cost the engine before it is stopped. */
export interface QueryCosts {
  readonly seconds: number
  readonly rowsRead: number
  readonly groups: number
  readonly memoryBytes: number
}

const defaultCosts: QueryCosts = {
  seconds: 30,
  rowsRead: 200_000_000,
  groups: 1_000_000,
  memoryBytes: 2_000_000_000,
}

export type CompiledQuery =
  | {
      readonly ok: true
      readonly query: Query<unknown[]>
      readonly columns: readonly QueryColumn[]
      readonly limit: number
    }
  | { readonly ok: false; readonly problems: readonly QueryProblem[] }

/** An answer: rows in the order of `columns`. */
export interface SlicedAnswer {
  readonly columns: readonly QueryColumn[]
  readonly rows: readonly (readonly unknown[])[]
  /** True when there were more rows than the limit. */
  readonly truncated: boolean
}

/**
 * Translates a sliced query into one bound SELECT over the model's events. Its text holds nothing
 * of the body: columns are looked up in the model, output columns are called c0, c1 …, and every
 * value is a typed parameter. All problems of a wrong body come back at once.
 */
export function compileSlicedQuery(
  spec: ModelSpec,
  body: unknown,
  costs: QueryCosts = defaultCosts,
): CompiledQuery {
  const scope = queryScope(spec)
  const parts = compiledParts(scope, body)
  if (parts === null || scope.problems.length > 0) return { ok: false, problems: scope.problems }
  const { columns, limit } = parts
  const sql = selectText(scope, parts)
  return {
    ok: true,
    limit,
    columns: columns.map(({ name, type }) => ({ name, type })),
    query: {
      name: 'sliced-query',
      sql,
      params: { ...scope.params, rows: limit + 1 },
      settings: costSettings(costs),
      toRow: (raw) => columns.map(({ toValue }, i) => toValue(raw[`c${i}`] ?? null)),
    },
  }
}

/** Compiles and runs. Throws QUERY_INVALID with all problems, or QUERY_TOO_EXPENSIVE. */
export async function runSlicedQuery(
  store: Store,
  spec: ModelSpec,
  body: unknown,
  costs: QueryCosts = defaultCosts,
): Promise<SlicedAnswer> {
  const compiled = compileSlicedQuery(spec, body, costs)
  if (!compiled.ok) throw invalidQuery(compiled.problems)
  const rows = await store.query(compiled.query).catch((error: unknown) => {
    throw queryCostError(error, costs)
  })
  const { columns, limit } = compiled
  return { columns, rows: rows.slice(0, limit), truncated: rows.length > limit }
}

function invalidQuery(problems: readonly QueryProblem[]): AppError {
  const [first] = problems
  const where = first === undefined || first.path === '' ? 'the query' : first.path
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : ''
  return new AppError(
    'QUERY_INVALID',
    `${where}: found ${first?.found ?? 'nothing'}, allowed: ${first?.allowed ?? ''}${more}`,
    { details: { problems } },
  )
}

/** What each of the engine's cost limits means to the one who asked. Codes of ErrorCodes.cpp. */
const costLimits = new Map<number, (costs: QueryCosts) => string>([
  [158, (c) => `more than ${c.rowsRead} events to read, or ${c.groups} groups`],
  [159, (c) => `more than ${c.seconds} s`],
  [241, (c) => `more than ${c.memoryBytes} bytes of memory`],
  [396, () => `an answer of more than ${queryLimits.rows} rows`],
])

/** A store's error that says the query costs too much becomes QUERY_TOO_EXPENSIVE; others stay. */
export function queryCostError(error: unknown, costs: QueryCosts = defaultCosts): unknown {
  if (!(error instanceof AppError)) return error
  const limit = costLimits.get(Number(error.details['clickhouseCode']))
  if (limit === undefined) return error
  return new AppError(
    'QUERY_TOO_EXPENSIVE',
    `the query needs ${limit(costs)}: ask for a shorter time range or fewer groups`,
    { cause: error, details: { clickhouseCode: error.details['clickhouseCode'] } },
  )
}

interface Parts {
  readonly columns: readonly OutputColumn[]
  /** How many of the columns, from the first, are groups. */
  readonly groups: number
  readonly range: readonly string[]
  readonly where: string | null
  readonly order: readonly string[]
  readonly limit: number
}

const bodyKeys = ['select', 'by', 'where', 'from', 'to', 'order', 'limit'] as const

function compiledParts(scope: QueryScope, body: unknown): Parts | null {
  const query = closedObject(scope, body, '', bodyKeys)
  if (query === null) return null
  const groups = entries(scope, query, 'by', groupColumn)
  const selected = entries(scope, query, 'select', selectColumn)
  const range = timeRange(scope, query)
  const where = query['where'] === undefined ? null : filterSql(scope, query['where'], 'where')
  const limit = rowLimit(scope, query['limit'])
  const columns = [...groups, ...selected]
  uniqueNames(scope, columns)
  // A problem elsewhere may have removed the column that the order names.
  const order =
    scope.problems.length === 0 ? ordering(scope, query['order'], columns, groups.length) : []
  return { columns, groups: groups.length, range, where, order, limit }
}

function entries(
  scope: QueryScope,
  query: JsonObject,
  key: 'by' | 'select',
  compile: (scope: QueryScope, value: unknown, path: string) => OutputColumn | null,
): OutputColumn[] {
  if (key === 'by' && query[key] === undefined) return []
  const size = { least: key === 'select' ? 1 : 0, most: queryLimits[key] }
  const list = boundedList(scope, query[key], key, size) ?? []
  return list.flatMap((value, i) => compile(scope, value, `${key}[${i}]`) ?? [])
}

function timeRange(scope: QueryScope, query: JsonObject): string[] {
  const from = query['from'] === undefined ? null : timeOf(scope, query['from'], 'from')
  const to = query['to'] === undefined ? null : timeOf(scope, query['to'], 'to')
  if (from !== null && to !== null && from >= to)
    report(scope, 'to', query['to'], 'a time after from')
  const instant = (ms: number): string =>
    `fromUnixTimestamp64Milli(${bound(scope, 'Int64', ms)}, 'UTC')`
  return [
    ...(from === null ? [] : [`ts >= ${instant(from)}`]),
    ...(to === null ? [] : [`ts < ${instant(to)}`]),
  ]
}

function rowLimit(scope: QueryScope, value: unknown): number {
  if (value === undefined) return queryLimits.defaultRows
  if (Number.isInteger(value) && Number(value) >= 1 && Number(value) <= queryLimits.rows)
    return Number(value)
  report(scope, 'limit', value, `a whole number from 1 to ${queryLimits.rows}`)
  return queryLimits.defaultRows
}

function uniqueNames(scope: QueryScope, columns: readonly OutputColumn[]): void {
  const names = columns.map(({ name }) => name)
  for (const name of new Set(names.filter((name, i) => names.indexOf(name) < i)))
    report(scope, 'select', `two columns called ${name}`, 'names that differ: say as')
}

/** The order asked for, then the groups, so that the same data always give the same rows. */
function ordering(
  scope: QueryScope,
  value: unknown,
  columns: readonly OutputColumn[],
  groups: number,
): string[] {
  const size = { least: 0, most: queryLimits.select + queryLimits.by }
  const asked = value === undefined ? [] : (boundedList(scope, value, 'order', size) ?? [])
  const keys = new Map<number, string>()
  for (const [i, entry] of asked.entries()) {
    const key = orderKey(scope, entry, `order[${i}]`, columns)
    if (key !== null && !keys.has(key.column)) keys.set(key.column, key.direction)
  }
  for (let column = 0; column < groups; column++) if (!keys.has(column)) keys.set(column, 'ASC')
  return [...keys].map(([column, direction]) => `c${column} ${direction} NULLS LAST`)
}

function orderKey(
  scope: QueryScope,
  value: unknown,
  path: string,
  columns: readonly OutputColumn[],
): { column: number; direction: string } | null {
  const entry = closedObject(scope, value, path, ['by', 'direction'])
  if (entry === null) return null
  const direction = entry['direction'] ?? 'asc'
  if (direction !== 'asc' && direction !== 'desc')
    return report(scope, `${path}.direction`, direction, 'asc or desc')
  const column = columns.findIndex(({ name }) => name === entry['by'])
  if (column < 0)
    return report(scope, `${path}.by`, entry['by'], columns.map(({ name }) => name).join(', '))
  return { column, direction: direction.toUpperCase() }
}

function selectText(scope: QueryScope, parts: Parts): string {
  const { columns, groups, where, order } = parts
  const outer = [...(scope.usesLabels ? [] : parts.range), ...(where === null ? [] : [where])]
  const lines = [
    `SELECT\n${columns.map(({ sql }, i) => `  ${sql} AS c${i}`).join(',\n')}`,
    `FROM ${scope.usesLabels ? labelledEvents(scope, parts.range) : eventsOf(scope.spec)}`,
    conditions(outer),
    groups === 0
      ? ''
      : `GROUP BY ${columns
          .slice(0, groups)
          .map((_, i) => `c${i}`)
          .join(', ')}`,
    order.length === 0 ? '' : `ORDER BY ${order.join(', ')}`,
    'LIMIT {rows:UInt32}',
  ]
  return lines.filter((line) => line !== '').join('\n')
}

const eventsOf = (spec: ModelSpec): string => `${identifier(eventsTableName(spec.model))} FINAL`

const conditions = (all: readonly string[]): string =>
  all.length === 0 ? '' : `WHERE ${all.join('\n  AND ')}`

/** The events beside their labels. The label is Nullable, so that an event without one has none. */
function labelledEvents(scope: QueryScope, range: readonly string[]): string {
  const model = bound(scope, 'String', scope.spec.model)
  const events = ['SELECT *', `FROM ${eventsOf(scope.spec)}`, conditions(range)]
  return `(${events.filter((line) => line !== '').join('\n')}) AS e
LEFT ANY JOIN (
SELECT event_id, toNullable(label) AS label
FROM labels FINAL
WHERE model = ${model}
) AS l USING (event_id)`
}

function costSettings(costs: QueryCosts): Readonly<Record<string, string | number>> {
  return {
    max_execution_time: costs.seconds,
    timeout_overflow_mode: 'throw',
    max_rows_to_read: costs.rowsRead,
    max_rows_to_group_by: costs.groups,
    group_by_overflow_mode: 'throw',
    max_memory_usage: costs.memoryBytes,
    max_result_rows: queryLimits.rows + 1,
    result_overflow_mode: 'throw',
    // Versions of one event share its hour and so its partition: no need to look across.
    do_not_merge_across_partitions_select_final: 1,
    // Events and labels are sharded by the same hash of the event id, so each shard joins its own.
    distributed_product_mode: 'local',
  }
}
