import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import manifest from '../package.json' with { type: 'json' }
import { architectureViolations, folders } from './support/architecture.ts'
import type { SourceFiles } from './support/imports.ts'

const repository: SourceFiles = new Map(
  Object.keys(folders)
    .filter((folder) => existsSync(folder))
    .flatMap((folder) =>
      readdirSync(folder, { recursive: true, encoding: 'utf8' })
        .filter((file) => file.endsWith('.ts'))
        .map((file): [string, string] => {
          const path = `${folder}/${file}`
          return [path, readFileSync(path, 'utf8')]
        }),
    ),
)

const declared = [...Object.keys(manifest.dependencies), ...Object.keys(manifest.devDependencies)]

test('the repository keeps to its architecture', () => {
  expect(repository.size).toBeGreaterThan(20)
  expect(architectureViolations(repository, declared)).toEqual([])
})

test('the repository has no folder beside those of the import table', () => {
  const notCode = [
    'changelog.d',
    'coverage',
    'data',
    'deploy',
    'dist',
    'docs',
    'node_modules',
    'test',
  ]
  const here = readdirSync('.', { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .map(({ name }) => name)
  expect(here.filter((name) => !(name in folders) && !notCode.includes(name))).toEqual([])
})

// The checker itself: each planted violation alone must be found, and its lawful twin must pass.
const sound: Readonly<Record<string, string>> = {
  'core/errors.ts': `export const a = 1`,
  'core/config.ts': `export const env = process.env`,
  'detectors/drift/psi.ts': `import { mean } from 'simple-statistics'`,
  'detectors/outliers/score.ts': `export const s = 1`,
  'store/client.ts': `import { a } from '../core/errors.ts'\nimport { createClient } from '@clickhouse/client'`,
  'ingest/sources/kafka.ts': `import { Kafka } from 'kafkajs'\nimport { s } from '../../detectors/outliers/score.ts'`,
  'api/app.ts': `import fastify from 'fastify'\nimport helmet from '@fastify/helmet'`,
}
const packages = [
  'simple-statistics',
  '@clickhouse/client',
  'kafkajs',
  'fastify',
  '@fastify/helmet',
  'undici',
]

test('the checker has nothing against sound code', () => {
  expect(architectureViolations(new Map(Object.entries(sound)), packages)).toEqual([])
})

test.each<[what: string, planted: Record<string, string>, violation: string]>([
  [
    'an import against the table',
    { 'store/x.ts': `import { b } from '../api/app.ts'` },
    'store/x.ts imports api/app.ts',
  ],
  [
    'a type-only import against the table',
    { 'core/x.ts': `import type { Store } from '../store/client.ts'` },
    'core/x.ts imports store/client.ts',
  ],
  [
    'a dynamic import against the table',
    { 'core/x.ts': `const b = await import('../store/client.ts')` },
    'core/x.ts imports store/client.ts',
  ],
  [
    'a re-export against the table',
    { 'core/x.ts': `export * from '../store/client.ts'` },
    'core/x.ts imports store/client.ts',
  ],
  [
    'a part of a folder that is not open',
    { 'ingest/x.ts': `import { p } from '../detectors/drift/psi.ts'` },
    'ingest/x.ts imports detectors/drift/psi.ts',
  ],
  [
    'a package that is another folder’s',
    { 'alerts/x.ts': `import f from 'fastify'` },
    'alerts/x.ts imports package fastify',
  ],
  [
    'an undeclared package',
    { 'bin/x.ts': `import f from 'left-pad/deep'` },
    'bin/x.ts imports left-pad, which package.json does not name',
  ],
  [
    'a second user of the Kafka client',
    { 'ingest/consume.ts': `import { Kafka } from 'kafkajs'` },
    'ingest/consume.ts imports kafkajs: only ingest/sources/kafka.ts may',
  ],
  [
    'an effect in a detector',
    { 'detectors/x.ts': `import { readFileSync } from 'node:fs'` },
    'detectors/x.ts imports node:fs: detectors have no effects',
  ],
  [
    'a file that is not there',
    { 'core/x.ts': `import { a } from './gone.ts'` },
    'core/x.ts imports core/gone.ts, which is no file',
  ],
  [
    'another reader of the environment',
    { 'api/x.ts': `const port = process.env['PORT']` },
    'api/x.ts reads the environment: core/config.ts does',
  ],
  [
    'another opener of stores',
    { 'api/x.ts': `const s = await openStore({ path })` },
    'api/x.ts opens a store: bin/ does',
  ],
  [
    'SQL outside the store',
    { 'monitor/x.ts': 'const sql = `\nSELECT 1 FROM x`' },
    'monitor/x.ts holds SQL: store/ does',
  ],
  ['a barrel', { 'core/index.ts': `export {}` }, 'core/index.ts: no barrels'],
  [
    'a name that says nothing',
    { 'core/utils/text.ts': `export {}` },
    'core/utils/text.ts: a name that says nothing',
  ],
  [
    'a cycle',
    {
      'core/x.ts': `import { y } from './y.ts'`,
      'core/y.ts': `import { z } from './z.ts'`,
      'core/z.ts': `import { type X } from './x.ts'`,
    },
    'a cycle of imports: core/x.ts → core/y.ts → core/z.ts → core/x.ts',
  ],
])('the checker finds %s', (_, planted, violation) => {
  const files = new Map(Object.entries({ ...sound, ...planted }))
  expect(architectureViolations(files, packages)).toEqual([violation])
})

test('types alone may refer to each other in a ring', () => {
  const ring = {
    'core/x.ts': `import type { Y } from './y.ts'`,
    'core/y.ts': `import type { X } from './x.ts'`,
  }
  expect(architectureViolations(new Map(Object.entries({ ...sound, ...ring })), packages)).toEqual(
    [],
  )
})
