/**
 * The same million rows of 16 numeric and 4 categorical columns, half of them reference and half current,
 * judged by Tidegauge and by the Python packages that do the like: time and peak memory.
 *
 *     npx tsx bench/side-by-side.ts [rows]      default: 1000000
 *
 * Every product starts from rows at rest, in a process of its own, and ends when the verdicts on all
 * columns are there; imports of Python are not counted. Rows of the packages are Parquet files. Tidegauge's
 * current rows are its own table, into which they were loaded before (timed apart); its reference is the
 * Parquet file, as a baseline, which the start of the process freezes. What it does from then on is the
 * second figure: a late event comes, and the whole half million rows are counted and judged again. The
 * packages are installed once into ~/.cache/tidegauge, from PyPI.
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
  const columns = (drifts: number, seed: number): string[] => [
    ...numeric.map(
      (name, i) => `randNormal(${i % 2 === 0 ? drifts * 0.2 : 0}, 1, number + ${seed}) AS ${name}`,
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
    ...{ model: 'side', kind: 'features', window: '1d', windows: [], lateness: '1m', features },
    detectors: ['wasserstein', 'js', 'ks', 'chi2'],
    baselines: { reference: { file: '../reference.parquet' } },
  }
  await writeFile(join(models, 'side.yaml'), JSON.stringify(file))
  return models
}

interface Run {
  readonly seconds: number
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

interface OwnRun extends Run {
  /** From a late event's acknowledgement until the whole day is counted, compared and told again. */
  readonly againSeconds: number
}

/** From the start of the process until all detectors' verdicts on the day can be read over the API. */
async function ours(data: string, models: string): Promise<OwnRun> {
  const started = performance.now()
  const options = ['--data', data, '--models', models, '--port', '0']
  const service = await startBuiltService(options, { TIDEGAUGE__MONITOR__INTERVAL: '100ms' })
  try {
    const drifted = await verdicts(service.url, 1)
    const seconds = (performance.now() - started) / 1000
    await sendLateEvent(service.url)
    const late = performance.now()
    await verdicts(service.url, 2)
    const againSeconds = (performance.now() - late) / 1000
    return { seconds, againSeconds, drifted, peakRssMiB: await peakRss(service.process) }
  } finally {
    await service.stop()
  }
}

async function sendLateEvent(url: string): Promise<void> {
  const features = { ...Object.fromEntries(numeric.map((name) => [name, 0])), c0: 'v0' }
  const answer = await fetch(`${url}/v1/events?backfill=true`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    // The second one says that this sender, too, is past the day.
    body: JSON.stringify(
      [day + 3_600_000, day + 90_000_000].map((ts) => ({ model: 'side', ts, features })),
    ),
  })
  if (!answer.ok) throw new Error(`${answer.status}: ${await answer.text()}`)
}

/** Waits for the metrics of the day at some revision; answers how many features drifted significantly. */
async function verdicts(url: string, revision: number): Promise<number> {
  const deadline = performance.now() + 600_000
  while (performance.now() < deadline) {
    const rows = await Promise.all(['wasserstein', 'js', 'chi2'].map((m) => metricRows(url, m)))
    const current = rows.map((found) => found.filter((row) => row.revision >= revision))
    if (current.every((found) => found.length > 0)) {
      const drifted = current
        .flat()
        .filter(({ p_adjusted }) => p_adjusted !== null && p_adjusted < 0.05)
      return new Set(drifted.map(({ feature }) => feature)).size
    }
    await sleep(20)
  }
  throw new Error('no metrics after ten minutes')
}

interface MetricAnswer {
  readonly feature: string
  readonly window_start: string
  readonly revision: number
  readonly p_adjusted: number | null
}

async function metricRows(url: string, metric: string): Promise<MetricAnswer[]> {
  const answer = await fetch(`${url}/v1/models/side/metrics?metric=${metric}&slice=`)
  const { rows = [] } = (await answer.json()) as { rows?: MetricAnswer[] }
  return rows.filter(({ window_start }) => Date.parse(window_start) === day)
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
  const answer = JSON.parse(run.output) as { seconds: number; drifted: number }
  return { seconds: answer.seconds, drifted: answer.drifted, peakRssMiB: run.peakRssMiB }
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
    console.log(
      `tidegauge: ${tidegauge.seconds.toFixed(2)} s from the start of the process, ${tidegauge.againSeconds.toFixed(2)} s for a whole day again, peak RSS ${tidegauge.peakRssMiB ?? '?'} MiB, ${tidegauge.drifted} columns drifted`,
    )
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

function report(name: string, run: Run, own: OwnRun): void {
  console.log(
    `${name}: ${run.seconds.toFixed(2)} s, ${(run.seconds / own.againSeconds).toFixed(1)} × ours again, peak RSS ${run.peakRssMiB ?? '?'} MiB, ${run.drifted} columns drifted`,
  )
}

await main(Number(process.argv[2] ?? 1_000_000))
