import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, expectTypeOf, test } from 'vitest'
import {
  configFileProblems,
  environment,
  loadConfig,
  readConfig,
  type Config,
  type ConfigSources,
} from '../../core/config.ts'
import { AppError } from '../../core/errors.ts'
import { problemLine, type Problem } from '../../core/problems.ts'
import type { Secret } from '../../core/secrets.ts'

const directory = realpathSync(mkdtempSync(join(tmpdir(), 'tidegauge-config-')))
afterAll(() => {
  rmSync(directory, { recursive: true })
})

function file(text: string, name = 'tidegauge.yaml'): string {
  const path = join(directory, name)
  writeFileSync(path, text)
  return path
}

function problemsOf(sources: Partial<ConfigSources>): string[] {
  return readConfig({ env: {}, ...sources }).problems.map((problem) =>
    problemLine(problem).replaceAll(`${directory}/`, ''),
  )
}

test('nothing has to be configured', () => {
  const config = loadConfig({ env: {} })
  expect(config.roles).toEqual(['ingest', 'monitor', 'api'])
  expect(config.server).toMatchObject({ host: '127.0.0.1', port: 8080, bodyLimitBytes: 16_777_216 })
  expect(config.store).toEqual({
    path: join(process.cwd(), 'data'),
    username: 'default',
    database: 'tidegauge',
    timeoutMs: 60_000,
  })
  expect(config.ingest).toEqual({
    batch: { rows: 50_000, bytes: 33_554_432, waitMs: 100 },
    queueBytes: 67_108_864,
    rejectLimits: { run: 1000, ratio: 0.5, window: 10_000 },
    pairing: { timeoutMs: 3_600_000, maxWaiting: 1_000_000 },
    maxInsertsPerSecond: 20,
    limits: {
      eventBytes: 65_536,
      keys: 512,
      depth: 8,
      stringChars: 256,
      textChars: 8192,
      features: 2000,
      pastMs: 604_800_000,
      futureMs: 300_000,
    },
  })
  expect(config.monitor.ledgerOverlapMs).toBe(120_000)
  expect(config.alerts.egress.allow).toEqual([])
  expect(config.metrics.featureLabelLimit).toBe(200)
})

test('a flag overrules a variable, which overrules the file, which overrules the default', () => {
  const sources = { file: file('server: { port: 1 }'), env: {}, flags: {} }
  const port = (more: Partial<ConfigSources>) => loadConfig({ ...sources, ...more }).server.port
  const env = { TIDEGAUGE__SERVER__PORT: '2' }
  expect(port({})).toBe(1)
  expect(port({ env })).toBe(2)
  expect(port({ env, flags: { 'server.port': '3' } })).toBe(3)
  expect(port({ env, flags: { 'server.port': undefined } })).toBe(2)
  expect(loadConfig({ env: {} }).server.port).toBe(8080)
})

test('a section of the file overrules only the keys that stand in it', () => {
  const { ingest } = loadConfig({ file: file('ingest: { batch: { rows: 7 } }'), env: {} })
  expect(ingest.batch).toEqual({ rows: 7, bytes: 33_554_432, waitMs: 100 })
})

test('TIDEGAUGE_CONFIG names the file', () => {
  const env = { TIDEGAUGE_CONFIG: file('models: { max: 3 }', 'other.yaml') }
  expect(loadConfig({ env }).models.max).toBe(3)
})

test('variables are read as their option wants them', () => {
  const config = loadConfig({
    env: {
      TIDEGAUGE__MODELS__AUTO_REGISTER: 'false',
      TIDEGAUGE__ROLES: 'api, monitor',
      TIDEGAUGE__SERVER__TRUST_PROXY: '["10.0.0.0/8"]',
      TIDEGAUGE__ALERTS__EGRESS__ALLOW: '',
      TIDEGAUGE__INGEST__BATCH__WAIT: '250ms',
      TIDEGAUGE__STORE__DATABASE: '_1',
    },
  })
  expect(config.models.autoRegister).toBe(false)
  expect(config.roles).toEqual(['api', 'monitor'])
  expect(config.server.trustProxy).toEqual(['10.0.0.0/8'])
  expect(config.alerts.egress.allow).toEqual([])
  expect(config.ingest.batch.waitMs).toBe(250)
  expect(config.store.database).toBe('_1')
})

test('paths of the file start from its directory, others from the working directory', () => {
  mkdirSync(join(directory, 'sub'), { recursive: true })
  const path = file('models: { directory: here }\nfiles: { directories: [../up] }', 'sub/t.yaml')
  const config = loadConfig({ file: path, env: { TIDEGAUGE__STORE__PATH: 'there' } })
  expect(config.models.directory).toBe(join(directory, 'sub/here'))
  expect(config.files.directories).toEqual([join(directory, 'up')])
  expect(config.store.path).toBe(join(process.cwd(), 'there'))
})

test('files may lie in the directory of model files and its parent unless said otherwise', () => {
  const { files } = loadConfig({ env: { TIDEGAUGE__MODELS__DIRECTORY: '/srv/models' } })
  expect(files.directories).toEqual(['/srv/models', '/srv'])
})

test('the configuration cannot be changed', () => {
  const config = loadConfig({ env: {} }) as unknown as {
    server: { port: number; trustProxy: string[] }
  }
  expect(() => {
    config.server.port = 1
  }).toThrow(TypeError)
  expect(() => config.server.trustProxy.push('10.0.0.1')).toThrow(TypeError)
})

test('the types say milliseconds, secrets and what is optional', () => {
  expectTypeOf<Config['server']['requestTimeoutMs']>().toEqualTypeOf<number>()
  expectTypeOf<Config['store']['password']>().toEqualTypeOf<Secret | undefined>()
  expectTypeOf<Config['files']['directories']>().toEqualTypeOf<readonly string[]>()
  expectTypeOf<Config['auth']['keys'][number]['scopes'][number]>().toEqualTypeOf<
    'ingest' | 'read' | 'write' | 'admin'
  >()
})

test('every problem of every source is told at once, with its place', () => {
  const text = 'server:\n  prot: 80\n  port: 99999\nlog:\n  level: loud\nbogus: 1\n'
  expect(
    problemsOf({
      file: file(text),
      env: { TIDEGAUGE__MODELS__MAX: 'many', TIDEGAUGE__SERVR__HOST: 'x' },
      flags: { 'metrics.feature_label_limit': -1, 'server.hots': 'x' },
    }),
  ).toEqual([
    'tidegauge.yaml:2:3 server.prot: unknown key "prot"; did you mean "port"?',
    'tidegauge.yaml:3:9 server.port: found 99999; allowed: a whole number from 0 to 65535',
    'tidegauge.yaml:5:10 log.level: found "loud"; allowed: silent, fatal, error, warn, info, debug or trace',
    'tidegauge.yaml:6:1 bogus: unknown key "bogus"; allowed: roles, server, store, ingest, kafka, decodings, registries, models, monitor, alerts, auth, files, log or metrics',
    'variable TIDEGAUGE__MODELS__MAX models.max: found "many"; allowed: a whole number from 1 to 100000',
    'variable TIDEGAUGE__SERVR__HOST unknown variable; did you mean TIDEGAUGE__SERVER__HOST?',
    'option metrics.feature_label_limit metrics.feature_label_limit: found -1; allowed: a whole number from 0 to 10000',
    'option server.hots unknown option; did you mean server.host?',
  ])
})

test('problems are thrown as CONFIG_INVALID with a readable message and the list', () => {
  try {
    loadConfig({ env: { TIDEGAUGE__SERVER__PORT: 'x', TIDEGAUGE__LOG__LEVEL: 'y' } })
    expect.unreachable()
  } catch (error) {
    expect(error).toBeInstanceOf(AppError)
    const { code, message, details } = error as AppError
    expect(code).toBe('CONFIG_INVALID')
    expect(message.split('\n')).toHaveLength(3)
    expect(message).toContain(
      'the configuration has 2 problems:\n  variable TIDEGAUGE__SERVER__PORT',
    )
    const [first] = details['problems'] as Problem[]
    expect(first).toEqual({
      file: 'variable TIDEGAUGE__SERVER__PORT',
      line: null,
      column: null,
      path: 'server.port',
      message: 'found "x"; allowed: a whole number from 0 to 65535',
      found: '"x"',
      allowed: 'a whole number from 0 to 65535',
    })
  }
})

test('variables that Kubernetes sets for a service called tidegauge are no problem', () => {
  const env = { TIDEGAUGE_PORT: 'tcp://10.0.0.1:8080', TIDEGAUGE_SERVICE_HOST: '10.0.0.1' }
  expect(problemsOf({ env })).toEqual([])
})

test('a forgotten underscore of a known variable is a problem', () => {
  expect(problemsOf({ env: { TIDEGAUGE_SERVER__PORT: '1' } })).toEqual([
    'variable TIDEGAUGE_SERVER__PORT unknown variable; did you mean TIDEGAUGE__SERVER__PORT?',
  ])
})

test('a section whose lines are all commented out says nothing', () => {
  expect(problemsOf({ file: file('server:\n  # port: 1\ningest:\n  batch:\n') })).toEqual([])
})

test('a key without a value is a problem, and so is a section that is none', () => {
  expect(problemsOf({ file: file('server:\n  port:\nstore: 3\n') })).toEqual([
    'tidegauge.yaml:2:8 server.port: found nothing; allowed: a whole number from 0 to 65535',
    'tidegauge.yaml:3:8 store: found 3; allowed: { path, url, username, password, database, cluster, timeout }',
  ])
})

test('a file that is named and not there is a problem', () => {
  expect(problemsOf({ file: join(directory, 'no.yaml') })).toEqual([
    'no.yaml there is no such file',
  ])
})

test('a wait longer than a timer can hold is a problem', () => {
  expect(problemsOf({ env: { TIDEGAUGE__SERVER__REQUEST_TIMEOUT: '25d' } })).toHaveLength(1)
  expect(problemsOf({ env: { TIDEGAUGE__INGEST__LIMITS__PAST: '400d' } })).toEqual([])
})

test('a secret is looked up in the environment or in a file and never printed', () => {
  const password = (env: Record<string, string>) =>
    loadConfig({ env: { TIDEGAUGE__STORE__URL: 'http://ch:8123', ...env } }).store.password
  const path = file('from file\n', 'password')
  expect(password({ TIDEGAUGE__STORE__PASSWORD__FILE: path })?.reveal()).toBe('from file')
  expect(password({ TIDEGAUGE__STORE__PASSWORD: '${env:PW}', PW: 'x y' })?.reveal()).toBe('x y')
  const literal = password({ TIDEGAUGE__STORE__PASSWORD: 'literal' })
  expect(literal?.reveal()).toBe('literal')
  expect(JSON.stringify({ literal })).toBe('{"literal":"[secret]"}')
})

test('a secret that cannot be found is a problem, except where only a file is checked', () => {
  const text = 'store:\n  url: http://ch:8123\n  password: ${env:NO_SUCH}\n'
  expect(problemsOf({ file: file(text) })).toEqual([
    'tidegauge.yaml:3:13 store.password: environment variable NO_SUCH is not set or empty',
  ])
  expect(configFileProblems('tidegauge.yaml', text)).toEqual([])
})

test('a wrong secret is not quoted', () => {
  const [problem = ''] = problemsOf({ file: file('store: { password: [geheim, 7] }') })
  expect(problem).toContain('found [secret]')
  expect(problem).not.toContain('geheim')
})

test('a password in the URL of the store is refused without being quoted', () => {
  const [problem = ''] = problemsOf({ env: { TIDEGAUGE__STORE__URL: 'http://u:geheim@ch:8123' } })
  expect(problem).toContain('without user name and password')
  expect(problem).not.toContain('geheim')
})

test('the environment of this process is there for those who may ask', () => {
  expect(environment()['PATH']).toBe(process.env['PATH'])
})
