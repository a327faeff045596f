import { importCycles, importsOf, type Import, type SourceFiles } from './imports.ts'

interface FolderRules {
  /** Folders or files that it may import beside itself. */
  readonly imports: readonly string[]
  /** Packages; `*` for any. */
  readonly packages: readonly string[]
}

// Logging and metrics: every folder with effects may have its own.
const telemetry = ['pino', 'prom-client']

const everything: FolderRules = {
  imports: [
    'core',
    'detectors',
    'store',
    'ingest',
    'alerts',
    'monitor',
    'api',
    'dashboards',
    'bin',
    'examples',
    'bench',
    'test',
  ],
  packages: ['*'],
}

/** Who may import whom. Reading a row tells everything that code there can reach. */
export const folders: Readonly<Record<string, FolderRules>> = {
  core: { imports: [], packages: [...telemetry, '@opentelemetry/api', 'typebox', 'yaml'] },
  detectors: { imports: [], packages: ['simple-statistics', 'ml-matrix'] },
  store: { imports: ['core'], packages: ['@clickhouse/client', 'chdb', 'apache-arrow'] },
  ingest: {
    imports: ['core', 'store', 'detectors/outliers'],
    packages: [
      ...telemetry,
      'kafkajs',
      'snappyjs',
      'lz4js',
      'fzstd',
      'protobufjs',
      'undici',
      'typebox',
    ],
  },
  alerts: {
    imports: ['core', 'store'],
    packages: [...telemetry, 'undici', 'standardwebhooks'],
  },
  monitor: {
    imports: ['core', 'detectors', 'store', 'alerts'],
    packages: [...telemetry, 'croner'],
  },
  api: {
    imports: ['core', 'store', 'ingest', 'alerts'],
    packages: [...telemetry, 'fastify', '@fastify/*', 'typebox', 'ajv', 'ajv-formats'],
  },
  dashboards: { imports: ['core'], packages: ['@grafana/grafana-foundation-sdk'] },
  bin: everything,
  examples: everything,
  bench: everything,
}

const onlyIn: readonly { what: string; files: RegExp; pattern: RegExp }[] = [
  {
    what: 'reads the environment: core/config.ts does',
    files: /^(core\/config\.ts|test\/|bench\/)/,
    pattern: /\bprocess\.env\b/,
  },
  {
    what: 'opens a store: bin/ does',
    files: /^(store\/client\.ts|bin\/|examples\/|bench\/|test\/)/,
    pattern: /\bopenStore\(/,
  },
  {
    what: 'holds SQL: store/ does',
    files: /^(store|dashboards|bin|examples|bench|test)\//,
    pattern: /[`'"]\s*(SELECT|INSERT INTO|ALTER TABLE|CREATE TABLE|DROP TABLE|OPTIMIZE TABLE)\s/,
  },
]

const emptyNames =
  /(^|\/)(utils?|helpers?|common|services?|managers?|lib|misc)(\/|\.ts$)|-(helper|manager|service|utils?)\.ts$/

/** What in these files breaks the house's architecture, a sentence each; empty when nothing does. */
export function architectureViolations(files: SourceFiles, declared: readonly string[]): string[] {
  const imports = [...files].flatMap(([file, source]) => importsOf(file, source))
  return [
    ...imports.flatMap((edge) => edgeViolations(edge, files, declared)),
    ...importCycles(imports).map((cycle) => `a cycle of imports: ${cycle}`),
    ...[...files].flatMap(([file, source]) => fileViolations(file, source)),
  ]
}

function edgeViolations(edge: Import, files: SourceFiles, declared: readonly string[]): string[] {
  const { from, to } = edge
  const folder = from.split('/')[0] ?? ''
  const rules = folders[folder]
  if (rules === undefined) return [`${from} is in no folder of the import table`]
  if (to.startsWith('node:')) {
    return folder === 'detectors' ? [`${from} imports ${to}: detectors have no effects`] : []
  }
  if (to.includes('/') && !to.startsWith('@')) return repositoryViolations(edge, rules, files)
  return [
    ...(rules.packages.some((name) => covers(name, to)) ? [] : [`${from} imports package ${to}`]),
    ...(to === 'kafkajs' && !/^(ingest\/sources\/kafka\.ts|bench\/)/.test(from)
      ? [`${from} imports kafkajs: only ingest/sources/kafka.ts may`]
      : []),
    ...(declared.includes(to) ? [] : [`${from} imports ${to}, which package.json does not name`]),
  ]
}

function repositoryViolations(
  { from, to }: Import,
  { imports }: FolderRules,
  files: SourceFiles,
): string[] {
  const folder = from.split('/')[0] ?? ''
  const allowed = [folder, ...imports].some((name) => to === name || to.startsWith(`${name}/`))
  const known = files.has(to) || /^test\/|\.(json|mjs)$/.test(to)
  return [
    ...(allowed ? [] : [`${from} imports ${to}`]),
    ...(known ? [] : [`${from} imports ${to}, which is no file`]),
  ]
}

const covers = (name: string, packageName: string): boolean =>
  name === '*' ||
  name === packageName ||
  (name.endsWith('/*') && packageName.startsWith(name.slice(0, -1)))

function fileViolations(file: string, source: string): string[] {
  return [
    ...(file.endsWith('index.ts') ? [`${file}: no barrels`] : []),
    ...(emptyNames.test(file) ? [`${file}: a name that says nothing`] : []),
    ...onlyIn.flatMap(({ what, files, pattern }) =>
      !files.test(file) && pattern.test(withoutComments(source)) ? [`${file} ${what}`] : [],
    ),
  ]
}

const withoutComments = (source: string): string =>
  source.replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '')
