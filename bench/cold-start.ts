/**
 * Seconds from starting the process to the first /health/ready that says yes: what a new pod or a
 * restart costs. Embedded and against a ClickHouse server, each with an empty store, which it has to
 * make tables in, and with one that is there. The service runs as built (dist/).
 *
 *     npx tsx bench/cold-start.ts [runs]      default: 5
 *
 * The server is the embedded engine behind ClickHouse's HTTP interface, in a process of its own.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { spawnClickHouseServer } from '../test/support/clickhouse-process.ts'
import { peakRss, startBuiltService } from './measured-process.ts'
import { machine, writeReport } from './report.ts'

interface Start {
  readonly seconds: number
  readonly peakRssMiB: number | null
}

async function start(store: readonly string[]): Promise<Start> {
  const began = performance.now()
  const options = [...store, '--port', '0', '--models', '/nowhere']
  const service = await startBuiltService(options)
  for (;;) {
    const answer = await fetch(`${service.url}/health/ready`).catch(() => null)
    if (answer?.ok === true) break
    await sleep(10)
  }
  const seconds = (performance.now() - began) / 1000
  const peakRssMiB = await peakRss(service.process)
  await service.stop()
  return { seconds, peakRssMiB }
}

interface Figures {
  readonly medianSeconds: number
  readonly greatestSeconds: number
  readonly peakRssMiB: number | null
}

function figures(starts: readonly Start[]): Figures {
  const seconds = starts.map((each) => each.seconds).toSorted((a, b) => a - b)
  const rounded = (value = 0): number => Math.round(value * 100) / 100
  return {
    medianSeconds: rounded(seconds[Math.floor(seconds.length / 2)]),
    greatestSeconds: rounded(seconds.at(-1)),
    peakRssMiB: Math.max(...starts.map(({ peakRssMiB }) => peakRssMiB ?? 0)) || null,
  }
}

async function repeated(runs: number, store: (run: number) => string[]): Promise<Figures> {
  const starts: Start[] = []
  for (let run = 0; run < runs; run++) starts.push(await start(store(run)))
  return figures(starts)
}

const runs = Number(process.argv[2] ?? 5)
const report = { machine: machine(), runs }
const directory = await mkdtemp(join(tmpdir(), 'tidegauge-cold-start-'))
const server = await spawnClickHouseServer(join(directory, 'server'))
try {
  const embeddedEmpty = await repeated(runs, (run) => ['--data', join(directory, `fresh-${run}`)])
  const embedded = await repeated(runs, () => ['--data', join(directory, 'fresh-0')])
  // The first one makes the tables; the others are restarts.
  const serverEmpty = figures([await start(['--clickhouse', server.url])])
  const againstServer = await repeated(runs, () => ['--clickhouse', server.url])
  const figuresOf = { embeddedEmpty, embedded, serverEmpty, againstServer }
  await writeReport('cold-start', { ...report, ...figuresOf })
  console.log(JSON.stringify(figuresOf, null, 2))
} finally {
  await server.stop()
  await rm(directory, { recursive: true, force: true })
}
