import { comparisons, queryLimits, type Comparison } from '../../core/sliced-query-language.ts'
import {
  bound,
  boundedList,
  closedObject,
  columnOf,
  isText,
  pairOf,
  report,
  timeOf,
  under,
  type JsonObject,
  type QueryScope,
  type ReadColumn,
} from './sliced-query-scope.ts'

const operators: Readonly<Record<Comparison, string>> = {
  eq: '=',
  ne: '!=',
  lt: '<',
  le: '<=',
  gt: '>',
  ge: '>=',
}
const filterKeys = ['and', 'or', 'not', ...comparisons, 'in', 'is_null', 'not_null'] as const

/** The condition of a filter, or null and its problems in the scope. */
export function filterSql(
  scope: QueryScope,
  value: unknown,
  path: string,
  depth = 1,
): string | null {
  if (depth > queryLimits.depth)
    return report(scope, path, value, `filters nested ${queryLimits.depth} deep`)
  if (!countsClause(scope, path)) return null
  const filter = closedObject(scope, value, path, filterKeys)
  if (filter === null) return null
  const [key, more] = Object.keys(filter)
  if (key === undefined || more !== undefined)
    return report(scope, path, value, `exactly one of ${filterKeys.join(', ')}`)
  return clauseSql(scope, filter, { key, path: under(path, key), depth })
}

/** Counts one clause; the first one too many is reported, the rest is not even looked at. */
function countsClause(scope: QueryScope, path: string): boolean {
  scope.clauses++
  if (scope.clauses === queryLimits.clauses + 1)
    report(scope, path, scope.clauses, `at most ${queryLimits.clauses} filters in all`)
  return scope.clauses <= queryLimits.clauses
}

function clauseSql(
  scope: QueryScope,
  filter: JsonObject,
  at: { key: string; path: string; depth: number },
): string | null {
  const value = filter[at.key]
  switch (at.key) {
    case 'and':
      return joined(scope, value, { ...at, by: ' AND ' })
    case 'or':
      return joined(scope, value, { ...at, by: ' OR ' })
    case 'not': {
      const inner = filterSql(scope, value, at.path, at.depth + 1)
      return inner === null ? null : `NOT ${inner}`
    }
    case 'is_null':
    case 'not_null': {
      const column = columnOf(scope, value, at.path)
      return column === null
        ? null
        : `${at.key === 'is_null' ? 'isNull' : 'isNotNull'}(${column.sql})`
    }
    case 'in':
      return listed(scope, value, at.path)
    default:
      return compared(scope, value, at.path, at.key as Comparison)
  }
}

function joined(
  scope: QueryScope,
  value: unknown,
  { path, depth, by }: { path: string; depth: number; by: string },
): string | null {
  const filters = boundedList(scope, value, path, { least: 1, most: queryLimits.clauses })
  if (filters === null) return null
  const parts = filters.map((filter, i) => filterSql(scope, filter, `${path}[${i}]`, depth + 1))
  return parts.includes(null) ? null : `(${parts.join(by)})`
}

function compared(
  scope: QueryScope,
  value: unknown,
  path: string,
  operation: Comparison,
): string | null {
  const pair = pairOf(scope, value, path, 'value')
  if (pair === null) return null
  const column = columnOf(scope, pair[0], `${path}[0]`)
  if (column === null) return null
  const ordered = column.type === 'number' || column.type === 'time'
  if (!ordered && operation !== 'eq' && operation !== 'ne')
    return report(
      scope,
      path,
      `${operation} of ${column.name}, which is ${column.type}`,
      'eq, ne, in',
    )
  const operand = operandSql(scope, column, pair[1], `${path}[1]`)
  return operand === null ? null : `(${column.sql} ${operators[operation]} ${operand})`
}

function operandSql(
  scope: QueryScope,
  column: ReadColumn,
  value: unknown,
  path: string,
): string | null {
  const operand = typedValue(scope, column, value, path)
  if (operand === null) return null
  switch (column.type) {
    case 'time':
      return `fromUnixTimestamp64Milli(${bound(scope, 'Int64', operand)}, 'UTC')`
    case 'number':
      return bound(scope, 'Float64', operand)
    case 'text':
    case 'boolean':
      return bound(scope, 'String', operand)
  }
}

function listed(scope: QueryScope, value: unknown, path: string): string | null {
  const pair = pairOf(scope, value, path, '[values]')
  if (pair === null) return null
  const column = columnOf(scope, pair[0], `${path}[0]`)
  const list = boundedList(scope, pair[1], `${path}[1]`, { least: 1, most: queryLimits.listValues })
  if (column === null || list === null) return null
  const values = list.map((item, i) => typedValue(scope, column, item, `${path}[1][${i}]`))
  if (values.includes(null)) return null
  switch (column.type) {
    case 'time':
      return `(toUnixTimestamp64Milli(${column.sql}) IN ${bound(scope, 'Array(Int64)', values)})`
    case 'number':
      return `(${column.sql} IN ${bound(scope, 'Array(Float64)', `[${values.join(',')}]`)})`
    case 'text':
    case 'boolean':
      return `(${column.sql} IN ${bound(scope, 'Array(String)', values)})`
  }
}

/**
 * The value as it is bound to a column of that type, or null and a problem. Numbers are bound as
 * their text: the client refuses whole numbers beyond 2^53, which a Float64 may well be.
 */
function typedValue(
  scope: QueryScope,
  column: ReadColumn,
  value: unknown,
  path: string,
): string | number | null {
  const must = (what: string): null =>
    report(scope, path, value, `${what}: ${column.name} is ${column.type}`)
  switch (column.type) {
    case 'number':
      return Number.isFinite(value) ? String(value) : must('a number')
    case 'time':
      return timeOf(scope, value, path)
    case 'boolean':
      return typeof value === 'boolean' ? String(value) : must('true or false')
    case 'text':
      return isText(value) ? value : must(`text of up to ${queryLimits.textLength} characters`)
  }
}
