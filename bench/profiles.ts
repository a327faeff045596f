/**
 * How long it takes to profile every minute of some events: 16 numeric and 4 categorical features, the
 * whole model and three slice dimensions, two versions, 64 bins, all counters, exact moments, FINAL.
 *
 *     npx tsx bench/profiles.ts [rows …]      default: 1000000
 *
 * The floor, in the same run, is a plain scan that sums the same columns under FINAL. Beside the
 * shape in use it times the counting of one histogram a query, joined by UNION ALL.
 */
import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { cpus, loadavg, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { modelSpec, type ModelSpec } from '../core/model-spec.ts'
import { extendBinning } from '../monitor/freeze-binning.ts'
import type { ModelBinning } from '../store/binning.ts'
import { openStore, type Store } from '../store/client.ts'
import { createTable } from '../store/ddl.ts'
import { migrate } from '../store/migrate.ts'
import { sliceKeyColumn } from '../store/queries/profile-slices.ts'
import { eventsRelation, finalSettings, numberLiteral } from '../store/queries/profile-source.ts'
import { profileWindows } from '../store/queries/profile-windows.ts'
import { windowSizes } from '../store/queries/window-sizes.ts'
import { eventsTable, eventsTableName } from '../store/tables/events-table.ts'

const numeric = Array.from({ length: 16 }, (_, i) => `x${i}`)
const categorical = Array.from({ length: 4 }, (_, i) => `c${i}`)
/** Distinct values of each categorical feature; the first three are slices. */
const categories = [3, 12, 50, 50]
const start = Date.parse('2026-01-01T00:00:00Z')
const minute = 60_000
const eventsAMinute = 16_667
const repeats = 3

interface Timing {
  readonly ids: Ids
  readonly rows: number
  readonly windows: number
  readonly profileRows: number
  readonly statements: number
  readonly floorSeconds: number
  readonly profilesSeconds: number
  readonly countsUnionAllSeconds: number
  readonly ratioToFloor: number
}

function benchSpec(rows: number, ids: Ids): ModelSpec {
  return modelSpec({
    model: `bench_${ids}_${rows}`,
    kind: 'features',
    window: '1m',
    features: Object.fromEntries([
      ...numeric.map((name) => [name, 'numeric'] as const),
      ...categorical.map((name) => [name, 'categorical'] as const),
    ]),
    slices: categorical.slice(0, 3),
    retention: { events: '20000d', profiles: '20000d' },
  })
}

/**
 * Rows of an hour lie in the order of their ids. Ids that grow with time (UUIDv7, offsets, counters)
 * keep the events of a window together; random ones (UUIDv4, hashes) scatter them over the hour.
 */
const idExpression = {
  ordered: "leftPad(toString(number), 12, '0')",
  random: 'hex(cityHash64(number))',
} as const
type Ids = keyof typeof idExpression

async function fill(store: Store, spec: ModelSpec, rows: number, ids: Ids): Promise<void> {
  for (const sql of createTable({ database: store.database, cluster: null }, eventsTable(spec))) {
    await store.command({ name: 'bench-create', sql })
  }
  const columns = [...numeric, ...categorical].map((name) => `\`features.${name}\``)
  const values = [
    ...numeric.map((_, i) => `if(number % 50 = ${i}, NULL, randNormal(${i}, 1, number))`),
    ...categories.map((size, i) => `toString(cityHash64(number, ${i}) % ${size})`),
  ]
  const part = 100_000
  for (let from = 0; from < rows; from += part) {
    await store.command({
      name: 'bench-fill',
      sql: `INSERT INTO ${eventsTableName(spec.model)} (event_id, ts, version, variant, ingested_at, ${columns.join(', ')})
        SELECT ${idExpression[ids]}, fromUnixTimestamp64Milli(toInt64(${start} + intDiv(number * ${minute}, ${eventsAMinute})), 'UTC'),
          toString(number % 2 + 1), 'live', now64(3), ${values.join(', ')}
        FROM numbers(${from}, ${Math.min(part, rows - from)})`,
    })
  }
}

/** Least of some runs: what the work costs when nothing else disturbs it. */
async function seconds(work: () => Promise<void>, times = repeats): Promise<number> {
  let best = Infinity
  for (let i = 0; i < times; i++) {
    const began = performance.now()
    await work()
    best = Math.min(best, (performance.now() - began) / 1000)
  }
  return Number(best.toFixed(3))
}

async function measure(store: Store, rows: number, ids: Ids): Promise<Timing> {
  const spec = benchSpec(rows, ids)
  await fill(store, spec, rows, ids)
  const starts = Array.from(
    { length: Math.ceil(rows / eventsAMinute) },
    (_, i) => start + i * minute,
  )
  const sized = await store.query(windowSizes(spec, starts))
  const windows = sized.map(({ start: at, n }) => ({ start: at, n, revision: 1 }))
  const all = [{ from: start, to: start + windows.length * minute }]
  const sample = [{ from: start, to: start + 10 * minute }]
  const binning = await extendBinning(store, spec, {
    relation: eventsRelation(spec, sample),
    now: new Date(start),
  })
  const statements = profileWindows({ spec, binning, windows })
  const relation = eventsRelation(spec, all)
  const sums = [
    ...numeric.map((name) => `sum(\`features.${name}\`)`),
    ...categorical.map((name) => `sum(length(\`features.${name}\`))`),
  ]
  const floorSeconds = await seconds(async () => {
    await store.query({
      name: 'bench-floor',
      sql: `SELECT ${sums.join(', ')} FROM ${relation.from} WHERE ${relation.where}`,
      params: relation.params,
      settings: finalSettings,
      toRow: (raw) => raw,
    })
  })
  const profilesSeconds = await seconds(async () => {
    for (const statement of statements) await store.command(statement)
  })
  const countsUnionAllSeconds = await seconds(() => countByUnion(store, spec, binning), 1)
  const [profileRows] = await store.query({
    name: 'bench-count',
    sql: 'SELECT count() AS n FROM profiles FINAL WHERE model = {model:String}',
    params: { model: spec.model },
    toRow: (raw) => Number(raw['n']),
  })
  return {
    ids,
    rows,
    windows: windows.length,
    profileRows: profileRows ?? 0,
    statements: statements.length,
    floorSeconds,
    profilesSeconds,
    countsUnionAllSeconds,
    ratioToFloor: Number((profilesSeconds / floorSeconds).toFixed(1)),
  }
}

/** The alternative: a grouping by bin a feature. Counts of the numeric features only, nothing stored. */
async function countByUnion(store: Store, spec: ModelSpec, binning: ModelBinning): Promise<void> {
  const slices = [...binning.slices.values()].map((slice, i) => sliceKeyColumn(slice, `s${i}`))
  const params = Object.fromEntries(slices.flatMap((s) => Object.entries(s.params)))
  const keys = slices.map(({ expression }, i) => `${expression} AS s${i}`)
  const selects = numeric.map((name, f) => {
    const bins = binning.features.get(name)
    const edges = bins?.kind === 'numeric' ? bins.edges.map(numberLiteral).join(', ') : ''
    const sets = ['', ', s0', ', s1', ', s2'].map((s) => `(w, version, bin${s})`)
    return `SELECT ${f} AS feature, w, version, s0, s1, s2, bin, count() AS n
      FROM (SELECT intDiv(toUnixTimestamp64Milli(ts), ${minute}) AS w, version, ${keys.join(', ')},
        roundDown(ifNull(\`features.${name}\`, -1e9), [-1e9, ${edges}]) AS bin
        FROM ${eventsTableName(spec.model)} FINAL)
      GROUP BY GROUPING SETS (${sets.join(', ')})`
  })
  await store.query({
    name: 'bench-union',
    sql: `SELECT count(), sum(n) FROM (${selects.join('\nUNION ALL\n')})`,
    params,
    settings: finalSettings,
    toRow: (raw) => raw,
  })
}

// What else ran when it began: timings of a busy machine compare with each other only.
const load = Number(loadavg()[0]?.toFixed(1))
const directory = await mkdtemp(join(tmpdir(), 'tidegauge-bench-'))
const store = await openStore({ path: directory, database: 'bench', timeoutMs: 600_000 })
try {
  await migrate(store)
  const sizes = process.argv.slice(2).map(Number)
  const timings: Timing[] = []
  for (const rows of sizes.length === 0 ? [1_000_000] : sizes) {
    for (const ids of ['ordered', 'random'] as const) {
      timings.push(await measure(store, rows, ids))
      console.log(timings.at(-1))
    }
  }
  const git = (...args: string[]): string => execFileSync('git', args, { encoding: 'utf8' }).trim()
  const result = {
    question: 'seconds to profile all minutes of some events, all features, slices and moments',
    machine: { cpu: cpus()[0]?.model, cores: cpus().length, node: process.version, load },
    commit: git('rev-parse', '--short', 'HEAD'),
    repeats: `least of ${repeats}`,
    timings,
  }
  const file = join(import.meta.dirname, 'results', 'profiles.json')
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, `${JSON.stringify(result, null, 2)}\n`)
} finally {
  await store.close()
  await rm(directory, { recursive: true, force: true })
}
