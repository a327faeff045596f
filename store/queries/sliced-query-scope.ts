import { durationMs } from '../../core/duration.ts'
import type { ModelSpec } from '../../core/model-spec.ts'
import {
  eventQueryColumns,
  labelQueryColumns,
  queryLimits,
  type QueryColumnType,
  type QueryProblem,
} from '../../core/sliced-query-language.ts'
import { featureColumn } from '../tables/events-table.ts'
import { identifier } from '../query.ts'
import { derivedSources } from './derived-sources.ts'

/** A column of the model, as the text that reads it. */
export interface ReadColumn {
  readonly name: string
  readonly sql: string
  readonly type: QueryColumnType
}

/** What one compilation gathers: bound values, problems, and whether the labels are needed. */
export interface QueryScope {
  readonly spec: ModelSpec
  readonly params: Record<string, unknown>
  readonly problems: QueryProblem[]
  clauses: number
  usesLabels: boolean
}

export function queryScope(spec: ModelSpec): QueryScope {
  return { spec, params: {}, problems: [], clauses: 0, usesLabels: false }
}

/** Binds a value and answers the placeholder that stands for it. The only way a value meets the text. */
export function bound(scope: QueryScope, type: string, value: unknown): string {
  const name = `p${Object.keys(scope.params).length}`
  scope.params[name] = value
  return `{${name}:${type}}`
}

// Beyond this nobody reads on, and a hostile body must not grow its own answer.
const maxProblems = 100

export function report(scope: QueryScope, path: string, found: unknown, allowed: string): null {
  if (scope.problems.length < maxProblems)
    scope.problems.push({ path, found: described(found), allowed })
  return null
}

/** A value in a few words: what stands there, never all of it. */
function described(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (Array.isArray(value)) return `a list of ${value.length}`
  if (isObject(value)) {
    const keys = Object.keys(value)
    return keys.length === 0 ? 'an empty object' : `an object with ${short(keys.join(', '))}`
  }
  return short(typeof value === 'string' ? `"${value}"` : JSON.stringify(value))
}

const short = (text: string): string => (text.length > 80 ? `${text.slice(0, 77)}...` : text)

export type JsonObject = Readonly<Record<string, unknown>>

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** An object with no key beyond those allowed, or null and a problem for each of them. */
export function closedObject(
  scope: QueryScope,
  value: unknown,
  path: string,
  allowed: readonly string[],
): JsonObject | null {
  if (!isObject(value)) return report(scope, path, value, `an object with ${allowed.join(', ')}`)
  const unknown = Object.keys(value).filter((key) => !allowed.includes(key))
  for (const key of unknown) report(scope, under(path, short(key)), key, allowed.join(', '))
  return unknown.length === 0 ? value : null
}

/** An array of `least` to `most` values. */
export function boundedList(
  scope: QueryScope,
  value: unknown,
  path: string,
  { least, most }: { least: number; most: number },
): readonly unknown[] | null {
  if (Array.isArray(value) && value.length >= least && value.length <= most)
    return value as readonly unknown[]
  return report(scope, path, value, `a list of ${least} to ${most}`)
}

/** `[column, operand]`, as comparisons, lists, bins and quantiles write it. */
export function pairOf(
  scope: QueryScope,
  value: unknown,
  path: string,
  operand: string,
): readonly [unknown, unknown] | null {
  if (Array.isArray(value) && value.length === 2) return [value[0], value[1]]
  return report(scope, path, value, `[column, ${operand}]`)
}

export const under = (path: string, key: string): string => (path === '' ? key : `${path}.${key}`)

/** The column of that name, or null and a problem that lists the model's columns. */
export function columnOf(scope: QueryScope, value: unknown, path: string): ReadColumn | null {
  const column = typeof value === 'string' ? findColumn(scope, value) : undefined
  if (column !== undefined) return column
  return report(scope, path, value, `a column: ${columnNames(scope.spec).join(', ')}, tags.<name>`)
}

function findColumn(scope: QueryScope, name: string): ReadColumn | undefined {
  if (name.startsWith('features.')) return featureOf(scope.spec, name.slice('features.'.length))
  if (name.startsWith('tags.')) return tagOf(scope, name.slice('tags.'.length))
  const column = eventColumn(scope.spec, name)
  if (column === undefined) return undefined
  if (labelColumn(name)) scope.usesLabels = true
  return { name, ...column }
}

const columnTypes = {
  numeric: 'number',
  categorical: 'text',
  boolean: 'boolean',
  text: 'text',
} as const

function featureOf(spec: ModelSpec, feature: string): ReadColumn | undefined {
  const declared = spec.features.get(feature)
  if (declared === undefined) return computedOf(spec, feature)
  // Nothing that a query may ask of a column can be asked of a list.
  if (declared.type === 'embedding') return undefined
  return {
    name: `features.${feature}`,
    sql: identifier(featureColumn(feature)),
    type: columnTypes[declared.type],
  }
}

/** A number that is computed of a text or an embedding by itself, without the baseline. */
function computedOf(spec: ModelSpec, name: string): ReadColumn | undefined {
  const source = derivedSources(spec, new Map()).find((s) => s.name === name)
  if (source?.derived === undefined) return undefined
  return { name: `features.${name}`, sql: source.derived.sql, type: 'number' }
}

/** Tags are not declared: their names are values, and bound as such. */
function tagOf(scope: QueryScope, tag: string): ReadColumn | undefined {
  if (tag.length === 0 || tag.length > 128) return undefined
  const key = bound(scope, 'String', tag)
  return {
    name: `tags.${tag}`,
    sql: `if(mapContains(tags, ${key}), tags[${key}], NULL)`,
    type: 'text',
  }
}

const labelColumn = (name: string): boolean =>
  (labelQueryColumns as readonly string[]).includes(name)

function eventColumn(
  spec: ModelSpec,
  name: string,
): { sql: string; type: QueryColumnType } | undefined {
  const regression = spec.task === 'regression'
  const columns: Readonly<Record<string, { sql: string; type: QueryColumnType } | undefined>> = {
    prediction: { sql: 'prediction', type: regression ? 'number' : 'text' },
    score: { sql: 'score', type: 'number' },
    latency_ms: { sql: 'latency_ms', type: 'number' },
    error: { sql: 'error', type: 'text' },
    outlier_score: { sql: 'outlier_score', type: 'number' },
    version: { sql: 'version', type: 'text' },
    variant: { sql: 'variant', type: 'text' },
    event_id: { sql: 'event_id', type: 'text' },
    ts: { sql: 'ts', type: 'time' },
    ingested_at: { sql: 'ingested_at', type: 'time' },
    label: { sql: 'label', type: 'text' },
    ...(regression
      ? { absolute_error: { sql: 'abs(prediction - toFloat64OrNull(label))', type: 'number' } }
      : { correct: { sql: 'toFloat64(prediction = label)', type: 'number' } }),
  }
  return Object.hasOwn(columns, name) ? columns[name] : undefined
}

function columnNames(spec: ModelSpec): string[] {
  const readable = [
    ...[...spec.features.keys()].filter((name) => featureOf(spec, name) !== undefined),
    ...derivedSources(spec, new Map()).map(({ name }) => name),
  ]
  const features = readable.slice(0, 50).map((name) => `features.${name}`)
  const more = readable.length > 50 ? ['features.…'] : []
  const fixed = [...eventQueryColumns, ...labelQueryColumns].filter(
    (name) => eventColumn(spec, name) !== undefined,
  )
  return [...features, ...more, ...fixed]
}

// What DateTime64(3) holds.
const leastTime = Date.UTC(1900, 0, 1)
const greatestTime = Date.UTC(2299, 0, 1)

/** Epoch milliseconds of an ISO time with a zone or of epoch milliseconds. */
export function timeOf(scope: QueryScope, value: unknown, path: string): number | null {
  const zoned =
    typeof value === 'string' &&
    /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)$/.test(value)
  const ms = zoned ? Date.parse(value) : Number.isInteger(value) ? Number(value) : Number.NaN
  if (ms >= leastTime && ms < greatestTime) return ms
  return report(scope, path, value, 'ISO 8601 with a zone, or epoch milliseconds')
}

export function durationOf(scope: QueryScope, value: unknown, path: string): number | null {
  try {
    const ms = durationMs(typeof value === 'string' ? value : '')
    if (ms <= greatestTime) return ms
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
  }
  return report(scope, path, value, 'a duration such as 5m, 1h or 1d')
}

/** Text that may be sent: bounded, and whole as Unicode. */
export const isText = (value: unknown): value is string =>
  typeof value === 'string' && value.length <= queryLimits.textLength && value.isWellFormed()
