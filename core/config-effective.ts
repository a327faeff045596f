import { dirname, resolve } from 'node:path'
import type { Config, ConfigValues } from './config-schema.ts'
import { durationMs } from './duration.ts'
import type { SchemaNode } from './schema-problems.ts'
import { resolveSecret, type Environment } from './secrets.ts'

export interface Surroundings {
  readonly env: Environment
  /** Directory that relative paths of an option start from. */
  readonly directoryOf: (option: string) => string
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
      const option = schema.properties?.[key] ?? {}
      const unit = option['x-kind'] === 'duration' ? 'Ms' : ''
      return [camelCase(key) + unit, effective(option, child, [...path, key], surroundings)]
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
      return resolve(directoryOf(path.join('.')), value)
    case 'secret':
      return resolveSecret(value, env)
    case undefined:
    default:
      return value
  }
}

function camelCase(name: string): string {
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
}

function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  for (const child of Object.values(value)) deepFreeze(child)
  return Object.freeze(value)
}
