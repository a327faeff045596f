import { schemaFindings, isMapping, type Finding, type SchemaNode } from './schema-problems.ts'
import { maxProblems, nearest, pathText, type Path, type Problem } from './problems.ts'
import type { Environment } from './secrets.ts'
import { parseYaml } from './yaml-file.ts'

/** One leaf of the configuration's schema. */
export interface Option {
  readonly path: readonly string[]
  readonly schema: SchemaNode
}

/** A value that somebody gave to an option. */
export interface Setting {
  readonly path: readonly string[]
  readonly value: unknown
  /** Such as `tidegauge.yaml:3` or `variable TIDEGAUGE__SERVER__PORT`. */
  readonly origin: string
  /** Puts a finding about this setting where it was given. */
  readonly place: (finding: Finding) => Problem
  /** Directory that relative paths in the value start from; null for the working directory. */
  readonly directoryOf: string | null
}

/** What one source says: valid settings, and what is wrong with the others. */
export interface Layer {
  readonly settings: readonly Setting[]
  readonly problems: readonly Problem[]
}

/** All options of a schema, in its order. A section that may be left out is one: it is there or not. */
export function optionsOf(schema: SchemaNode, path: readonly string[] = []): Option[] {
  const { properties, required = [] } = schema
  if (properties === undefined) return [{ path, schema: writtenEntries(schema) }]
  return Object.entries(properties).flatMap(([key, child]) =>
    required.includes(key)
      ? optionsOf(child, [...path, key])
      : [{ path: [...path, key], schema: writtenEntries(child) }],
  )
}

/**
 * The schema of the file as written: no section and no option has to be there. Entries of lists and
 * mappings keep what they require and have no default for.
 */
export function writtenSchema(schema: SchemaNode): SchemaNode {
  if (schema.properties === undefined) return writtenEntries(schema)
  const { required = [] } = schema
  const properties = Object.entries(schema.properties).map(([key, child]) => [
    key,
    required.includes(key) ? writtenSchema(child) : writtenEntries(child),
  ])
  return {
    ...schema,
    required: [],
    properties: Object.fromEntries(properties) as Record<string, SchemaNode>,
  }
}

function writtenEntries(schema: SchemaNode): SchemaNode {
  const { items, patternProperties, properties, required = [] } = schema
  const filled = required.filter((key) => hasDefault(properties?.[key]))
  const each = (children: Readonly<Record<string, SchemaNode>>) =>
    Object.fromEntries(
      Object.entries(children).map(([key, child]) => {
        const written = writtenEntries(child)
        const section = child.properties !== undefined && filled.includes(key)
        return [key, section ? { ...written, default: {} } : written]
      }),
    )
  return {
    ...schema,
    ...(items === undefined ? {} : { items: writtenEntries(items) }),
    ...(patternProperties === undefined ? {} : { patternProperties: each(patternProperties) }),
    ...(properties === undefined
      ? {}
      : {
          properties: each(properties),
          required: required.filter((key) => !filled.includes(key)),
        }),
  }
}

/** A section has one where everything in it has. */
function hasDefault(schema: SchemaNode | undefined): boolean {
  if (schema?.properties === undefined) return schema?.default !== undefined
  const { properties, required = [] } = schema
  return required.every((key) => hasDefault(properties[key]))
}

/** The name of the environment variable of an option: `TIDEGAUGE__SERVER__PORT`. */
export function variableName(path: readonly string[]): string {
  return ['TIDEGAUGE', ...path].join('__').toUpperCase()
}

export interface ConfigText {
  readonly name: string
  readonly text: string
  readonly directory: string
}

/** The settings of a configuration file. */
export function fileLayer(schema: SchemaNode, file: ConfigText): Layer {
  const parsed = parseYaml(file.text, file.name)
  if (!parsed.ok) return { settings: [], problems: parsed.problems }
  const values = withoutEmptySections(schema, parsed.value)
  const place = ({ path, part, ...said }: Finding): Problem => ({
    file: file.name,
    ...parsed.positionOf(path, part),
    path: pathText(path),
    ...said,
  })
  const settings = optionsOf(schema).flatMap(({ path }) => {
    const value = valueAt(values, path)
    const origin = `${file.name}:${parsed.positionOf(path, 'key').line}`
    return value === undefined ? [] : [{ path, value, origin, place, directoryOf: file.directory }]
  })
  const problems = schemaFindings(writtenSchema(schema), values).slice(0, maxProblems).map(place)
  return { settings: settings.filter(isValid(schema)), problems }
}

/** A section with all its lines commented out reads as null; it says nothing. */
function withoutEmptySections(schema: SchemaNode, value: unknown): unknown {
  if (schema.properties === undefined) return value
  if (value === null) return {}
  if (!isMapping(value)) return value
  const sections = schema.properties
  return Object.fromEntries(
    Object.entries(value).map(([key, child]) => {
      const section = Object.hasOwn(sections, key) ? sections[key] : undefined
      return [key, section === undefined ? child : withoutEmptySections(section, child)]
    }),
  )
}

function valueAt(value: unknown, path: readonly string[]): unknown {
  let at = value
  for (const key of path) {
    if (!isMapping(at) || !Object.hasOwn(at, key)) return undefined
    at = at[key]
  }
  return at
}

function isValid(schema: SchemaNode): (setting: Setting) => boolean {
  const schemas = new Map(optionsOf(schema).map((option) => [option.path.join('.'), option.schema]))
  return ({ path, value }) => {
    const option = schemas.get(path.join('.'))
    return option !== undefined && schemaFindings(option, value).length === 0
  }
}

/**
 * The settings of the environment: `TIDEGAUGE__<SECTION>__<OPTION>`, lists separated by commas or as
 * JSON, mappings as JSON, and `…__FILE` naming the file that holds a secret. Unknown names are
 * problems. Names with one underscore are left alone: Kubernetes sets `TIDEGAUGE_PORT` for a service
 * called tidegauge.
 */
export function environmentLayer(schema: SchemaNode, env: Environment): Layer {
  const options = new Map<string, Option & { readonly secretFile: boolean }>()
  for (const option of optionsOf(schema)) {
    const name = variableName(option.path)
    options.set(name, { ...option, secretFile: false })
    const secret = option.schema['x-kind'] === 'secret'
    if (secret) options.set(`${name}__FILE`, { ...option, secretFile: true })
  }
  const layers = Object.entries(env).flatMap(([name, text]): Layer[] => {
    const option = options.get(name)
    if (text === undefined) return []
    if (option === undefined) return unknownVariable(name, [...options.keys()])
    const value = option.secretFile ? `file:${text}` : fromText(option.schema, text)
    return [givenLayer(option, value, `variable ${name}`)]
  })
  return joined(layers)
}

function unknownVariable(name: string, known: readonly string[]): Layer[] {
  const prefix = 'TIDEGAUGE__'
  const oneUnderscore = name.replace(/^TIDEGAUGE_(?!_)/, prefix)
  if (!name.startsWith(prefix) && !known.includes(oneUnderscore)) return []
  const meant = nearest(oneUnderscore, known)
  const hint = meant === undefined ? '' : `; did you mean ${meant}?`
  return [unknownSource(`variable ${name}`, `unknown variable${hint}`)]
}

/** The settings of command line options: dotted paths, `server.port`, to text or values. */
export function flagLayer(schema: SchemaNode, flags: Readonly<Record<string, unknown>>): Layer {
  const options = new Map(optionsOf(schema).map((option) => [option.path.join('.'), option]))
  const layers = Object.entries(flags).flatMap(([name, given]): Layer[] => {
    const option = options.get(name)
    if (given === undefined) return []
    if (option === undefined) {
      const meant = nearest(name, [...options.keys()])
      const hint = meant === undefined ? '' : `; did you mean ${meant}?`
      return [unknownSource(`option ${name}`, `unknown option${hint}`)]
    }
    const value = typeof given === 'string' ? fromText(option.schema, given) : given
    return [givenLayer(option, value, `option ${name}`)]
  })
  return joined(layers)
}

function unknownSource(file: string, message: string): Layer {
  return { settings: [], problems: [{ file, line: null, column: null, path: '', message }] }
}

function givenLayer({ path, schema }: Option, value: unknown, origin: string): Layer {
  const place = (finding: Finding): Problem => outsideFiles(origin, finding)
  const problems = schemaFindings(schema, value, path as Path).map(place)
  const setting: Setting = { path, value, origin, place, directoryOf: null }
  return { settings: problems.length === 0 ? [setting] : [], problems }
}

/** A variable or option has one place, whether its name or its value is wrong. */
function outsideFiles(origin: string, finding: Finding): Problem {
  const { message, found, allowed } = finding
  return {
    file: origin,
    line: null,
    column: null,
    path: pathText(finding.path),
    message,
    ...(found === undefined ? {} : { found }),
    ...(allowed === undefined ? {} : { allowed }),
  }
}

function joined(layers: readonly Layer[]): Layer {
  return {
    settings: layers.flatMap(({ settings }) => settings),
    problems: layers.flatMap(({ problems }) => problems),
  }
}

const truths: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['false', false],
])

/** Text of a variable or option as its schema wants it. What cannot be read stays text, for the schema to refuse. */
function fromText(schema: SchemaNode, text: string): unknown {
  switch (schema.type) {
    case 'integer':
    case 'number':
      return /^-?[0-9]+(\.[0-9]+)?$/.test(text) ? Number(text) : text
    case 'boolean':
      return truths.get(text) ?? text
    case 'array':
      return fromJson(text, '[') ?? splitList(text)
    case 'object':
      return fromJson(text, '{') ?? text
    case 'string':
    case undefined:
    default:
      return text
  }
}

function splitList(text: string): string[] {
  return text.trim() === '' ? [] : text.split(',').map((entry) => entry.trim())
}

/** What the text says where it starts as such JSON does; damaged, it stays text. */
function fromJson(text: string, start: '[' | '{'): unknown {
  if (!text.trimStart().startsWith(start)) return undefined
  const parsed = parseYaml(text, '')
  return parsed.ok ? parsed.value : text
}
