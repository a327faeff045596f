/**
 * Events a second from HTTP NDJSON to durable rows: 16 numeric and 4 categorical features, a service
 * in a process of its own, the senders in another, both on this machine.
 *
 *     npx tsx bench/ingest-http.ts [events]      default: 1000000
 *
 * The floor, in the same run and before the service starts, is JSON.parse of the same bytes, a line
 * at a time on one core: what any pipeline of JSON has to pay. The service runs as built (dist/).
 */
import { fork, spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Pool } from 'undici'
import { machine, writeReport } from './report.ts'

const linesABody = 5_000
const senders = 24
/** Bodies are made once and sent over and over with other ids: making them must not be what is timed. */
const distinctBodies = 40

function line(i: number, base: number, random: () => number): string {
  const features: Record<string, unknown> = {}
  for (let k = 0; k < 16; k++) features[`n${k}`] = Math.round(random() * 1e6) / 1e3
  for (let k = 0; k < 4; k++) {
    features[`c${k}`] = `v${Math.floor(random() * ([3, 12, 50, 50][k] ?? 3))}`
  }
  return JSON.stringify({
    model: 'bench',
    version: '1',
    // Replaced by as many digits for each round.
    id: `e-ROUND0-${String(i).padStart(7, '0')}`,
    ts: new Date(base + i).toISOString(),
    features,
    prediction: i % 2,
    score: random(),
  })
}

function bodies(base: number): Buffer[] {
  let state = 42
  const random = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
  return Array.from({ length: distinctBodies }, (_, b) =>
    Buffer.from(
      Array.from({ length: linesABody }, (_, i) => line(b * linesABody + i, base, random)).join(
        '\n',
      ),
    ),
  )
}

/** Events a second of JSON.parse on one core. */
function floor(sample: readonly Buffer[]): number {
  let best = Infinity
  for (let round = 0; round < 3; round++) {
    const started = performance.now()
    for (const body of sample)
      for (const text of body.toString('utf8').split('\n')) JSON.parse(text)
    best = Math.min(best, performance.now() - started)
  }
  return (sample.length * linesABody * 1000) / best
}

/** The sending side, in its own process: `senders` requests at a time until all are acknowledged. */
async function send(url: string, events: number): Promise<void> {
  const sample = bodies(Date.now() - 3_600_000)
  const total = Math.ceil(events / linesABody)
  const pool = new Pool(url, { connections: senders })
  let next = 0
  const started = performance.now()
  const one = async (): Promise<void> => {
    for (let i = next++; i < total; i = next++) {
      const body = Buffer.from(sample[i % distinctBodies] ?? Buffer.alloc(0))
      const round = String(Math.floor(i / distinctBodies)).padStart(6, '0')
      for (let at = body.indexOf('ROUND0'); at >= 0; at = body.indexOf('ROUND0', at + 6))
        body.write(round, at)
      for (;;) {
        const answer = await pool.request({
          path: '/v1/events',
          method: 'POST',
          headers: { 'content-type': 'application/x-ndjson' },
          body,
        })
        const status = answer.statusCode
        const text = await answer.body.text()
        if (status === 200) {
          const { accepted } = JSON.parse(text) as { accepted: number }
          if (accepted !== linesABody)
            throw new Error(`accepted ${accepted} of ${linesABody}: ${text.slice(0, 200)}`)
          break
        }
        if (status !== 429 && status !== 503) throw new Error(`${status}: ${text.slice(0, 200)}`)
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
    }
  }
  await Promise.all(Array.from({ length: senders }, one))
  await pool.close()
  process.send?.({ seconds: (performance.now() - started) / 1000, events: total * linesABody })
}

interface Run {
  readonly eventsPerSecond: number
  readonly ratioToFloor: number
  readonly peakRssMiB: number | null
  readonly serviceCpuSeconds: number | null
  readonly rowsCounted: number
}

async function run(roles: string, events: number, floorRate: number): Promise<Run> {
  const data = await mkdtemp(join(tmpdir(), 'tidegauge-bench-'))
  const options = ['--data', data, '--port', '0', '--models', join(data, 'models'), '--role', roles]
  const service = spawn(process.execPath, ['dist/bin/tidegauge.js', 'serve', ...options], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, TIDEGAUGE__LOG__FORMAT: 'json' },
  })
  try {
    const url = await readyUrl(service)
    const sent = await sending(url, events)
    const rate = sent.events / sent.seconds
    const result = {
      eventsPerSecond: Math.round(rate),
      ratioToFloor: Number((rate / floorRate).toFixed(3)),
      peakRssMiB: await peakRss(service),
      serviceCpuSeconds: await cpuSeconds(service),
      rowsCounted: await count(url),
    }
    console.log(
      `roles ${roles}: ${result.eventsPerSecond} events/s, ${result.ratioToFloor} × floor, peak RSS ${result.peakRssMiB} MiB, ${result.serviceCpuSeconds} s of CPU, ${result.rowsCounted} rows`,
    )
    return result
  } finally {
    service.kill('SIGTERM')
    await new Promise((resolve) => service.once('exit', resolve))
    await rm(data, { recursive: true, force: true })
  }
}

async function main(events: number): Promise<void> {
  const facts = machine()
  const sample = bodies(Date.now())
  const floorRate = floor(sample)
  const bytesAnEvent = (sample[0]?.length ?? 0) / linesABody
  console.log(
    `floor: JSON.parse of ${bytesAnEvent.toFixed(0)} B events, one core: ${Math.round(floorRate)} events/s`,
  )
  await writeReport('ingest-http', {
    ...facts,
    events,
    bytesAnEvent,
    floorEventsPerSecond: Math.round(floorRate),
    ingest: await run('ingest,api', events, floorRate),
    // Freezes the model's bins and evaluates its windows meanwhile, on the same cores.
    ingestAndMonitor: await run('ingest,api,monitor', events, floorRate),
  })
}

function readyUrl(service: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    service.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      const url = /"url":"(http[^"]+)"/.exec(text)?.[1]
      if (url !== undefined) resolve(url)
    })
    service.once('exit', (code) => {
      reject(new Error(`the service ended with ${code}: npm run build first`))
    })
  })
}

function sending(url: string, events: number): Promise<{ seconds: number; events: number }> {
  return new Promise((resolve, reject) => {
    const child = fork(import.meta.filename, ['--send', url, String(events)])
    child.once('message', (message) => {
      resolve(message as { seconds: number; events: number })
    })
    child.once('exit', (code) => {
      if (code !== 0) reject(new Error(`the sender ended with ${code}`))
    })
  })
}

/** User and system time of a process so far, in seconds, where the system tells it. */
async function cpuSeconds(service: ChildProcess): Promise<number | null> {
  const stat = await readFile(`/proc/${service.pid}/stat`, 'utf8').catch(() => '')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const ticks = Number(fields[11]) + Number(fields[12])
  return Number.isFinite(ticks) && ticks > 0 ? ticks / 100 : null
}

/** High-water mark of the service's memory, where the system tells it. */
async function peakRss(service: ChildProcess): Promise<number | null> {
  const status = await readFile(`/proc/${service.pid}/status`, 'utf8').catch(() => '')
  const kib = /VmHWM:\s+(\d+) kB/.exec(status)?.[1]
  return kib === undefined ? null : Math.round(Number(kib) / 1024)
}

async function count(url: string): Promise<number> {
  const answer = await fetch(`${url}/v1/models/bench/query`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ select: [{ count: true, as: 'n' }] }),
  })
  const { rows } = (await answer.json()) as { rows?: number[][] }
  return rows?.[0]?.[0] ?? -1
}

const [mode, url, events] = process.argv.slice(2)
if (mode === '--send') await send(url ?? '', Number(events))
else await main(Number(mode ?? 1_000_000))
