import { Value } from 'typebox/value'
import { durationMs } from './duration.ts'
import { listed, maxProblems, nearest, pathText, type Path, type Problem } from './problems.ts'
import { scrub, secretMark } from './secrets.ts'
import type { YamlFile } from './yaml-file.ts'

/** The part of JSON Schema that the schemas of configuration and model files are written in. */
export interface SchemaNode {
  readonly type?: 'object' | 'array' | 'string' | 'number' | 'integer' | 'boolean'
  readonly description?: string
  readonly default?: unknown
  readonly enum?: readonly string[]
  readonly anyOf?: readonly SchemaNode[]
  readonly properties?: Readonly<Record<string, SchemaNode>>
  readonly required?: readonly string[]
  /** One entry: what names of a mapping look like, and its values. */
  readonly patternProperties?: Readonly<Record<string, SchemaNode>>
  readonly items?: SchemaNode
  readonly minItems?: number
  readonly maxItems?: number
  readonly uniqueItems?: boolean
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: number
  readonly minLength?: number
  readonly maxLength?: number
  /**
   * `duration` becomes milliseconds, `path` absolute, `secret` a Secret that is never printed;
   * `secret-reference` stays the reference.
   */
  readonly 'x-kind'?: 'duration' | 'path' | 'secret' | 'secret-reference'
  /** What a value may be, in words, where the keywords do not say it. */
  readonly 'x-allowed'?: string
  /** What a name of a mapping may be, in words. */
  readonly 'x-allowed-names'?: string
  /** Greatest duration, where a timer hangs on it. */
  readonly 'x-most'?: string
}

/** A problem that is not yet placed in a file. */
export interface Finding {
  readonly path: Path
  /** The part that is wrong: an unknown key, or a value. */
  readonly part: 'key' | 'value'
  readonly message: string
  readonly found?: string
  readonly allowed?: string
}

/**
 * Everything in `value` that the schema does not allow, said for the person who wrote the file: what
 * was found, what is allowed, which key was probably meant. Of a union only the branch that was
 * meant is explained.
 */
export function schemaFindings(schema: SchemaNode, value: unknown, path: Path = []): Finding[] {
  if (schema.anyOf !== undefined) return unionFindings(schema, schema.anyOf, value, path)
  if (schema.type === 'object' && isMapping(value)) return mappingFindings(schema, value, path)
  if (schema.type === 'array' && Array.isArray(value)) return listFindings(schema, value, path)
  return Value.Check(schema, value) && !tooLong(schema, value)
    ? []
    : [notAllowed(schema, value, path)]
}

function tooLong(schema: SchemaNode, value: unknown): boolean {
  const most = schema['x-most']
  return most !== undefined && durationMs(String(value)) > durationMs(most)
}

export function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Places findings, at most maxProblems, in the file they were found in. */
export function placed(findings: readonly Finding[], file: YamlFile, fileName: string): Problem[] {
  return findings.slice(0, maxProblems).map(({ path, part, ...said }) => ({
    file: fileName,
    ...file.positionOf(path, part),
    path: pathText(path),
    ...said,
  }))
}

function notAllowed(schema: SchemaNode, value: unknown, path: Path): Finding {
  const secret = schema['x-kind'] === 'secret' || schema['x-kind'] === 'secret-reference'
  const found = secret ? secretMark : schema.type === 'object' ? kindText(value) : foundText(value)
  const allowed = allowedText(schema)
  const unquoted = typeof value === 'number' || typeof value === 'boolean'
  const quotes = unquoted && Value.Check(schema, String(value))
  const hint = quotes ? `: put it in quotes, "${String(value)}"` : ''
  return {
    path,
    part: 'value',
    message: `found ${found}; allowed: ${allowed}${hint}`,
    found,
    allowed,
  }
}

/** Of what is no mapping. Text is not quoted: it may be a mapping that is damaged, secrets and all. */
function kindText(value: unknown): string {
  return typeof value === 'string' ? 'text' : foundText(value)
}

/** The value as it is quoted in a message: short, and without credentials. */
export function foundText(value: unknown): string {
  if (value === undefined || value === null) return 'nothing'
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list'
  if (isMapping(value)) return Object.keys(value).length === 0 ? 'an empty mapping' : 'a mapping'
  const text = scrub(JSON.stringify(value))
  return text.length > 80 ? `${text.slice(0, 77)}…"` : text
}

function mappingFindings(
  schema: SchemaNode,
  value: Record<string, unknown>,
  path: Path,
): Finding[] {
  const missing = (schema.required ?? [])
    .filter((key) => !Object.hasOwn(value, key))
    .map((key): Finding => ({ path, part: 'key', message: `"${key}" is missing` }))
  const entries = Object.entries(value).flatMap(([key, entry]) => {
    const child = childSchema(schema, key)
    return child === undefined
      ? [unknownKey(schema, key, path)]
      : schemaFindings(child, entry, [...path, key])
  })
  return [...missing, ...entries]
}

/** The schema of the value under `key`; undefined if no such key is allowed. */
export function childSchema(schema: SchemaNode, key: string): SchemaNode | undefined {
  const named = schema.properties ?? {}
  if (Object.hasOwn(named, key)) return named[key]
  return Object.entries(schema.patternProperties ?? {}).find(([pattern]) =>
    new RegExp(pattern, 'u').test(key),
  )?.[1]
}

function unknownKey(schema: SchemaNode, key: string, path: Path): Finding {
  const found = foundText(key)
  const at = { path: [...path, key], part: 'key', found } as const
  const names = schema['x-allowed-names']
  if (names !== undefined) {
    return { ...at, message: `found the name ${found}; allowed: ${names}`, allowed: names }
  }
  const known = Object.keys(schema.properties ?? {})
  const meant = nearest(key, known)
  const allowed = listed(known)
  const hint = meant === undefined ? `allowed: ${allowed}` : `did you mean "${meant}"?`
  return { ...at, message: `unknown key ${found}; ${hint}`, allowed }
}

function listFindings(schema: SchemaNode, value: unknown[], path: Path): Finding[] {
  const { items, minItems = 0, maxItems = Infinity } = schema
  const wrongLength = value.length < minItems || value.length > maxItems
  const said = `found ${value.length} entries; allowed: ${allowedText(schema)}`
  const repeated = schema.uniqueItems === true ? repeats(value) : []
  return [
    ...(wrongLength ? [{ path, part: 'value', message: said } as const] : []),
    ...repeated.map((index): Finding => ({
      path: [...path, index],
      part: 'value',
      message: `${foundText(value[index])} is there twice`,
    })),
    ...(items === undefined
      ? []
      : value.flatMap((entry, index) => schemaFindings(items, entry, [...path, index]))),
  ]
}

/** Indexes of entries that stood in the list before. */
export function repeats(values: readonly unknown[]): number[] {
  const seen = new Set<string>()
  return values.flatMap((value, index) => {
    const text = JSON.stringify(value)
    if (seen.has(text)) return [index]
    seen.add(text)
    return []
  })
}

function unionFindings(
  union: SchemaNode,
  branches: readonly SchemaNode[],
  value: unknown,
  path: Path,
): Finding[] {
  if (branches.some((branch) => schemaFindings(branch, value).length === 0)) return []
  const meant = branches.filter((branch) => isMeant(branch, value))
  const [only] = meant
  if (only !== undefined && meant.length === 1) return schemaFindings(only, value, path)
  const allowed = allowedText(union)
  const keys = isMapping(value) ? Object.keys(value) : []
  const found = keys.length === 0 ? foundText(value) : `the keys ${listed(keys, 'and')}`
  return [{ path, part: 'value', message: `found ${found}; allowed: ${allowed}`, found, allowed }]
}

/** Whether somebody who wrote `value` had this branch in mind: same kind and, of mappings, a key in common. */
function isMeant(branch: SchemaNode, value: unknown): boolean {
  if (Array.isArray(value)) return branch.type === 'array'
  if (!isMapping(value) || branch.type !== 'object') return false
  return Object.keys(value).some((key) => childSchema(branch, key) !== undefined)
}

/** What the schema allows, in words: `a whole number from 1 to 65535`. */
export function allowedText(schema: SchemaNode): string {
  if (schema['x-allowed'] !== undefined) return schema['x-allowed']
  if (schema.enum !== undefined) return listed(schema.enum)
  if (schema.anyOf !== undefined) return listed(schema.anyOf.map(allowedText))
  if (schema.type === 'array') return listText(schema)
  if (schema.type === 'object') return mappingText(schema)
  if (schema.type === 'boolean') return 'true or false'
  return schema.type === 'string' ? stringText(schema) : numberText(schema)
}

function listText({ items = {}, minItems, maxItems }: SchemaNode): string {
  const count = countText(minItems, maxItems)
  return `a list of${count === '' ? '' : ` ${count}`}: ${allowedText(items)}`
}

function mappingText({ properties = {}, patternProperties }: SchemaNode): string {
  const [values] = Object.values(patternProperties ?? {})
  if (values !== undefined) return `a mapping of names to: ${allowedText(values)}`
  return `{ ${Object.keys(properties).join(', ')} }`
}

function stringText({ maxLength, minLength }: SchemaNode): string {
  const least = minLength === 1 && maxLength === undefined ? undefined : minLength
  const count = countText(least, maxLength)
  return count === '' ? 'text' : `text of ${count} characters`
}

function countText(least: number | undefined, most: number | undefined): string {
  if (most !== undefined) return least === undefined ? `up to ${most}` : `${least} to ${most}`
  return least === undefined ? '' : `at least ${least}`
}

function numberText({ type, minimum, maximum, exclusiveMinimum }: SchemaNode): string {
  const noun = type === 'integer' ? 'a whole number' : 'a number'
  if (exclusiveMinimum === undefined) {
    const range = rangeText(minimum, maximum)
    return range === '' ? noun : `${noun} ${range}`
  }
  return `${noun} above ${exclusiveMinimum}${maximum === undefined ? '' : ` up to ${maximum}`}`
}

function rangeText(least: number | undefined, most: number | undefined): string {
  if (least === undefined) return most === undefined ? '' : `up to ${most}`
  return most === undefined ? `from ${least}` : `from ${least} to ${most}`
}
