/**
 * Events a second from HTTP NDJSON to durable rows: 16 numeric and 4 categorical features, a service
 * in a process of its own, the senders in another, both on this machine.
 *
 *     npx tsx bench/ingest-http.ts [events]      default: 1000000
 *
 * The floor, in the same run, is JSON.parse of the same bytes, a line at a time on one core: what any
 * pipeline of JSON has to pay. It is taken before and after each run of the service, and a run is held
 * against the mean of both, because shared machines change their speed within minutes. The service runs
 * as built (dist/). Data stays until the end: a file system that has just let go of thousands of files
 * is slow to make new ones for some minutes (ext4 does not use an inode again so soon). Each run is made
 * three times; the one with the median ratio counts.
 */
import { fork } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Pool } from 'undici'
import { cpuSeconds, peakRss, startBuiltService, storedEvents } from './measured-process.ts'
import { machine, writeReport } from './report.ts'
import { parseFloor, roundDigits, roundMark, sampleEvents } from './sample-events.ts'

const linesABody = 5_000
const senders = 24
/** Bodies are made once: making them must not be what is timed. */
const distinctBodies = 40
const rounds = 3

/** A body that is sent over and over, each time with ids that it never had before. */
class SentBody {
  readonly bytes: Buffer
  /** Where the round stands in each of its ids. */
  readonly #places: readonly number[]
  #round = 0

  constructor(events: readonly string[]) {
    this.bytes = Buffer.from(events.join('\n'))
    const places = []
    for (
      let at = this.bytes.indexOf(roundMark);
      at >= 0;
      at = this.bytes.indexOf(roundMark, at + 1)
    )
      places.push(at)
    this.#places = places
  }

  nextRound(): void {
    const digits = Buffer.from(roundDigits(this.#round++))
    for (const at of this.#places) digits.copy(this.bytes, at)
  }
}

const sentBodies = (base: number): SentBody[] => {
  const events = sampleEvents(distinctBodies * linesABody, base)
  return Array.from(
    { length: distinctBodies },
    (_, b) => new SentBody(events.slice(b * linesABody, (b + 1) * linesABody)),
  )
}

/** The sending side, in its own process: `senders` requests at a time until all are acknowledged. */
async function send(url: string, events: number): Promise<void> {
  // Taken in turn; there are more of them than senders.
  const idle = sentBodies(Date.now() - 3_600_000)
  const total = Math.ceil(events / linesABody)
  const pool = new Pool(url, { connections: senders })
  let next = 0
  const started = performance.now()
  const one = async (): Promise<void> => {
    while (next++ < total) {
      const body = idle.shift()
      if (body === undefined) throw new RangeError('more senders than bodies')
      body.nextRound()
      await acknowledged(pool, body.bytes)
      idle.push(body)
    }
  }
  await Promise.all(Array.from({ length: senders }, one))
  await pool.close()
  process.send?.({ seconds: (performance.now() - started) / 1000, events: total * linesABody })
}

/** Sends until it is taken. */
async function acknowledged(pool: Pool, body: Buffer): Promise<void> {
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
      if (accepted === linesABody) return
      throw new Error(`accepted ${accepted} of ${linesABody}: ${text.slice(0, 200)}`)
    }
    if (status !== 429 && status !== 503) throw new Error(`${status}: ${text.slice(0, 200)}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

interface Run {
  readonly eventsPerSecond: number
  readonly floorEventsPerSecond: number
  readonly ratioToFloor: number
  readonly peakRssMiB: number | null
  readonly serviceCpuSeconds: number | null
  readonly rowsCounted: number
}

interface Setting {
  readonly data: string
  readonly events: number
  readonly sample: readonly string[]
}

async function run(roles: string, { data, events, sample }: Setting): Promise<Run> {
  const before = parseFloor(sample)
  const options = ['--data', data, '--port', '0', '--models', join(data, 'models'), '--role', roles]
  const service = await startBuiltService(options)
  try {
    const sent = await sending(service.url, events)
    const rate = sent.events / sent.seconds
    const floor = (before + parseFloor(sample)) / 2
    const result = {
      eventsPerSecond: Math.round(rate),
      floorEventsPerSecond: Math.round(floor),
      ratioToFloor: Number((rate / floor).toFixed(3)),
      peakRssMiB: await peakRss(service.process),
      serviceCpuSeconds: await cpuSeconds(service.process),
      rowsCounted: await storedEvents(service.url),
    }
    console.log(
      `roles ${roles}: ${result.eventsPerSecond} events/s, ${result.ratioToFloor} × floor of ${result.floorEventsPerSecond}, peak RSS ${result.peakRssMiB} MiB, ${result.serviceCpuSeconds} s of CPU, ${result.rowsCounted} rows`,
    )
    return result
  } finally {
    await service.stop()
  }
}

async function main(events: number): Promise<void> {
  const facts = machine()
  const sample = sampleEvents(distinctBodies * linesABody, Date.now())
  const bytesAnEvent = sample.join('').length / sample.length
  console.log(`floor: JSON.parse of ${bytesAnEvent.toFixed(0)} B events, one core`)
  const home = await mkdtemp(join(tmpdir(), 'tidegauge-bench-'))
  const setting = (name: string): Setting => ({ data: join(home, name), events, sample })
  try {
    const ingest: Run[] = []
    const ingestAndMonitor: Run[] = []
    for (let round = 0; round < rounds; round++) {
      ingest.push(await run('ingest,api', setting(`ingest-${round}`)))
      // Freezes the model's bins and evaluates its windows meanwhile, on the same cores.
      ingestAndMonitor.push(await run('ingest,api,monitor', setting(`all-${round}`)))
    }
    await writeReport('ingest-http', {
      ...facts,
      ...{ events, bytesAnEvent, rounds },
      ingest: median(ingest),
      ingestAndMonitor: median(ingestAndMonitor),
    })
  } finally {
    await rm(home, { recursive: true, force: true })
  }
}

function median(runs: readonly Run[]): Run | undefined {
  const sorted = [...runs].sort((a, b) => a.ratioToFloor - b.ratioToFloor)
  console.log(`ratios: ${sorted.map(({ ratioToFloor }) => ratioToFloor).join(', ')}`)
  return sorted[sorted.length >> 1]
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

const [mode, url, events] = process.argv.slice(2)
if (mode === '--send') await send(url ?? '', Number(events))
else await main(Number(mode ?? 1_000_000))
