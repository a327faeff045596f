/**
 * What sequential detectors cost the monitor: one metric of 1 000 series (features and slices) in 5-minute
 * windows, embedded engine. All of it is what `monitor/run-sequential.ts` does, reading and writing included.
 *
 *     npx tsx bench/sequential.ts [windows …]      default: 48, four hours
 *
 * `first`: a rule is new and runs through all that is stored. `next`: a window follows, the usual case.
 * `late`: the window an hour ago is revised, with all after it; `all`: the first window is.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { modelSpec, type ModelSpec } from '../core/model-spec.ts'
import { createSequentialRunner } from '../monitor/run-sequential.ts'
import { openStore, type Store } from '../store/client.ts'
import { migrate } from '../store/migrate.ts'
import { machine, writeReport } from './report.ts'

const series = 1000
const windowMs = 300_000
const start = Math.floor((Date.now() - 5 * 86_400_000) / windowMs) * windowMs
const nextWindows = 5

interface Asked {
  readonly method: string
  readonly parameters?: Readonly<Record<string, number | string>>
}

const asked: readonly Asked[] = [
  { method: 'cusum' },
  { method: 'adwin', parameters: { clock: 1, cuts: 'all' } },
  { method: 'kswin' },
]

const specOf = (entry: Asked): ModelSpec =>
  modelSpec({
    ...{ model: 'bench', window: '5m', windows: [] },
    sequential: [{ metric: 'missing_rate', slices: ['*'], ...entry }],
  })

/** Some windows of the metric of every series, all noise. */
async function fill(store: Store, from: number, count: number, revision = 1): Promise<void> {
  await store.command({
    name: 'bench',
    sql: `
INSERT INTO metrics (model, version, variant, window_start, window_end, window, slice, feature, metric, method,
  value, n_reference, n_current, baseline, status, revision, computed_at, delete_after)
SELECT 'bench', '1', 'live', toDateTime({start:UInt32} + 300 * ({from:UInt32} + intDiv(number, ${series})), 'UTC') AS s, s + 300, '5m',
  concat('country=', toString(number % 20)), concat('x', toString(intDiv(number % ${series}, 20))), 'missing_rate', 'missing_rate',
  0.1 + 0.01 * randNormal(0, 1, number), 0, 1000, '', 'ok', {revision:UInt32}, now64(3), today() + 400
FROM numbers(${count * series})`,
    params: { start: start / 1000, from, revision },
  })
}

const timed = async (work: () => Promise<void>): Promise<number> => {
  const began = performance.now()
  await work()
  return Math.round(performance.now() - began)
}

async function measure(store: Store, entry: Asked, windows: number): Promise<object> {
  for (const table of ['metrics', 'sequential_states', 'sequential_rules'])
    await store.command({ name: 'bench', sql: `TRUNCATE TABLE ${table}` })
  await fill(store, 0, windows)
  const spec = specOf(entry)
  const run = createSequentialRunner({ store, now: Date.now })
  const from = (window: number): Promise<void> =>
    run({
      ...{ spec, revision: 1, part: 'events' },
      changedFrom: new Map([[windowMs, start + window * windowMs]]),
    })
  const firstMs = await timed(() => from(windows - 1))
  const nextMs: number[] = []
  for (let i = 0; i < nextWindows; i++) {
    await fill(store, windows + i, 1)
    nextMs.push(await timed(() => from(windows + i)))
  }
  const last = windows + nextWindows - 1
  await fill(store, last - 12, 1, 2)
  const lateMs = await timed(() => from(last - 12))
  await fill(store, 0, 1, 2)
  const allMs = await timed(() => from(0))
  nextMs.sort((a, b) => a - b)
  return {
    method: entry.method,
    ...{ windows, series, firstMs, nextMs: nextMs[nextWindows >> 1], lateMs, allMs },
    bytesAState: await bytesAState(store),
  }
}

/** Compressed, keys included. */
async function bytesAState(store: Store): Promise<number> {
  await store.command({ name: 'bench', sql: 'OPTIMIZE TABLE sequential_states FINAL' })
  const [bytes] = await store.query({
    name: 'bench',
    sql: `SELECT round(sum(bytes_on_disk) / sum(rows)) AS bytes FROM system.parts
WHERE database = currentDatabase() AND table = 'sequential_states' AND active`,
    params: {},
    toRow: (raw) => Number(raw['bytes']),
  })
  return bytes ?? 0
}

const sizes = process.argv.slice(2).map(Number)
const directory = await mkdtemp(join(tmpdir(), 'tidegauge-bench-'))
const store = await openStore({ path: directory, database: 'bench' })
const before = machine()
const results: object[] = []
try {
  await migrate(store)
  for (const windows of sizes.length === 0 ? [48] : sizes) {
    for (const entry of asked) {
      const result = await measure(
        store,
        entry,
        entry.method === 'kswin' ? Math.max(12, windows >> 2) : windows,
      )
      results.push(result)
      console.log(JSON.stringify(result))
    }
  }
} finally {
  await store.close()
  await rm(directory, { recursive: true, force: true })
}
await writeReport('sequential', { machine: before, results })
