import { dirname, resolve } from 'node:path'
import type { Config, ConfigValues } from './config-schema.ts'
import { durationMs } from './duration.ts'
import { childSchema, isMapping, type SchemaNode } from './schema-problems.ts'
import { resolveSecret, type Environment } from './secrets.ts'

export interface Surroundings {
  readonly env: Environment
  /** Directory that relative paths of an option, or within its value, start from. */
  readonly directoryOf: (path: readonly string[]) => string
}

/** Valid values as the code uses them: see Config. Throws what resolveSecret throws. */
export function effectiveConfig(
  schema: SchemaNode,
  values: ConfigValues,
  surroundings: Surroundings,
): Config {
  const converted = effective(schema, values, [], surroundings) as Omit<Config, 'files'> & {
    files: { directories?: string[] }
  }
  const { directory } = converted.models
  const { directories = [directory, dirname(directory)] } = converted.files
  return deepFreeze({ ...converted, files: { directories } })
}

function effective(
  schema: SchemaNode,
  value: unknown,
  path: readonly string[],
  surroundings: Surroundings,
): unknown {
  if (Array.isArray(value)) {
    const { items = {} } = schema
    return value.map((entry) => effective(items, entry, path, surroundings))
  }
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).map(([key, child]) => {
      const option = childSchema(schema, key) ?? {}
      const unit = option['x-kind'] === 'duration' ? 'Ms' : ''
      // Keys that are no option are names that somebody chose.
      const known = Object.hasOwn(schema.properties ?? {}, key)
      const name = known ? camelCase(key) + unit : key
      return [name, effective(option, child, [...path, key], surroundings)]
    })
    return Object.fromEntries(entries) as Record<string, unknown>
  }
  return effectiveText(schema, value, path, surroundings)
}

function effectiveText(
  schema: SchemaNode,
  value: unknown,
  path: readonly string[],
  { env, directoryOf }: Surroundings,
): unknown {
  if (typeof value !== 'string') return value
  switch (schema['x-kind']) {
    case 'duration':
      return durationMs(value)
    case 'path':
      return resolve(directoryOf(path), value)
    case 'secret':
      return resolveSecret(value, env)
    case 'secret-reference':
    case undefined:
    default:
      return value
  }
}

/** The value with the defaults of everything inside it that was left out. */
export function withDefaults(schema: SchemaNode, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((entry) => withDefaults(schema.items ?? {}, entry))
  if (!isMapping(value)) return value
  const given = Object.entries(value).map(([key, child]) => [
    key,
    withDefaults(childSchema(schema, key) ?? {}, child),
  ])
  const left = Object.entries(schema.properties ?? {}).flatMap(([key, child]) =>
    Object.hasOwn(value, key) || child.default === undefined
      ? []
      : [[key, withDefaults(child, child.default)]],
  )
  return Object.fromEntries([...left, ...given]) as Record<string, unknown>
}

function camelCase(name: string): string {
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
}

function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  for (const child of Object.values(value)) deepFreeze(child)
  return Object.freeze(value)
}
