import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { doctorCommand } from '../../bin/doctor.ts'
import type { Finding } from '../../bin/doctor-finding.ts'
import { spaceFinding } from '../../bin/doctor-store.ts'
import { openStore } from '../../store/client.ts'
import { migrate } from '../../store/migrate.ts'
import { servicePlace, spawnService, quickSettings } from '../support/service.ts'
import { runCommand } from './command-output.ts'

let root: string
const servers: Server[] = []
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'tidegauge-doctor-'))
  await mkdir(join(root, 'data'), { mode: 0o700 })
  await mkdir(join(root, 'models'))
})
afterEach(async () => {
  for (const server of servers.splice(0)) server.close()
  await rm(root, { recursive: true, force: true })
})

interface Examined {
  readonly exitCode: number
  readonly out: string
  readonly checks: readonly Finding[]
}

/** The doctor's findings about a configuration: port 1 is nobody's. */
async function examine(config: object): Promise<Examined> {
  const path = join(root, 'tidegauge.yaml')
  const given = {
    server: { port: 1 },
    store: { path: './data' },
    models: { directory: './models' },
    ...config,
  }
  await writeFile(path, JSON.stringify(given))
  const { out, exitCode } = await runCommand(doctorCommand(), ['-c', path, '--json'])
  const { checks } = JSON.parse(out) as { checks: Finding[] }
  return { exitCode, out, checks }
}

const of = ({ checks }: Examined, check: string): string[] =>
  checks
    .filter((finding) => finding.check === check)
    .map(({ result, detail }) => `${result}: ${detail}`)

async function listening(status: number): Promise<string> {
  const server = createServer((_, response) => response.writeHead(status).end('[]'))
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

test('a configuration that is wrong is all that is looked at, every problem of it', async () => {
  const examined = await examine({ serevr: {}, log: { level: 'loud' } })
  expect(examined.exitCode).toBe(1)
  expect(examined.checks.map(({ check, result }) => `${check} ${result}`)).toEqual([
    'configuration fail',
    'configuration fail',
  ])
})

test('a fresh deployment has nothing to mend, and nothing is made by looking', async () => {
  const examined = await examine({ store: { path: './data' } })
  const open = examined.checks.filter(({ result }) => result === 'fail' || result === 'warn')
  // How full the disk of this machine is, is not what is tested.
  expect(open.filter(({ check }) => check !== 'disk')).toEqual([])
  expect(of(examined, 'disk')).toEqual([expect.stringMatching(/GiB free, \d+ %$/)])
  expect(examined.exitCode).toBe(0)
  expect(of(examined, 'store')).toEqual([expect.stringContaining('nothing in')])
  expect(of(examined, 'service')).toEqual([expect.stringContaining('skip: none answers')])
})

test.each([
  [2, 'fail'],
  [3, 'warn'],
  [14, 'warn'],
  [15, 'ok'],
])('a disk of which %d percent are free: %s', (share, result) => {
  const GiB = 1024 ** 3
  expect(spaceFinding('/data', share * GiB, 100 * GiB)).toMatchObject({
    result,
    detail: `/data: ${share}.0 GiB free, ${share} %`,
  })
})

test('the table for people ends with a verdict', async () => {
  const { checks } = await examine({ server: { host: '0.0.0.0', port: 1 } })
  const { out } = await runCommand(doctorCommand(), ['-c', join(root, 'tidegauge.yaml')])
  expect(out).toMatch(/│ check +│ result │ what was found +│ what to do/)
  // The disk of this machine may be another one.
  const disk = checks.find(({ check }) => check === 'disk')?.result
  expect(out).toContain(
    `${disk === 'fail' ? 2 : 1} to mend, ${disk === 'warn' ? 1 : 0} to look at.`,
  )
})

test('a store is told by version and schema; one that a newer program has migrated is refused', async () => {
  const store = await openStore({ path: join(root, 'data'), database: 'tidegauge' })
  await migrate(store)
  const before = await examine({ server: { host: '0.0.0.0', port: 1 } })
  expect(of(before, 'store')).toEqual([
    expect.stringMatching(/^ok: ClickHouse \d+\.\d+.* answers$/),
  ])
  expect(of(before, 'schema')).toEqual([expect.stringMatching(/^ok: \d+, up to date$/)])
  expect(of(before, 'access')).toEqual([expect.stringContaining('refuses to start')])
  expect(before.exitCode).toBe(1)
  await store.command({
    name: 'test',
    sql: 'INSERT INTO schema_migrations (version, applied_at) VALUES (9999, now64(3))',
  })
  const after = await examine({})
  expect(of(after, 'schema')).toEqual([expect.stringContaining('fail: 9999 is newer')])
  expect(of(after, 'models')).toEqual([])
  await store.close()
})

test('while the service runs the store is left to it, and it is asked instead', async () => {
  const place = await servicePlace()
  const service = await spawnService(place, quickSettings)
  try {
    const port = Number(new URL(service.url).port)
    const examined = await examine({ server: { port }, store: { path: place.data } })
    expect(of(examined, 'service')).toEqual([`ok: ${service.url} is ready`])
    expect(of(examined, 'store')).toEqual([expect.stringContaining('is in use')])
    expect(examined.exitCode).toBe(0)
  } finally {
    await service.kill()
    await place.remove()
  }
})

test('a data directory that others can read, or nobody can write, is told', async () => {
  await chmod(join(root, 'data'), 0o755)
  expect(of(await examine({}), 'data directory')).toEqual([expect.stringContaining('warn: others')])
  const blocked = await examine({ store: { path: '/proc/1/nowhere/data' } })
  expect(of(blocked, 'data directory')).toEqual([expect.stringContaining('fail: ')])
  expect(blocked.exitCode).toBe(1)
})

test('a server that is away is told with its address and without the password', async () => {
  const examined = await examine({
    store: { url: 'http://127.0.0.1:1', password: 'hunter2hunter2', timeout: '2s' },
  })
  expect(of(examined, 'store')).toEqual([expect.stringContaining('fail: no answer')])
  expect(examined.exitCode).toBe(1)
  expect(examined.out).not.toContain('hunter2')
})

test('model files: problems, duplicates, dangling actions, baseline files that are not there', async () => {
  const write = (name: string, file: object): Promise<void> =>
    writeFile(join(root, 'models', name), JSON.stringify(file))
  await write('a.yaml', {
    model: 'fraud',
    baselines: { training: { file: 'gone.csv' }, old: { file: '/etc/hostname.csv' } },
    actions: {
      retrain: { preset: 'webhook', url: 'http://10.0.0.1/x', secret: '${env:NOT_SET_9}' },
    },
  })
  await write('b.yaml', { model: 'fraud' })
  await write('c.yaml', { model: 'broken', windwo: '5m' })
  const examined = await examine({})
  expect(of(examined, 'model files')).toEqual([
    expect.stringContaining('ok: 1 in '),
    expect.stringContaining('c.yaml'),
  ])
  expect(of(examined, 'model fraud')).toEqual([
    expect.stringMatching(/^warn: baseline "training": .*gone\.csv is not there/),
    expect.stringMatching(/^fail: baseline "old": .* outside/),
    'warn: no monitor triggers action "retrain"',
    expect.stringContaining('b.yaml declares it a second time'),
  ])
})

test('what is declared and not used, and registries that do not answer as they should', async () => {
  const [well, refusing] = [await listening(200), await listening(401)]
  const examined = await examine({
    kafka: { clusters: { spare: { brokers: ['127.0.0.1:1'] } } },
    registries: {
      well: { url: well },
      refusing: { url: refusing, token: 'sesame-sesame' },
      away: { url: 'http://127.0.0.1:1', timeout: '2s' },
    },
    decodings: { d: { format: 'confluent', registry: 'well' } },
  })
  expect(of(examined, 'kafka spare')).toEqual([
    expect.stringContaining('warn: declared'),
    expect.stringContaining('fail: '),
  ])
  expect(of(examined, 'registry well')).toEqual([`ok: ${well} answers`])
  expect(of(examined, 'registry refusing')).toEqual([
    expect.stringContaining('warn: declared'),
    `fail: ${refusing} answers 401`,
  ])
  expect(of(examined, 'registry away')[1]).toContain('ECONNREFUSED')
  expect(examined.out).not.toContain('sesame')
})
