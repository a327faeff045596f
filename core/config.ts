import { existsSync, readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { effectiveConfig, withDefaults } from './config-effective.ts'
import { configFindings } from './config-rules.ts'
import { ConfigSchema, type Config, type ConfigValues } from './config-schema.ts'
import {
  environmentLayer,
  fileLayer,
  flagLayer,
  optionsOf,
  type Layer,
  type Option,
  type Setting,
} from './config-sources.ts'
import { AppError } from './errors.ts'
import { pathText, problemLine, type Path, type Problem } from './problems.ts'
import { childSchema, type Finding, type SchemaNode } from './schema-problems.ts'
import { resolveSecret, type Environment } from './secrets.ts'

export type { Config } from './config-schema.ts'

/** The variables of this process: nothing else in the program reads them. */
export function environment(): Environment {
  return process.env
}

export interface ConfigSources {
  /** Path of the configuration file. Default: TIDEGAUGE_CONFIG, else tidegauge.yaml if there is one. */
  readonly file?: string
  readonly env: Environment
  /** Command line options: dotted paths, `server.port`, to text or values. Undefined ones count as not given. */
  readonly flags?: Readonly<Record<string, unknown>>
}

/** Everything found out about a configuration, right or wrong. */
export interface ConfigReading {
  readonly problems: readonly Problem[]
  /** As written, with defaults filled in; wrong settings are left out. */
  readonly values: ConfigValues
  /** Dotted path → where the value was given. Defaults have none. */
  readonly origins: ReadonlyMap<string, string>
  /** Null if there are problems. */
  readonly config: Config | null
}

// The builder's types and the plain JSON Schema that they are do not overlap for the compiler.
const schema = ConfigSchema as unknown as SchemaNode
const options = optionsOf(schema)

/**
 * The configuration of this process: defaults, overruled by the file, by environment variables, by
 * command line options. Relative paths in the file start from the file's directory, others from the
 * working directory. Secrets are looked up now. Throws CONFIG_INVALID with all problems in
 * `details.problems` and, readable, in the message.
 */
export function loadConfig(sources: ConfigSources): Config {
  const { config, problems } = readConfig(sources)
  if (config !== null) return config
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`
  throw new AppError(
    'CONFIG_INVALID',
    `the configuration has ${count}:\n${problems.map((p) => `  ${problemLine(p)}`).join('\n')}`,
    { details: { problems } },
  )
}

/** As loadConfig, but answers what is wrong instead of throwing it. */
export function readConfig({ file, env, flags = {} }: ConfigSources): ConfigReading {
  return reading(
    [
      chosenFileLayer(file ?? env['TIDEGAUGE_CONFIG']),
      environmentLayer(schema, env),
      flagLayer(schema, flags),
    ],
    env,
  )
}

/**
 * What is wrong with the text of one configuration file, taken by itself: as readConfig, without
 * looking up secrets, which need not be where files are checked.
 */
export function configFileProblems(name: string, text: string): readonly Problem[] {
  return reading([fileLayer(schema, { name, text, directory: dirname(resolve(name)) })], null)
    .problems
}

/** `env` null: secrets are not looked up and there is no configuration to use. */
function reading(layers: readonly Layer[], env: Environment | null): ConfigReading {
  const settings = new Map(
    layers.flatMap((layer) => layer.settings).map((setting) => [setting.path.join('.'), setting]),
  )
  const values = nested((option) => settings.get(option.path.join('.'))?.value) as ConfigValues
  const schemaProblems = layers.flatMap((layer) => layer.problems)
  // A section with a wrong setting is judged by its rules once that setting is right.
  const doubtful = new Set(schemaProblems.map(({ path }) => /^\w*/.exec(path)?.[0] ?? ''))
  const given = (...path: string[]) => settings.has(path.join('.'))
  const ruleProblems = configFindings(values, given, doubtful)
    .filter(({ path }) => !doubtful.has(String(path[0])))
    .map((finding) => placeOf(settings, finding))
  const secrets = env === null ? [] : secretProblems(settings, env)
  const directoryOf = (path: readonly string[]) =>
    settingAbove(settings, path)?.directoryOf ?? process.cwd()
  const problems = [...schemaProblems, ...ruleProblems, ...secrets]
  return {
    problems,
    values,
    origins: new Map([...settings].map(([path, { origin }]) => [path, origin])),
    config:
      env === null || problems.length > 0
        ? null
        : effectiveConfig(schema, values, { env, directoryOf }),
  }
}

function chosenFileLayer(file: string | undefined): Layer {
  const name = file ?? 'tidegauge.yaml'
  if (file === undefined && !existsSync(name)) return { settings: [], problems: [] }
  const text = readText(name)
  return typeof text === 'string'
    ? fileLayer(schema, { name, text, directory: dirname(resolve(name)) })
    : { settings: [], problems: [text] }
}

/** A file's text, or why it cannot be read. */
export function readText(file: string): string | Problem {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
    const reason = code === 'ENOENT' ? 'there is no such file' : `cannot be read (${code})`
    return { file, line: null, column: null, path: '', message: reason }
  }
}

/** Where the option of a finding was given. */
function placeOf(settings: ReadonlyMap<string, Setting>, finding: Finding): Problem {
  const setting = settingAbove(settings, finding.path)
  if (setting !== undefined) return setting.place(finding)
  throw new TypeError(`a rule blames ${pathText(finding.path)}, which nobody set`)
}

/** The setting that a path leads to or into. */
function settingAbove(settings: ReadonlyMap<string, Setting>, path: Path): Setting | undefined {
  for (let length = path.length; length > 0; length--) {
    const setting = settings.get(path.slice(0, length).join('.'))
    if (setting !== undefined) return setting
  }
  return undefined
}

/** Secrets that are references must exist; found out at the start, not at the first use. */
function secretProblems(settings: ReadonlyMap<string, Setting>, env: Environment): Problem[] {
  return options.flatMap(({ path, schema: option }) => {
    const setting = settings.get(path.join('.'))
    if (setting === undefined) return []
    return secretsIn(option, setting.value, path).flatMap((secret) => {
      try {
        resolveSecret(secret.reference, env)
        return []
      } catch (error) {
        if (!(error instanceof AppError)) throw error
        return [setting.place({ path: secret.path, part: 'value', message: error.message })]
      }
    })
  })
}

function secretsIn(
  schema: SchemaNode,
  value: unknown,
  path: Path,
): { path: Path; reference: string }[] {
  const kind = schema['x-kind']
  if (kind === 'secret' || kind === 'secret-reference') return [{ path, reference: String(value) }]
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, child]) => {
    const inList = Array.isArray(value)
    const within = inList ? schema.items : childSchema(schema, key)
    return secretsIn(within ?? {}, child, [...path, inList ? Number(key) : key])
  })
}

/** An object of all options: what `value` answers, or the default. */
function nested(value: (option: Option) => unknown): object {
  const root: Record<string, unknown> = {}
  for (const option of options) {
    let section = root
    for (const key of option.path.slice(0, -1)) {
      section = (section[key] ??= {}) as Record<string, unknown>
    }
    const filled = withDefaults(option.schema, value(option) ?? option.schema.default)
    if (filled !== undefined) section[option.path.at(-1) ?? ''] = filled
  }
  return root
}
