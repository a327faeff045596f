import { namePattern } from '../../core/model-spec.ts'
import {
  numericAggregates,
  queryLimits,
  type QueryColumn,
  type QueryColumnType,
} from '../../core/sliced-query-language.ts'
import { filterSql } from './sliced-query-filter.ts'
import {
  bound,
  boundedList,
  closedObject,
  columnOf,
  durationOf,
  isObject,
  pairOf,
  report,
  under,
  type QueryScope,
  type ReadColumn,
} from './sliced-query-scope.ts'

/** One column of the answer: its expression, and how its raw value is told. */
export interface OutputColumn extends QueryColumn {
  readonly sql: string
  readonly toValue: (raw: unknown) => unknown
}

type Expression = Omit<OutputColumn, 'name'> & { readonly defaultName: string }

const selectKeys = [
  'count',
  'share',
  ...numericAggregates,
  'quantile',
  'missing_rate',
  'distinct',
] as const

// Quantiles interpolate as numpy's default does (Hyndman and Fan's type 7); the other aggregates
// ignore missing values likewise.
const aggregateFunctions: Readonly<Record<string, string>> = {
  mean: 'avg',
  sum: 'sum',
  min: 'min',
  max: 'max',
  stddev: 'stddevSampStable',
}

const asIs = (raw: unknown): unknown => raw

const toValue: Readonly<Record<QueryColumnType, (raw: unknown) => unknown>> = {
  number: asIs,
  text: asIs,
  boolean: (raw) => (raw === null ? null : raw === 'true'),
  time: (raw) => (typeof raw === 'string' ? `${raw.replace(' ', 'T')}Z` : null),
}

/** One entry of `select`, or null and its problems. */
export function selectColumn(scope: QueryScope, value: unknown, path: string): OutputColumn | null {
  const entry = soleKey(scope, value, path, selectKeys)
  if (entry === null) return null
  const at = under(path, entry.key)
  const expression = aggregate(scope, entry, at)
  if (entry.key === 'share' && entry.as === undefined)
    return report(scope, under(path, 'as'), undefined, 'a name for the share')
  return named(scope, expression, entry.as, path)
}

function aggregate(
  scope: QueryScope,
  { key, operand }: { key: string; operand: unknown },
  path: string,
): Expression | null {
  switch (key) {
    case 'count':
      if (operand !== true) return report(scope, path, operand, 'true')
      return number('count()', 'count')
    case 'share': {
      const filter = filterSql(scope, operand, path)
      return filter === null ? null : number(`countIf(${filter}) / count()`, 'share')
    }
    case 'quantile':
      return quantile(scope, operand, path)
    case 'missing_rate':
    case 'distinct': {
      const column = columnOf(scope, operand, path)
      if (column === null) return null
      const sql =
        key === 'distinct' ? `uniqExact(${column.sql})` : `countIf(isNull(${column.sql})) / count()`
      return number(sql, `${key}(${column.name})`)
    }
    default:
      return numericAggregate(scope, { key, operand }, path)
  }
}

const number = (sql: string, defaultName: string): Expression => ({
  sql,
  defaultName,
  type: 'number',
  toValue: asIs,
})

function numericAggregate(
  scope: QueryScope,
  { key, operand }: { key: string; operand: unknown },
  path: string,
): Expression | null {
  const column = columnOf(scope, operand, path)
  if (column === null) return null
  const extreme = key === 'min' || key === 'max'
  if (column.type !== 'number' && !(extreme && column.type === 'time'))
    return notNumeric(scope, column, path)
  const { type } = column
  return {
    // A Nullable answer, so that no events give null and not 1970 or 0.
    sql: `${aggregateFunctions[key] ?? key}(toNullable(${column.sql}))`,
    defaultName: `${key}(${column.name})`,
    type,
    toValue: toValue[type],
  }
}

function quantile(scope: QueryScope, operand: unknown, path: string): Expression | null {
  const pair = pairOf(scope, operand, path, 'a level from 0 to 1')
  if (pair === null) return null
  const column = columnOf(scope, pair[0], `${path}[0]`)
  const level = pair[1]
  if (typeof level !== 'number' || !(level >= 0 && level <= 1))
    return report(scope, `${path}[1]`, level, 'a level from 0 to 1')
  if (column === null) return null
  if (column.type !== 'number') return notNumeric(scope, column, `${path}[0]`)
  const percent = Number((level * 100).toPrecision(12))
  return number(
    `quantileExactInclusive(${bound(scope, 'Float64', String(level))})(${column.sql})`,
    `p${percent}(${column.name})`,
  )
}

const notNumeric = (scope: QueryScope, column: ReadColumn, path: string): null =>
  report(scope, path, `${column.name}, which is ${column.type}`, 'a numeric column')

/** One entry of `by`, or null and its problems. */
export function groupColumn(scope: QueryScope, value: unknown, path: string): OutputColumn | null {
  if (typeof value === 'string') return plainGroup(scope, value, path)
  if (!isObject(value))
    return report(scope, path, value, 'a column, {"time": …} or {"bin": [column, [edges]]}')
  const entry = soleKey(scope, value, path, ['time', 'bin'])
  if (entry === null) return null
  const at = under(path, entry.key)
  const expression =
    entry.key === 'time' ? timeSlice(scope, entry.operand, at) : bin(scope, entry.operand, at)
  return named(scope, expression, entry.as, path)
}

function plainGroup(scope: QueryScope, value: string, path: string): OutputColumn | null {
  const column = columnOf(scope, value, path)
  if (column === null) return null
  if (column.type === 'time') return report(scope, path, value, '{"time": "1h"} for time')
  if (isProse(scope, column))
    return report(scope, path, value, `{"bin": ["${column.name}:length", [edges]]} for a text`)
  const groupable = column.type !== 'number' && column.name !== 'event_id'
  if (!groupable && column.name !== 'prediction' && column.name !== 'correct')
    return report(scope, path, value, `{"bin": ["${column.name}", [edges]]} for a number`)
  return { name: column.name, sql: column.sql, type: column.type, toValue: toValue[column.type] }
}

/** Texts mostly differ: a group for each of them is no slice. */
const isProse = ({ spec }: QueryScope, { name }: ReadColumn): boolean =>
  name.startsWith('features.') && spec.features.get(name.slice('features.'.length))?.type === 'text'

function timeSlice(scope: QueryScope, operand: unknown, path: string): Expression | null {
  const width = durationOf(scope, operand, path)
  if (width === null) return null
  const ms = bound(scope, 'Int64', width)
  return {
    sql: `fromUnixTimestamp64Milli(intDiv(toUnixTimestamp64Milli(ts), ${ms}) * ${ms}, 'UTC')`,
    defaultName: 'time',
    type: 'time',
    toValue: toValue.time,
  }
}

/** A bin is its index among the edges, 1 below the first, so that it sorts as a number; 0 is missing. */
function bin(scope: QueryScope, operand: unknown, path: string): Expression | null {
  const pair = pairOf(scope, operand, path, '[edges]')
  if (pair === null) return null
  const column = columnOf(scope, pair[0], `${path}[0]`)
  const edges = edgesOf(scope, pair[1], `${path}[1]`)
  if (column === null || edges === null) return null
  if (column.type !== 'number') return notNumeric(scope, column, `${path}[0]`)
  const bounds = bound(scope, 'Array(Float64)', `[-inf,${edges.join(',')}]`)
  return {
    // Missing bins are NULL and sort last, as missing categories do.
    sql: `nullIf(indexOf(${bounds}, roundDown(${column.sql}, ${bounds})), 0)`,
    defaultName: `bin(${column.name})`,
    type: 'text',
    toValue: (raw) => (typeof raw === 'number' ? binName(edges, raw - 1) : null),
  }
}

function edgesOf(scope: QueryScope, value: unknown, path: string): readonly number[] | null {
  const list = boundedList(scope, value, path, { least: 1, most: queryLimits.edges })
  if (list === null) return null
  const edges = list.filter((edge): edge is number => Number.isFinite(edge))
  const ascending = edges.every((edge, i) => i === 0 || edge > (edges[i - 1] ?? edge))
  if (edges.length === list.length && ascending) return edges
  return report(scope, path, value, 'ascending numbers')
}

function binName(edges: readonly number[], above: number): string {
  const [low, high] = [edges[above - 1], edges[above]]
  if (low === undefined) return `< ${high ?? ''}`
  return high === undefined ? `>= ${low}` : `[${low}, ${high})`
}

/** `{ <operation>: operand, as? }`: exactly one operation of those allowed. */
function soleKey(
  scope: QueryScope,
  value: unknown,
  path: string,
  allowed: readonly string[],
): { key: string; operand: unknown; as: unknown } | null {
  const entry = closedObject(scope, value, path, [...allowed, 'as'])
  if (entry === null) return null
  const [key, more] = Object.keys(entry).filter((name) => name !== 'as')
  if (key === undefined || more !== undefined)
    return report(scope, path, value, `exactly one of ${allowed.join(', ')}, and as`)
  return { key, operand: entry[key], as: entry['as'] }
}

const aliasPattern = new RegExp(namePattern, 'u')

function named(
  scope: QueryScope,
  expression: Expression | null,
  as: unknown,
  path: string,
): OutputColumn | null {
  if (as !== undefined && !(typeof as === 'string' && aliasPattern.test(as)))
    return report(scope, under(path, 'as'), as, 'up to 128 letters, digits, _ . : - / or spaces')
  if (expression === null) return null
  const { defaultName, ...column } = expression
  return { name: as ?? defaultName, ...column }
}
