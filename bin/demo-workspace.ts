import { randomBytes } from 'node:crypto'
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseDocument } from 'yaml'
import { AppError } from '../core/errors.ts'
import { openStore } from '../store/client.ts'

/** The directory of one demo, with what a service needs to run in it, now and later. */
export interface Workspace {
  readonly directory: string
  /** For `tidegauge serve --config`. */
  readonly configFile: string
  readonly logFile: string
  readonly features: string
  /** Signs the webhooks. */
  readonly secret: string
  readonly modelFile: (version: string) => string
  readonly baselineFile: (version: string) => string
}

// What makes a directory one that a demo may empty.
const marker = 'made-by-tidegauge-demo'

/**
 * Refuses a directory that holds anything but an earlier demo, or whose store a process has open: the
 * demo empties it.
 */
export async function checkWorkspace(directory: string): Promise<void> {
  const entries = await readdir(directory).catch(nothing)
  if (entries.length === 0) return
  if (!entries.includes(marker)) {
    throw new AppError(
      'CONFIG_INVALID',
      `${directory} holds files that are not of a demo, and the demo would delete them: name another directory with --data`,
    )
  }
  const path = join(directory, 'store')
  if (!(await stat(path).then(isThere, isAbsent))) return
  try {
    const store = await openStore({ path, database: 'tidegauge' })
    await store.close()
  } catch (cause) {
    if (!(cause instanceof AppError)) throw cause
    throw new AppError(
      'STORE_UNAVAILABLE',
      `${directory} is in use, most likely by another demo: stop that one, or name another directory with --data`,
      { cause },
    )
  }
}

export interface WorkspaceInput {
  readonly directory: string
  readonly port: number
  /** Where the webhook goes. */
  readonly retrainUrl: (secret: string) => Promise<string>
}

/** Empties the directory and writes the configuration, the secret and the model file. */
export async function createWorkspace(input: WorkspaceInput): Promise<Workspace> {
  const directory = resolve(input.directory)
  await rm(directory, { recursive: true, force: true })
  await mkdir(join(directory, 'models'), { recursive: true })
  const secret = `whsec_${randomBytes(32).toString('base64')}`
  const workspace = workspaceIn(directory, secret)
  await writeFile(join(directory, marker), 'npm run demo empties this directory.\n')
  await writeFile(join(directory, 'webhook-secret'), secret, { mode: 0o600 })
  await writeFile(workspace.configFile, configText(input.port))
  const url = await input.retrainUrl(secret)
  await writeFile(join(directory, 'models/flight-delay.yaml'), await modelText(workspace, url))
  return workspace
}

function workspaceIn(directory: string, secret: string): Workspace {
  const flights = join(directory, 'flights')
  return {
    directory,
    secret,
    configFile: join(directory, 'tidegauge.yaml'),
    logFile: join(directory, 'service.log'),
    features: join(flights, 'features'),
    modelFile: (version) => join(flights, `model-${version}.json`),
    baselineFile: (version) => join(flights, `${baselineName(version)}.parquet`),
  }
}

/** As train.ts wants it: what the baseline of a version is called. */
export const baselineName = (version: string): string => `baseline-${version}`

const configText = (port: number): string => `# Written by the demo; paths start from this file.
server: { port: ${port} }
store: { path: store }
models: { directory: models, auto_register: false }
# The demo's receiver of webhooks is on this machine.
alerts: { egress: { allow: [127.0.0.1] } }
`

/** The example's model file, with the places of this run filled in. */
async function modelText(workspace: Workspace, retrainUrl: string): Promise<string> {
  const example = fileURLToPath(new URL('../examples/flights/flight-delay.yaml', import.meta.url))
  const document = parseDocument(await readFile(example, 'utf8'))
  document.setIn(['baselines', 'training', 'file'], workspace.baselineFile('1'))
  document.setIn(['actions', 'retrain', 'url'], retrainUrl)
  document.setIn(
    ['actions', 'retrain', 'secret'],
    `file:${join(workspace.directory, 'webhook-secret')}`,
  )
  return document.toString({ lineWidth: 100 })
}

const isThere = (): boolean => true
const isAbsent = (): boolean => false

function nothing(error: unknown): string[] {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
  throw error
}
