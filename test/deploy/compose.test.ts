import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parse, parseDocument } from 'yaml'
import { keyDigest, keyId } from '../../api/api-keys.ts'
import { configNode } from '../../bin/published-schemas.ts'
import { configFileProblems, readConfig } from '../../core/config.ts'
import { optionsOf, variableName } from '../../core/config-sources.ts'
import { parseModelFile } from '../../core/validate-model.ts'

interface Service {
  readonly image?: string
  readonly build?: { readonly target: string }
  readonly environment?: Readonly<Record<string, string | number>>
  readonly ports?: readonly string[]
  readonly volumes?: readonly string[]
  readonly healthcheck?: object
  readonly depends_on?: Readonly<Record<string, { condition: string }>>
}
interface Compose {
  readonly services: Readonly<Record<string, Service>>
  readonly volumes: Readonly<Record<string, null>>
  readonly secrets: Readonly<Record<string, { file: string }>>
}

const text = readFileSync('deploy/compose.yaml', 'utf8')
const compose = parse(text) as Compose
const services = Object.entries(compose.services)
const dockerfile = readFileSync('deploy/Dockerfile', 'utf8')

test('compose.yaml is YAML without a doubt, and says which image each service is', () => {
  const document = parseDocument(text)
  expect([...document.errors, ...document.warnings]).toEqual([])
  for (const [name, { image }] of services) expect(image, name).toMatch(/^[^:]+:[^:]+$/)
})

test('what is mounted is there, and a volume that is named is declared', () => {
  const sources = services.flatMap(([, { volumes = [] }]) =>
    volumes.map((mount) => mount.split(':')[0] ?? ''),
  )
  const missing = sources.filter((source) =>
    source.startsWith('.')
      ? !existsSync(join('deploy', source))
      : !Object.hasOwn(compose.volumes, source),
  )
  expect(sources.length).toBeGreaterThan(8)
  expect(missing).toEqual([])
})

test('ports are open to this machine alone', () => {
  const ports = services.flatMap(([, { ports = [] }]) => ports)
  expect(ports.length).toBeGreaterThan(4)
  expect(ports.filter((port) => !port.startsWith('127.0.0.1:'))).toEqual([])
})

test('who waits for a service waits for its health, which is checked', () => {
  for (const [name, { depends_on: waits = {} }] of services) {
    for (const [other, { condition }] of Object.entries(waits)) {
      expect({ name, other, condition }).toMatchObject({ condition: 'service_healthy' })
      const { healthcheck, build } = compose.services[other]!
      // Tidegauge's is in its image.
      expect(healthcheck !== undefined || build !== undefined, other).toBe(true)
    }
  }
})

test('Tidegauge is given only variables that it knows, and its file is valid', () => {
  const known = new Set(optionsOf(configNode()).map(({ path }) => variableName(path)))
  const names = Object.keys(compose.services['tidegauge']?.environment ?? {})
  expect(names.filter((name) => name.startsWith('TIDEGAUGE_') && !known.has(name))).toEqual([])
  for (const file of ['deploy/compose/tidegauge.yaml', 'deploy/container/tidegauge.yaml'])
    expect(configFileProblems(file, readFileSync(file, 'utf8'))).toEqual([])
})

test('targets that are built are stages of the Dockerfile, and what it copies is there', () => {
  const targets = services.flatMap(([, { build }]) => (build === undefined ? [] : [build.target]))
  expect(new Set(targets)).toEqual(new Set(['server', 'demo']))
  for (const target of targets)
    expect(dockerfile).toMatch(new RegExp(`^FROM \\w+ AS ${target}$`, 'm'))
  const copied = [...dockerfile.matchAll(/^COPY (?!--)(.+) \S+$/gm)].flatMap(([, paths = '']) =>
    paths.split(' '),
  )
  expect(copied).toContain('deploy/compose/flights.sh')
  expect(copied.filter((path) => !existsSync(path))).toEqual([])
})

test('what the Dockerfile copies is let in by .dockerignore', () => {
  const lines = readFileSync('.dockerignore', 'utf8').split('\n')
  const letIn = lines.filter((line) => line.startsWith('!')).map((line) => line.slice(1))
  for (const path of ['package.json', 'LICENSE', 'deploy/container/tidegauge.yaml', 'examples/x'])
    expect(
      letIn.some((each) => path === each || path.startsWith(`${each}/`)),
      path,
    ).toBe(true)
  expect(letIn.filter((each) => !existsSync(each))).toEqual([])
})

test('secrets.sh makes every variable that compose.yaml asks for, keys that the service takes, and never overwrites', () => {
  const directory = mkdtempSync(join(tmpdir(), 'tidegauge-compose-'))
  try {
    cpSync('deploy/compose/secrets.sh', join(directory, 'compose/secrets.sh'))
    const run = () => spawnSync('sh', [join(directory, 'compose/secrets.sh')], { encoding: 'utf8' })
    expect(run()).toMatchObject({ status: 0 })
    const lines = readFileSync(join(directory, '.env'), 'utf8').match(/^[A-Z_0-9]+=.*$/gm) ?? []
    const made = new Map(
      lines.map((line) => [
        line.slice(0, line.indexOf('=')),
        line.slice(line.indexOf('=') + 1).replace(/^'(.*)'$/, '$1'),
      ]),
    )
    const asked = [...text.matchAll(/\$\{([A-Z_0-9]+)/g)].map(([, name = '']) => name)
    expect(asked.filter((name) => !made.has(name))).toEqual([])
    const env = { TIDEGAUGE__AUTH__KEYS: made.get('TIDEGAUGE_KEYS') ?? '' }
    const { config, problems } = readConfig({ file: 'deploy/container/tidegauge.yaml', env })
    expect(problems).toEqual([])
    const ops = made.get('TIDEGAUGE_OPS_KEY') ?? ''
    expect(keyId(ops)).toBe('ops')
    expect(config?.auth.keys.find(({ id }) => id === 'ops')?.digest).toBe(keyDigest(ops))
    const prometheus = readFileSync(join(directory, 'compose/read.key'), 'utf8')
    expect(config?.auth.keys.find(({ id }) => id === 'prometheus')).toMatchObject({
      digest: keyDigest(prometheus),
      scopes: ['read'],
    })
    expect(run()).toMatchObject({ status: 1 })
  } finally {
    rmSync(directory, { recursive: true })
  }
})

test('the model that the flights producer declares is valid and calls nobody', () => {
  const script = readFileSync('deploy/compose/flights.sh', 'utf8')
  const [, sed = ''] = /^(sed -e [\s\S]+?) \$app\/flight-delay\.yaml > /m.exec(script) ?? []
  const { stdout, status } = spawnSync(
    'sh',
    ['-c', `data=/d; ${sed} examples/flights/flight-delay.yaml`],
    {
      encoding: 'utf8',
    },
  )
  expect(status).toBe(0)
  const parsed = parseModelFile(stdout, { fileName: 'flight-delay.yaml' })
  expect(parsed).toMatchObject({ ok: true })
  expect(stdout).toContain('training: { file: /d/january.parquet }')
  expect(stdout).not.toContain('actions')
})
