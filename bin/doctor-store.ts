import { constants } from 'node:fs'
import { access, stat, statfs } from 'node:fs/promises'
import { totalmem } from 'node:os'
import { dirname, join } from 'node:path'
import { systemClock } from '../core/clock.ts'
import type { Config } from '../core/config.ts'
import { AppError } from '../core/errors.ts'
import { openStore, type Store } from '../store/client.ts'
import { appliedMigrations, migrations } from '../store/migrate.ts'
import { clusterState } from '../store/queries/cluster-state.ts'
import { storeVersion } from '../store/queries/store-version.ts'
import { isTaken } from './configured-store.ts'
import { fail, ok, skip, warn, type Finding } from './doctor-finding.ts'
import { storeOptions } from './start.ts'
import { clockSkewMs, readableDisks } from './store-metrics.ts'

/** The oldest ClickHouse that the tests run against. */
const testedVersion = [26, 7] as const

/** The store of a configuration, opened without changing it; null with the reason in the findings. */
export interface OpenedStore {
  readonly findings: readonly Finding[]
  readonly store: Store | null
  /** There is nothing in it yet. */
  readonly fresh: boolean
}

export async function openStoreForDoctor(config: Config): Promise<OpenedStore> {
  const place = config.store.url === undefined ? await directoryFindings(config) : []
  const { path, url } = config.store
  if (place.some(({ result }) => result === 'fail'))
    return { findings: place, store: null, fresh: false }
  if (url === undefined && !(await exists(join(path, 'clickhouse')))) {
    const fresh = ok('store', `nothing in ${path} yet: the first start makes it`)
    return { findings: [...place, fresh], store: null, fresh: true }
  }
  try {
    const store = await openStore(storeOptions(config))
    return { findings: place, store, fresh: false }
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    const taken = await isTaken(config, error)
    const finding = taken
      ? skip('store', `${path} is in use, most likely by the running service: not looked into`)
      : fail('store', error.message, openRemedy(config))
    return { findings: [...place, finding], store: null, fresh: false }
  }
}

const openRemedy = ({ store: { url, username } }: Config): string =>
  url === undefined
    ? 'stop what uses the directory, or make it writable'
    : `is a server at ${url}, and may user ${username} use it and make the database?`

/** Rights and space of the data directory of the embedded engine. */
async function directoryFindings({ store: { path } }: Config): Promise<Finding[]> {
  const place = await nearestExisting(path)
  const writable = await access(place, constants.R_OK | constants.W_OK).then(
    () => true,
    () => false,
  )
  if (!writable)
    return [
      fail(
        'data directory',
        `${place} cannot be read and written`,
        `chown it to the user of the service`,
      ),
    ]
  const { mode } = await stat(place)
  const open = place === path && (mode & 0o007) !== 0
  const { bavail, blocks, bsize } = await statfs(place)
  return [
    open
      ? warn(
          'data directory',
          `others on this machine may look into ${path}`,
          `chmod o-rwx ${path}`,
        )
      : ok('data directory', `${place} is readable and writable`),
    spaceFinding(path, bavail * bsize, blocks * bsize),
    memoryFinding(),
  ]
}

/** The engine takes up to nine tenths of what it may; Node and the batches on their way come beside. */
function memoryFinding(): Finding {
  const limit = process.constrainedMemory()
  // Without a limit of its own some systems answer 0, others a number beyond all bounds.
  const bytes = limit > 0 ? Math.min(limit, totalmem()) : totalmem()
  const detail = `${(bytes / 1024 ** 3).toFixed(1)} GiB for the embedded engine and the service`
  return bytes < 2 * 1024 ** 3
    ? warn('memory', detail, 'give it 2 GiB or more, or run a ClickHouse server beside')
    : ok('memory', detail)
}

async function nearestExisting(path: string): Promise<string> {
  return (await exists(path)) || dirname(path) === path ? path : nearestExisting(dirname(path))
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  )

/** Judges the room that is left, bytes. */
export function spaceFinding(name: string, freeBytes: number, sizeBytes: number): Finding {
  const share = Math.floor((freeBytes / sizeBytes) * 100)
  const detail = `${name}: ${(freeBytes / 1024 ** 3).toFixed(1)} GiB free, ${share} %`
  const remedy = 'a larger disk, or shorter retention: docs/runbook/TidegaugeDiskLow.md'
  if (share < 3) return fail('disk', detail, remedy)
  return share < 15 ? warn('disk', detail, remedy) : ok('disk', detail)
}

/** Everything about an open store but what lies in it. */
export async function storeFindings(config: Config, store: Store): Promise<Finding[]> {
  const [version = ''] = await store.query(storeVersion())
  const where = config.store.url ?? config.store.path
  const findings = [versionFinding(where, version), await schemaFinding(store)]
  if (config.store.url !== undefined) {
    findings.push(await skewFinding(store))
    for (const { disk, freeBytes, sizeBytes } of await readableDisks(store))
      findings.push(spaceFinding(disk, freeBytes, sizeBytes))
  }
  if (config.store.cluster !== undefined)
    findings.push(await clusterFinding(store, config.store.cluster))
  return findings
}

function versionFinding(where: string, version: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const [testedMajor, testedMinor] = testedVersion
  const old = major < testedMajor || (major === testedMajor && minor < testedMinor)
  const detail = `ClickHouse ${version} at ${where} answers`
  return old
    ? warn(
        'store',
        `${detail}; nothing older than ${testedVersion.join('.')} is tested`,
        'upgrade ClickHouse',
      )
    : ok('store', detail)
}

/** How far the schema is from that of this program. Its tables are in use only where it is ok or behind. */
async function schemaFinding(store: Store): Promise<Finding> {
  const known = migrations.map(({ version }) => version)
  const newest = Math.max(...known)
  const applied = await readApplied(store)
  if (Math.max(0, ...applied) > newest)
    return fail(
      'schema',
      `${Math.max(...applied)} is newer than ${newest}, which this program knows`,
      'run a newer Tidegauge',
    )
  const missing = known.filter((version) => !applied.includes(version))
  if (missing.length === 0) return ok('schema', `${newest}, up to date`)
  return applied.length === 0
    ? ok('schema', `none yet: the first start makes its tables`)
    : warn(
        'schema',
        `migrations ${missing.join(', ')} are still to come`,
        'start or restart the service: it migrates',
      )
}

/** Without the table of migrations nothing was applied. */
async function readApplied(store: Store): Promise<number[]> {
  try {
    return await store.query(appliedMigrations())
  } catch (error) {
    if (error instanceof AppError && error.details['type'] === 'UNKNOWN_TABLE') return []
    throw error
  }
}

async function skewFinding(store: Store): Promise<Finding> {
  const seconds = (await clockSkewMs(store, systemClock)) / 1000
  const detail = `the store is ${Math.abs(seconds).toFixed(1)} s ${seconds < 0 ? 'behind' : 'ahead of'} this host`
  const remedy = 'mend time synchronisation: docs/runbook/TidegaugeClockSkew.md'
  if (Math.abs(seconds) > 60) return fail('clock', detail, remedy)
  return Math.abs(seconds) > 5 ? warn('clock', detail, remedy) : ok('clock', detail)
}

async function clusterFinding(store: Store, cluster: string): Promise<Finding> {
  const [state] = await store.query(clusterState(cluster))
  const { nodes = 0, readOnlyTables = 0 } = state ?? {}
  if (nodes === 0)
    return fail(
      'cluster',
      `the server knows no cluster "${cluster}"`,
      'mend store.cluster, or remote_servers of the server',
    )
  if (readOnlyTables > 0)
    return fail(
      'cluster',
      `${readOnlyTables} tables take no inserts on this node`,
      'is Keeper there? SYSTEM RESTART REPLICA',
    )
  return ok('cluster', `"${cluster}" has ${nodes} nodes`)
}
