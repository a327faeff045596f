/**
 * From the close of a window until its metrics can be read: 20 features, 50 slices, live events.
 *
 *     npx tsx bench/window-latency.ts [seconds]      default: 45
 *
 * A window of 5 s closes one lateness (1 s) after its end. The time from there until its metrics
 * answer over the API includes the flush interval of the ingest, the pause between two looks at the
 * ledger (1 s), the profiles, 20 × 51 comparisons by every default detector, and the write.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startService } from '../bin/start.ts'
import { environment, loadConfig } from '../core/config.ts'
import { createLogger } from '../core/log.ts'
import { machine, writeReport } from './report.ts'

const windowMs = 5_000
const latenessMs = 1_000
/** Live events come as they happen: what a tenth of a second brought is sent at its end. */
const stepMs = 100
const eventsAStep = 800
const model = 'latency'

const numeric = Array.from({ length: 16 }, (_, i) => `n${i}`)
const categorical = Array.from({ length: 4 }, (_, i) => `c${i}`)

function body(at: number, n: number): string {
  return Array.from({ length: n }, (_, i) => {
    const features: Record<string, number | string> = {}
    numeric.forEach((name, k) => (features[name] = Math.sin(i * (k + 1)) * 10))
    categorical.forEach((name, k) => (features[name] = `v${(i * (k + 7)) % 50}`))
    return JSON.stringify({
      model,
      version: '1',
      id: `${at}-${i}`,
      ts: at + Math.floor((i * stepMs) / n),
      features,
      prediction: String(i % 2),
      score: (i % 100) / 100,
    })
  }).join('\n')
}

async function call(url: string, path: string, init?: RequestInit): Promise<Response> {
  const answer = await fetch(`${url}${path}`, init)
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`)
  return answer
}

async function post(url: string, at: number, n: number): Promise<void> {
  await call(url, '/v1/events', {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson' },
    body: body(at, n),
  })
}

/** Milliseconds from the close of one window to its last detector's rows. */
async function waitFor(url: string, start: number): Promise<{ ms: number; rows: number }> {
  const from = new Date(start).toISOString()
  const to = new Date(start + 1).toISOString()
  const path = `/v1/models/${model}/metrics?window=5s&metric=wasserstein&from=${from}&to=${to}&limit=10000`
  for (;;) {
    const { rows } = (await (await call(url, path)).json()) as { rows: unknown[] }
    if (rows.length > 0)
      return { ms: Date.now() - (start + windowMs + latenessMs), rows: rows.length }
    await sleep(20)
  }
}

async function measure(url: string, seconds: number): Promise<{ ms: number; rows: number }[]> {
  const stopAt = Date.now() + seconds * 1000
  const first = Math.ceil(Date.now() / windowMs) * windowMs
  await sleep(first - Date.now())
  const waits: Promise<{ ms: number; rows: number }>[] = []
  const sends: Promise<void>[] = []
  let next = first
  for (let at = first; at < stopAt; at += stepMs) {
    await sleep(Math.max(0, at + stepMs - Date.now()))
    // Not awaited: the next events do not wait for the answer to these.
    sends.push(post(url, at, eventsAStep))
    if (at + stepMs >= next + windowMs) {
      if (next + 2 * windowMs < stopAt) waits.push(waitFor(url, next))
      next += windowMs
    }
  }
  await Promise.all(sends)
  return Promise.all(waits)
}

/** A model whose baseline is ten seconds of events ten minutes ago. */
async function register(url: string): Promise<void> {
  const base = Math.floor(Date.now() / windowMs) * windowMs - 600_000
  await call(url, `/v1/models/${model}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      model,
      task: 'binary_classification',
      features: Object.fromEntries([
        ...numeric.map((name) => [name, 'numeric'] as const),
        ...categorical.map((name) => [name, 'categorical'] as const),
      ]),
      slices: ['c0'],
      window: '5s',
      windows: ['5s'],
      lateness: '1s',
      min_samples: 50,
      baselines: {
        reference: {
          range: {
            from: new Date(base).toISOString(),
            to: new Date(base + 5_000).toISOString(),
          },
        },
      },
    }),
  })
  for (let i = 0; i < 100; i++) await post(url, base + i * stepMs, eventsAStep)
  for (;;) {
    const answer = await call(url, `/v1/models/${model}/baselines/reference`)
    if (((await answer.json()) as { status: string }).status === 'ready') return
    await sleep(200)
  }
}

async function main(seconds: number): Promise<void> {
  const facts = machine()
  const directory = await mkdtemp(join(tmpdir(), 'tidegauge-bench-'))
  const config = loadConfig({
    env: { ...environment(), TIDEGAUGE_CONFIG: undefined },
    flags: {
      'server.port': 0,
      'store.path': join(directory, 'data'),
      'models.directory': join(directory, 'models'),
      'log.level': 'warn',
    },
  })
  const service = await startService(config, createLogger(config.log))
  const url = service.url
  try {
    await register(url)
    const waits = await measure(url, seconds)
    // The first one warms up the code of the detectors.
    const sorted = waits
      .slice(1)
      .map(({ ms }) => ms)
      .sort((a, b) => a - b)
    const at = (share: number): number =>
      sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN
    const report = {
      ...facts,
      windows: sorted.length,
      featuresTimesSlices: '22 × 51',
      eventsAWindow: (eventsAStep * windowMs) / stepMs,
      medianMs: at(0.5),
      maxMs: at(1),
      scoresAWindow: waits.at(-1)?.rows,
    }
    console.log(
      `window close to metrics visible: median ${report.medianMs} ms, greatest ${report.maxMs} ms of ${sorted.length} windows`,
    )
    await writeReport('window-latency', report)
  } finally {
    await service.stop()
    await rm(directory, { recursive: true, force: true })
  }
}

await main(Number(process.argv[2] ?? 45))
