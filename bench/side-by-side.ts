/**
 * The same million rows of 16 numeric and 4 categorical columns, half of them reference and half current,
 * judged by Tidegauge and by the Python packages that do the like: time and peak memory.
 *
 *     npx tsx bench/side-by-side.ts [rows]      default: 1000000
 *
 * Two figures. The first starts from rows at rest, in a process of its own, and ends when the verdicts on
 * all columns are there, imports of Python included: the packages read Parquet files; Tidegauge's current
 * rows are its own table, into which they were loaded before (timed apart), and its reference is the
 * Parquet file, as a baseline, which the start of the process freezes.
 *
 * The second is what it takes from then on, when another event of the half million comes: the packages,
 * imported and running, read and test all rows again; Tidegauge counts the hour of the event again, adds
 * the hours to the day and judges that. It begins with the event's acknowledgement and is the median of
 * several. The packages are installed once into ~/.cache/tidegauge, from PyPI.
 */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { openStore } from '../store/client.ts'
import { peakRss, startBuiltService } from './measured-process.ts'
import { machine, writeReport } from './report.ts'

const peers = [
  { name: 'evidently', packages: ['evidently==0.7.21', 'pandas<3', 'pyarrow'] },
  {
    name: 'nannyml',
    packages: ['nannyml==0.13.1', 'pandas<3', 'numpy<2', 'statsmodels', 'pyarrow<24'],
  },
  { name: 'alibi-detect', packages: ['alibi-detect==0.12.0', 'pandas<3', 'numpy<2', 'pyarrow<24'] },
] as const

const numeric = Array.from({ length: 16 }, (_, i) => `n${i}`)
const categorical = Array.from({ length: 4 }, (_, i) => `c${i}`)
const day = Date.parse('2026-03-01T00:00:00Z')

interface Files {
  readonly directory: string
  readonly reference: string
  readonly current: string
}

/** Half of the columns drift: by a fifth of a deviation, or a category that grows by a tenth. */
async function writeFiles(directory: string, rows: number): Promise<Files> {
  const files = {
    directory,
    reference: join(directory, 'reference.parquet'),
    current: join(directory, 'current.parquet'),
  }
  const store = await openStore({ path: join(directory, 'maker'), database: 'maker' })
  const half = Math.floor(rows / 2)
  // Calls that look alike are one call to the engine: the last argument tells them apart.
  const columns = (drifts: number, seed: number): string[] => [
    ...numeric.map(
      (name, i) =>
        `randNormal(${i % 2 === 0 ? drifts * 0.2 : 0}, 1, number + ${seed + 1000 * i}) AS ${name}`,
    ),
    ...categorical.map(
      (name, i) =>
        `if(rand(number + ${seed + 7 * i}) % 100 < ${i % 2 === 0 ? drifts * 10 : 0}, 'v0', concat('v', toString(cityHash64(number, ${seed + i}) % ${5 + 5 * i}))) AS ${name}`,
    ),
  ]
  const at = `fromUnixTimestamp64Milli(toInt64(${day} + intDiv(number * 86000000, ${half}))) AS ts`
  const write = async (path: string, select: string): Promise<void> => {
    await store.command({
      name: 'bench-write-parquet',
      sql: `INSERT INTO FUNCTION file({path:String}, 'Parquet') ${select}`,
      params: { path },
    })
  }
  try {
    await write(files.reference, `SELECT ${columns(0, 1).join(', ')} FROM numbers(${half})`)
    // One event of the next day: the day before it is over.
    await write(
      files.current,
      `SELECT ${[at, ...columns(1, 1_000_000_007)].join(', ')} FROM numbers(${half}) UNION ALL SELECT ${[`fromUnixTimestamp64Milli(toInt64(${day + 90_000_000})) AS ts`, ...columns(1, 3)].join(', ')} FROM numbers(1)`,
    )
  } finally {
    await store.close()
  }
  return files
}

async function writeModel({ directory }: Files): Promise<string> {
  const models = join(directory, 'models')
  await mkdir(models, { recursive: true })
  const features = Object.fromEntries([
    ...numeric.map((name) => [name, 'numeric'] as const),
    ...categorical.map((name) => [name, 'categorical'] as const),
  ])
  const file = {
    ...{ model: 'side', kind: 'features', window: '1h', windows: ['1d'], lateness: '1m', features },
    detectors: ['wasserstein', 'js', 'ks', 'chi2'],
    baselines: { reference: { file: '../reference.parquet' } },
  }
  await writeFile(join(models, 'side.yaml'), JSON.stringify(file))
  return models
}

interface Run {
  readonly seconds: number
  readonly againSeconds: number
  readonly peakRssMiB: number | null
  readonly drifted: number
}

/** Runs a command to its end. Its memory is looked at while it runs: the high-water mark dies with it. */
async function timed(
  command: string,
  args: readonly string[],
): Promise<{ output: string; seconds: number; peakRssMiB: number | null }> {
  const started = performance.now()
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  let peakRssMiB: number | null = null
  const watch = setInterval(() => {
    void peakRss(child).then((now) => (peakRssMiB = Math.max(now ?? 0, peakRssMiB ?? 0)))
  }, 50)
  const code = await new Promise((resolve) => child.once('exit', resolve))
  clearInterval(watch)
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${String(code)}`)
  return { output, seconds: (performance.now() - started) / 1000, peakRssMiB }
}

/** Declares the model and loads the current rows; answers the seconds of the latter. */
async function load(files: Files, data: string, models: string): Promise<number> {
  const options = ['--data', data, '--models', models, '--port', '0', '--role', 'api']
  await (await startBuiltService(options)).stop()
  const { seconds } = await timed(process.execPath, [
    ...['dist/bin/tidegauge.js', 'ingest', files.current, '--data', data],
    ...['--model', 'side', '--ts', 'ts'],
  ])
  return seconds
}

const lateEvents = 7

/** From the start of the process until all detectors' verdicts on the day can be read over the API; then late events. */
async function ours(data: string, models: string): Promise<Run> {
  const started = performance.now()
  const options = ['--data', data, '--models', models, '--port', '0']
  const service = await startBuiltService(options, { TIDEGAUGE__MONITOR__INTERVAL: '100ms' })
  try {
    let revision = await judged(service.url, 0)
    const seconds = (performance.now() - started) / 1000
    const again: number[] = []
    for (let i = 0; i < lateEvents; i++) {
      await sendLateEvent(service.url, i)
      const late = performance.now()
      revision = await judged(service.url, revision)
      again.push((performance.now() - late) / 1000)
    }
    const drifted = await driftedFeatures(service.url)
    const againSeconds = again.sort((x, y) => x - y)[lateEvents >> 1] ?? Infinity
    return { seconds, againSeconds, drifted, peakRssMiB: await peakRss(service.process) }
  } finally {
    await service.stop()
  }
}

async function sendLateEvent(url: string, i: number): Promise<void> {
  const features = { ...Object.fromEntries(numeric.map((name) => [name, 0])), c0: 'v0' }
  const answer = await fetch(`${url}/v1/events?backfill=true`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    // The second one says that this sender, too, is past the day.
    body: JSON.stringify(
      [day + 3_600_000 + i, day + 90_000_000 + i].map((ts) => ({ model: 'side', ts, features })),
    ),
  })
  if (!answer.ok) throw new Error(`${answer.status}: ${await answer.text()}`)
}

/** Waits until the day is judged at a greater revision; answers that. A window's metrics come all at once. */
async function judged(url: string, revision: number): Promise<number> {
  const deadline = performance.now() + 600_000
  while (performance.now() < deadline) {
    const [row] = await metricRows(url, 'js')
    if (row !== undefined && row.revision > revision) return row.revision
    await sleep(20)
  }
  throw new Error('no metrics after ten minutes')
}

async function driftedFeatures(url: string): Promise<number> {
  const rows = await Promise.all(['wasserstein', 'js', 'chi2'].map((m) => metricRows(url, m)))
  const drifted = rows.flat().filter(({ p_adjusted }) => p_adjusted !== null && p_adjusted < 0.05)
  return new Set(drifted.map(({ feature }) => feature)).size
}

interface MetricAnswer {
  readonly feature: string
  readonly revision: number
  readonly p_adjusted: number | null
}

async function metricRows(url: string, metric: string): Promise<MetricAnswer[]> {
  const at = `from=${new Date(day).toISOString()}&to=${new Date(day + 1).toISOString()}`
  const answer = await fetch(
    `${url}/v1/models/side/metrics?metric=${metric}&slice=&window=1d&${at}`,
  )
  const { rows = [] } = (await answer.json()) as { rows?: MetricAnswer[] }
  return rows
}

async function theirs({ name, packages }: (typeof peers)[number], files: Files): Promise<Run> {
  const home = join(homedir(), '.cache', 'tidegauge', 'peers', name)
  const python = join(home, 'bin', 'python')
  if (!existsSync(python)) {
    console.log(`installing ${packages.join(', ')} into ${home}`)
    await timed('python3', ['-m', 'venv', home])
    await timed(python, ['-m', 'pip', 'install', '--quiet', ...packages])
  }
  const script = join(import.meta.dirname, 'oracles', 'side_by_side.py')
  const run = await timed(python, [script, name, files.reference, files.current])
  const answer = JSON.parse(run.output) as { seconds: number; again: number; drifted: number }
  const { seconds, again: againSeconds, drifted } = answer
  return { seconds, againSeconds, drifted, peakRssMiB: run.peakRssMiB }
}

async function main(rows: number): Promise<void> {
  const facts = machine()
  const directory = await mkdtemp(join(tmpdir(), 'tidegauge-side-'))
  try {
    const files = await writeFiles(directory, rows)
    const models = await writeModel(files)
    const data = join(directory, 'data')
    const loadSeconds = await load(files, data, models)
    console.log(`loading ${Math.floor(rows / 2)} rows: ${loadSeconds.toFixed(1)} s`)
    const tidegauge = await ours(data, models)
    report('tidegauge', tidegauge, tidegauge)
    const others: Record<string, Run> = {}
    for (const peer of peers) {
      const run = await theirs(peer, files)
      report(peer.name, run, tidegauge)
      others[peer.name] = run
    }
    await writeReport('side-by-side', { ...facts, rows, loadSeconds, tidegauge, ...others })
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

function report(name: string, run: Run, own: Run): void {
  const against = (theirs: number, mine: number): string =>
    `${theirs.toFixed(2)} s (${(theirs / mine).toFixed(1)} × ours)`
  console.log(
    `${name}: ${against(run.seconds, own.seconds)} from the start of the process, ${against(run.againSeconds, own.againSeconds)} after another event, peak RSS ${run.peakRssMiB ?? '?'} MiB, ${run.drifted} columns drifted`,
  )
}

await main(Number(process.argv[2] ?? 1_000_000))
