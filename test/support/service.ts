import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { startService } from '../../bin/start.ts'
import { loadConfig } from '../../core/config.ts'
import { createLogger } from '../../core/log.ts'
import type { ModelFile } from '../../core/model-spec.ts'

/** Directories of one service: what survives when its process does not. */
export interface ServicePlace {
  readonly data: string
  readonly models: string
  /** Writes a file beside the directories and answers its path. */
  write: (name: string, text: string) => Promise<string>
  /** Writes a model file, YAML being a superset of JSON. */
  writeModel: (file: ModelFile) => Promise<string>
  remove: () => Promise<void>
}

export async function servicePlace(): Promise<ServicePlace> {
  const root = await mkdtemp(join(tmpdir(), 'tidegauge-e2e-'))
  const models = join(root, 'models')
  await mkdir(models)
  const write = async (name: string, text: string): Promise<string> => {
    const path = join(root, name)
    await writeFile(path, text)
    return path
  }
  return {
    data: join(root, 'data'),
    models,
    write,
    writeModel: (file) => write(join('models', `${file.model}.yaml`), JSON.stringify(file)),
    remove: () => rm(root, { recursive: true, force: true }),
  }
}

/** Settings under which a test need not wait: nothing else differs from the defaults. */
export const quickSettings: Readonly<Record<string, string>> = {
  TIDEGAUGE__INGEST__BATCH__WAIT: '20ms',
  TIDEGAUGE__INGEST__MAX_INSERTS_PER_SECOND: '1000',
  TIDEGAUGE__MONITOR__INTERVAL: '100ms',
  TIDEGAUGE__MONITOR__IDLE: '1s',
  TIDEGAUGE__ALERTS__INTERVAL: '100ms',
  // Receivers of tests listen on loopback, where webhooks may not go unless the operator says so.
  TIDEGAUGE__ALERTS__EGRESS__ALLOW: '127.0.0.1',
}

/** One life of a service. */
export interface RunningService {
  readonly url: string
  /** In order, as SIGTERM does. Answers the exit code. */
  stop: () => Promise<number | null>
}

export interface ServiceProcess extends RunningService {
  /** `kill -9`: nothing is written any more. Resolves when the process is gone. */
  kill: () => Promise<void>
  /** Lines of the log that was written so far. */
  readonly log: readonly LogLine[]
}

export type LogLine = Readonly<Record<string, unknown>>

/** Starts `tidegauge serve` as a user would, in a process of its own, and waits until it is ready. */
export async function spawnService(
  place: ServicePlace,
  settings: Readonly<Record<string, string>> = quickSettings,
): Promise<ServiceProcess> {
  const program = new URL('../../bin/tidegauge.ts', import.meta.url).pathname
  const embedded = settings['TIDEGAUGE__STORE__URL'] === undefined
  const data = embedded ? ['--data', place.data] : []
  const flags = [...data, '--models', place.models, '--port', '0']
  const child = spawn(process.execPath, ['--import', 'tsx', program, 'serve', ...flags], {
    // Nothing of this process's own settings: a service gets what is written here.
    env: { PATH: process.env['PATH'], ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const exited = once(child, 'exit') as Promise<[code: number | null]>
  // A test that fails before it stops its service must not leave it behind.
  const end = (): void => {
    child.kill('SIGKILL')
  }
  process.once('exit', end)
  const { log, ready } = readLog(child)
  const url = await Promise.race([
    ready,
    exited.then(([code]) => {
      throw new Error(`the service ended with ${code} before it was ready: ${JSON.stringify(log)}`)
    }),
  ])
  const gone = async (signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null> => {
    child.kill(signal)
    const [code] = await exited
    process.off('exit', end)
    return code
  }
  return {
    url,
    log,
    stop: () => gone('SIGTERM'),
    kill: async () => {
      await gone('SIGKILL')
    },
  }
}

function readLog(child: ChildProcess): { log: LogLine[]; ready: Promise<string> } {
  const log: LogLine[] = []
  const ready = new Promise<string>((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      if (stream === null) continue
      createInterface({ input: stream }).on('line', (text) => {
        const line = parseLine(text)
        log.push(line)
        if (line['msg'] === 'ready') resolve(String(line['url']))
      })
    }
  })
  return { log, ready }
}

/** What is no line of the log, such as a stack trace, is kept as text. */
function parseLine(text: string): LogLine {
  try {
    return JSON.parse(text) as LogLine
  } catch {
    return { text }
  }
}

/** The same service within this process: for tests that end none. */
export async function startTestService(
  place: ServicePlace,
  settings: Readonly<Record<string, string>> = quickSettings,
): Promise<RunningService> {
  const config = loadConfig({
    env: settings,
    flags: {
      'server.port': '0',
      'store.path': place.data,
      'models.directory': place.models,
    },
  })
  const service = await startService(config, createLogger({ level: 'error', format: 'json' }))
  return {
    url: service.url,
    stop: async () => {
      await service.stop()
      return 0
    },
  }
}

/** The answer to a GET, parsed. Throws for anything but success. */
export async function getJson<Answer>(service: { url: string }, path: string): Promise<Answer> {
  const answer = await fetch(new URL(path, service.url))
  if (!answer.ok) throw new Error(`GET ${path}: ${answer.status} ${await answer.text()}`)
  return (await answer.json()) as Answer
}

/** All rows of a list of the API, page by page. */
export async function listAll<Row>(service: { url: string }, path: string): Promise<Row[]> {
  const rows: Row[] = []
  let cursor: string | null = null
  do {
    const url = new URL(path, service.url)
    if (cursor !== null) url.searchParams.set('cursor', cursor)
    const page: { rows: Row[]; next_cursor: string | null } = await getJson(
      service,
      url.pathname + url.search,
    )
    rows.push(...page.rows)
    cursor = page.next_cursor
  } while (cursor !== null)
  return rows
}

/** Looks until there is an answer. The deadline only ends a test that has failed already. */
export async function eventually<Found>(
  what: string,
  look: () => Promise<Found | null | undefined | false>,
  deadlineMs = 45_000,
): Promise<Found> {
  const giveUpAt = performance.now() + deadlineMs
  for (;;) {
    const found = await look()
    if (found !== null && found !== undefined && found !== false) return found
    if (performance.now() > giveUpAt) throw new Error(`waited in vain for ${what}`)
    await sleep(50)
  }
}
