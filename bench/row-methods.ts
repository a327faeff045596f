/**
 * What methods over stored rows cost for one window: 16 numeric and 4 categorical features, and as many
 * rows in the reference as in the window.
 *
 *     npx tsx bench/row-methods.ts [rows of a side]      default: 100000
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { modelSpec, type ModelSpec } from '../core/model-spec.ts'
import { ksExactMethod } from '../detectors/drift/ks.ts'
import { rowScanMethods } from '../detectors/exact/row-methods.ts'
import type { Baseline } from '../monitor/baselines.ts'
import { exactScores } from '../monitor/exact-scores.ts'
import { peerScores } from '../monitor/peer-scores.ts'
import { openStore, type Store } from '../store/client.ts'
import { createTable } from '../store/ddl.ts'
import { eventsTable, eventsTableName } from '../store/tables/events-table.ts'
import { machine, writeReport } from './report.ts'

const hour = 3_600_000
const start = Date.parse('2026-01-01T00:00:00Z')
const numeric = Array.from({ length: 16 }, (_, i) => `x${i}`)
const categorical = Array.from({ length: 4 }, (_, i) => `c${i}`)

const benchSpec = (preset?: 'evidently' | 'nannyml' | 'deepchecks'): ModelSpec =>
  modelSpec({
    model: 'rows',
    kind: 'features',
    window: '1h',
    features: Object.fromEntries([
      ...numeric.map((name) => [name, 'numeric'] as const),
      ...categorical.map((name) => [name, 'categorical'] as const),
    ]),
    baselines: { past: { range: { from: iso(start), to: iso(start + hour) } } },
    ...(preset === undefined ? {} : { preset }),
    retention: { events: '20000d' },
  })

const iso = (ms: number): string => new Date(ms).toISOString()

async function fill(store: Store, spec: ModelSpec, rows: number): Promise<void> {
  for (const sql of createTable({ database: store.database, cluster: null }, eventsTable(spec))) {
    await store.command({ name: 'bench-create', sql })
  }
  const columns = [...numeric, ...categorical].map((name) => `\`features.${name}\``)
  const values = [
    ...numeric.map((_, i) => `if(number % 50 = ${i}, NULL, randNormal(${i}, 1, number))`),
    ...categorical.map((_, i) => `toString(cityHash64(number, ${i}) % ${10 * (i + 1)})`),
  ]
  for (const [at, from] of [0, rows].entries()) {
    await store.command({
      name: 'bench-fill',
      sql: `INSERT INTO ${eventsTableName(spec.model)} (event_id, ts, version, variant, ingested_at, ${columns.join(', ')})
        SELECT toString(number), fromUnixTimestamp64Milli(toInt64(${start + at * hour} + number % ${hour}), 'UTC'),
          '1', 'live', now64(3), ${values.join(', ')}
        FROM numbers(${from}, ${rows})`,
    })
  }
}

/** Processor time of all threads beside the time that passed: the machine may have other things to do. */
async function seconds(work: () => Promise<unknown>): Promise<{ wall: number; cpu: number }> {
  const [began, used] = [performance.now(), process.cpuUsage()]
  await work()
  const { user, system } = process.cpuUsage(used)
  return {
    wall: Number(((performance.now() - began) / 1000).toFixed(2)),
    cpu: Number(((user + system) / 1e6).toFixed(2)),
  }
}

const rows = Number(process.argv[2] ?? 100_000)
const directory = await mkdtemp(join(tmpdir(), 'tidegauge-bench-'))
const store = await openStore({ path: directory, database: 'bench', timeoutMs: 600_000 })
try {
  const spec = benchSpec()
  await fill(store, spec, rows)
  const baseline: Baseline = {
    model: 'rows',
    baseline: 'past',
    revision: 1,
    kind: 'range',
    version: '',
    binning: 1,
    status: 'ready',
    detail: '',
    n: rows,
    createdAt: new Date(start),
    changedAt: new Date(start),
    source: { range: { from: iso(start), to: iso(start + hour) } },
    frozen: { kind: 'events', range: { from: start, to: start + hour } },
  }
  const deps = { store, baselines: () => [baseline] }
  const window = { windowMs: hour, starts: [start + hour], references: new Map() }
  const exact = (methods: readonly string[]) =>
    seconds(() => exactScores(deps, { spec, ...window, methods: new Set(methods) }))
  const preset = (name: 'evidently' | 'nannyml' | 'deepchecks') =>
    seconds(() => peerScores(deps, { spec: benchSpec(name), ...window, methods: new Set() }))
  const named = (id: string) =>
    seconds(() => peerScores(deps, { spec, ...window, methods: new Set([id]) }))
  const report = {
    machine: machine(),
    rows,
    features: numeric.length + categorical.length,
    seconds: {
      [ksExactMethod]: await exact([ksExactMethod]),
      'all other exact tests': await exact(rowScanMethods.map(({ method }) => method)),
      'preset evidently': await preset('evidently'),
      'preset nannyml': await preset('nannyml'),
      'preset deepchecks': await preset('deepchecks'),
      // Of four and of sixteen features.
      'tvd/evidently-0.7': await named('tvd/evidently-0.7'),
      'mmd/evidently-0.7': await named('mmd/evidently-0.7'),
    },
    memoryMiB: Math.round(process.resourceUsage().maxRSS / 1024),
  }
  console.log(JSON.stringify(report, null, 2))
  await writeReport('row-methods', report)
} finally {
  await store.close()
  await rm(directory, { recursive: true, force: true })
}
