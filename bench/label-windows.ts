/**
 * What labels cost the monitor: a week of events of one model, 5-minute windows, all of them labelled.
 * Some thousand labels are new; their windows are found and summed anew with all their labels.
 *
 *     npx tsx bench/label-windows.ts [events …]      default: 10000000
 *
 * Two ways of arriving: `hour`, each label so long after its event, so that new ones fall into one hour;
 * `week`, any time, so that they fall into every window. Beside it the time to profile the same windows,
 * which is what a label would cost if it made the whole window due.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { modelSpec, type ModelSpec } from '../core/model-spec.ts'
import { extendBinning } from '../monitor/freeze-binning.ts'
import type { ModelBinning } from '../store/binning.ts'
import { openStore, type Store } from '../store/client.ts'
import { createTable } from '../store/ddl.ts'
import { migrate } from '../store/migrate.ts'
import type { Statement } from '../store/query.ts'
import { arrivedLabels, labelledWindows } from '../store/queries/labelled-windows.ts'
import { outcomeContents } from '../store/queries/outcome-contents.ts'
import { outcomeWindows } from '../store/queries/outcome-windows.ts'
import { eventsRelation } from '../store/queries/profile-source.ts'
import { profileWindows } from '../store/queries/profile-windows.ts'
import { eventsTable, eventsTableName } from '../store/tables/events-table.ts'
import { machine, writeReport } from './report.ts'

const start = Date.parse('2026-01-05T00:00:00Z')
const day = 86_400_000
const windowMs = 300_000
const windows = (7 * day) / windowMs
const arrivedAt = start + 8 * day
const freshLabels = 10_000
const numeric = Array.from({ length: 16 }, (_, i) => `x${i}`)
const categories = [3, 12, 50]

/** Ids that grow with time lie beside each other in both tables; random ones are anywhere. */
const idExpression = {
  ordered: (n: string) => `leftPad(toString(${n}), 12, '0')`,
  random: (n: string) => `hex(cityHash64(${n}))`,
} as const
type Ids = keyof typeof idExpression
type Arriving = 'hour' | 'week'

const benchSpec = (events: number, ids: Ids): ModelSpec =>
  modelSpec({
    model: `bench_${ids}_${events}`,
    task: 'binary_classification',
    window: '5m',
    features: Object.fromEntries([
      ...numeric.map((name) => [name, 'numeric'] as const),
      ...categories.map((_, i) => [`c${i}`, 'categorical'] as const),
    ]),
    slices: ['c0', 'c1', 'c2'],
    retention: { events: '20000d', profiles: '20000d' },
  })

const run = async (store: Store, sql: string, params: Statement['params'] = {}): Promise<void> =>
  store.command({ name: 'bench', sql, params })

async function fill(store: Store, spec: ModelSpec, events: number, ids: Ids): Promise<void> {
  const layout = { database: store.database, cluster: null }
  for (const sql of createTable(layout, eventsTable(spec))) await run(store, sql)
  const columns = [...numeric, ...categories.map((_, i) => `c${i}`)].map((n) => `\`features.${n}\``)
  const values = [
    ...numeric.map((_, i) => `randNormal(${i}, 1, number)`),
    ...categories.map((size, i) => `toString(cityHash64(number, ${i}) % ${size})`),
  ]
  const id = idExpression[ids]('number')
  const ts = `fromUnixTimestamp64Milli(toInt64(${start} + intDiv(number * ${7 * day}, ${events})), 'UTC')`
  const part = 500_000
  for (let from = 0; from < events; from += part) {
    const numbers = `numbers(${from}, ${Math.min(part, events - from)})`
    await run(
      store,
      `INSERT INTO ${eventsTableName(spec.model)} (event_id, ts, version, variant, score, ingested_at, ${columns.join(', ')})
SELECT ${id}, ${ts}, toString(number % 2 + 1), 'live', cityHash64(number, 9) / 18446744073709551616, now64(3), ${values.join(', ')} FROM ${numbers}`,
    )
    await run(
      store,
      `INSERT INTO labels SELECT {model:String}, ${id}, toString(cityHash64(number, 8) % 2), ${ts}, ${ts} + INTERVAL 1 HOUR FROM ${numbers}`,
      { model: spec.model },
    )
  }
}

/** Corrections of labels that are there: new rows, with a later time of arrival. */
async function arrive(
  store: Store,
  spec: ModelSpec,
  { events, ids, arriving, at }: { events: number; ids: Ids; arriving: Arriving; at: number },
): Promise<void> {
  const hour = Math.round(events / 7 / 24)
  const step =
    arriving === 'hour'
      ? Math.max(1, Math.floor(hour / freshLabels))
      : Math.floor(events / freshLabels)
  const number = `(${arriving === 'hour' ? Math.floor(events / 2) : 0} + number * ${step})`
  await run(
    store,
    `INSERT INTO labels SELECT {model:String}, ${idExpression[ids](number)}, '1',
  fromUnixTimestamp64Milli(toInt64(${start + 7 * day - 1}), 'UTC'), fromUnixTimestamp64Milli(toInt64(${at}), 'UTC') FROM numbers(${freshLabels})`,
    { model: spec.model },
  )
}

async function seconds<T>(work: () => Promise<T>): Promise<{ result: T; seconds: number }> {
  const began = performance.now()
  const result = await work()
  return { result, seconds: Number(((performance.now() - began) / 1000).toFixed(3)) }
}

interface Case {
  readonly spec: ModelSpec
  readonly binning: ModelBinning
  readonly events: number
  readonly ids: Ids
  readonly arriving: Arriving
  readonly at: number
}

async function measure(store: Store, input: Case) {
  const { spec, binning, events, ids, arriving, at } = input
  await arrive(store, spec, { events, ids, arriving, at })
  const arrival = { from: at - 30_000, to: at }
  const count = await seconds(() => store.query(arrivedLabels(spec.model, arrival)))
  const delay = { from: start, to: start + 7 * day }
  const near = await seconds(() =>
    store.query(labelledWindows(spec, arrival, { ...delay, outside: false })),
  )
  const far = await seconds(() =>
    store.query(
      labelledWindows(spec, arrival, { from: start - day, to: start - 1, outside: true }),
    ),
  )
  const due = near.result.map(({ start: at }) => ({
    start: at,
    revision: 1,
    n: Math.ceil(events / windows),
  }))
  const statements = outcomeWindows({ spec, binning, windows: due })
  const sums = await seconds(async () => {
    for (const statement of statements) await store.command(statement)
  })
  const contents = await seconds(() => store.query(outcomeContents(spec.model, due)))
  // More windows than one go takes are not worth the wait: 400 of them.
  const some = due.slice(0, 400)
  const profiles = await seconds(async () => {
    for (const statement of profileWindows({ spec, binning, windows: some }))
      await store.command(statement)
  })
  return {
    events,
    ids,
    arriving,
    windows: due.length,
    countSeconds: count.seconds,
    findSeconds: near.seconds,
    findOutsideSeconds: far.seconds,
    sumsSeconds: sums.seconds,
    sumsStatements: statements.length,
    contentsSeconds: contents.seconds,
    profiledWindows: some.length,
    profilesSeconds: profiles.seconds,
  }
}

const before = machine()
const directory = await mkdtemp(join(tmpdir(), 'tidegauge-bench-'))
const store = await openStore({ path: directory, database: 'bench', timeoutMs: 600_000 })
try {
  await migrate(store)
  const timings: unknown[] = []
  const sizes = process.argv.slice(2).map(Number)
  for (const events of sizes.length === 0 ? [10_000_000] : sizes) {
    for (const ids of ['ordered', 'random'] as const) {
      const spec = benchSpec(events, ids)
      await fill(store, spec, events, ids)
      const sample = [{ from: start, to: start + (60_000_000_000 / events) * 1000 }]
      const binning = await extendBinning(store, spec, {
        relation: eventsRelation(spec, sample),
        now: new Date(start),
      })
      for (const [i, arriving] of (['hour', 'week'] as const).entries()) {
        timings.push(
          await measure(store, { spec, binning, events, ids, arriving, at: arrivedAt + i * day }),
        )
        console.log(timings.at(-1))
      }
    }
  }
  await writeReport('label-windows', {
    question: `seconds to find the windows of ${freshLabels} new labels among a week of events, and to sum them anew`,
    machine: before,
    timings,
  })
} finally {
  await store.close()
  await rm(directory, { recursive: true, force: true })
}
