/**
 * How long dashboards take on a month of a fleet: 100 models of 20 features and 20 slices, hourly windows.
 *
 *     npx tsx bench/dashboards.ts [models] [days]      default: 100 30
 *
 * Rows lie in `metrics` by model and metric first, so what a query reads hangs on the metrics it names.
 * Stored are those that dashboards ask for: one drift statistic (20 features × 21 slices), all others and
 * the quality of features for one model, which the dashboards of one model look at, and the metrics
 * of whole models and slices for all. Each query runs as often as `runs`, all of one dashboard in turn,
 * over the last day and over the month.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { shown } from '../core/stored-names.ts'
import { dashboardFiles } from '../dashboards/build.ts'
import { openStore, type Store } from '../store/client.ts'
import { migrate } from '../store/migrate.ts'
import { openModelRegistry } from '../store/model-registry.ts'
import { queriesOf, type Variable, variablesOf } from '../test/dashboards/dashboard-queries.ts'
import { renderQuery, type VariableValue } from '../test/dashboards/render-query.ts'
import { machine, writeReport } from './report.ts'

const [models = 100, days = 30] = process.argv.slice(2).map(Number)
const features = 20
const slices = 20
const runs = 5
const hours = days * 24
const end = Math.floor(Date.now() / 3_600_000) * 3600
const start = end - hours * 3600
/** The one that dashboards of one model show, in the middle of the table. */
const looked = Math.floor(models / 2)
const name = (model: number): string => `model-${String(model).padStart(3, '0')}`

const run = (store: Store, sql: string): Promise<void> => store.command({ name: 'bench', sql })

const metricColumns = `model, version, variant, window_start, window_end, window, slice, feature, metric, method,
  value, p_value, p_adjusted, effect, noise_floor, n_reference, n_current, label_coverage, baseline, status, revision, computed_at, delete_after`

interface Block {
  readonly model: number
  readonly metric: string
  /** 1 for metrics of the whole model. */
  readonly features: number
  readonly drift: boolean
  readonly labelled?: boolean
}

/** Every window of one metric of one model, in all its features and slices. */
async function fillMetric(store: Store, block: Block): Promise<void> {
  const { model, metric, drift, labelled = false } = block
  const series = `intDiv(number, ${hours})`
  await run(
    store,
    `INSERT INTO metrics (${metricColumns})
SELECT '${name(model)}', '1', 'live', toDateTime(${start} + (number % ${hours}) * 3600, 'UTC') AS at, at + INTERVAL 1 HOUR, '1h',
  if(${series} % ${slices + 1} = 0, '', concat('country=c', toString(${series} % ${slices + 1}))),
  ${block.features === 1 ? "''" : `concat('feature_', toString(intDiv(${series}, ${slices + 1})))`},
  '${metric}', '${drift ? `${metric}/binned` : 'share'}', cityHash64(number, ${model}, '${metric}') / 18446744073709551616 AS v,
  ${drift ? '0.5, 0.5, v, 0.05, 100000' : 'NULL, NULL, NULL, NULL, 0'}, 5000, ${labelled ? '0.8' : 'NULL'},
  '${drift ? 'training' : ''}', 'ok', 1, now64(3), toDate('2099-01-01')
FROM numbers(${hours * (slices + 1) * block.features})`,
  )
}

const ofModels = [
  shown.throughput,
  shown.errorRate,
  shown.latencyQ50,
  shown.latencyQ95,
  shown.latencyQ99,
]
const ofOutputs = [
  shown.positiveRate,
  shown.meanConfidence,
  shown.outlierRate,
  shown.overconfidenceRate,
]
const ofFeatures = [
  ...[shown.missingRate, shown.invalidRate, shown.typeMismatchRate, shown.unseenRate],
  ...[shown.outOfRangeRate, shown.mean, shown.min, shown.max],
  ...[shown.q05, shown.q25, shown.q50, shown.q75, shown.q95],
]

async function fill(store: Store): Promise<void> {
  const registry = await openModelRegistry(store)
  for (let model = 0; model < models; model++) {
    await registry.put(modelFile(model), 'file')
    await fillMetric(store, { model, metric: shown.psi, features, drift: true })
    for (const metric of [...ofModels, ...ofOutputs])
      await fillMetric(store, { model, metric, features: 1, drift: false })
    await fillMetric(store, { model, metric: 'ece', features: 1, drift: false, labelled: true })
    if (model !== looked) continue
    for (const metric of ['js', 'ks', 'linf', 'wasserstein'])
      await fillMetric(store, { model, metric, features, drift: true })
    for (const metric of ofFeatures)
      await fillMetric(store, { model, metric, features, drift: false })
  }
  await fillRest(store)
}

const modelFile = (model: number) => ({
  model: name(model),
  features: Object.fromEntries(
    Array.from({ length: features }, (_, i) => [`feature_${i}`, 'numeric' as const]),
  ),
  slices: ['tags.country'],
  window: '1h',
  baselines: { training: { first: { events: 10_000, period: '1d' } } },
  monitors: [
    {
      name: 'drift',
      metric: 'psi',
      warn: '> 0.1',
      critical: '> 0.2',
      slices: ['*'],
      actions: ['retrain'],
    },
  ],
  actions: { retrain: { preset: 'webhook' as const, url: 'https://retrain.example/hook' } },
})

/** Windows, alerts and webhooks of all models, profiles and bins of the one that is looked at. */
async function fillRest(store: Store): Promise<void> {
  const model = `concat('model-', leftPad(toString(number % ${models}), 3, '0'))`
  await run(
    store,
    `INSERT INTO windows SELECT ${model}, '1h', toDateTime(${start} + intDiv(number, ${models}) * 3600, 'UTC') AS at,
  at + INTERVAL 1 HOUR, 5000, 1, 1, number, 1, now64(3), toDate('2099-01-01') FROM numbers(${models * hours})`,
  )
  await run(
    store,
    `INSERT INTO transitions SELECT ${model}, 'drift', '1', 'live', concat('country=c', toString(number % ${slices})),
  concat('feature_', toString(intDiv(number, ${models}) % ${features})), toDateTime(${start} + intDiv(number, ${models * features}) * 43200, 'UTC') AS at, at + INTERVAL 1 HOUR,
  toString(number), if(intDiv(number, ${models * features}) % 2 = 0, 'ok', 'critical'), if(intDiv(number, ${models * features}) % 2 = 0, 'critical', 'ok'), true,
  '{"metric":"psi","value":0.3,"threshold":"> 0.2","baseline":"training","for":"2 of 3"}', 1, at, at
FROM numbers(${models * features * days * 2})`,
  )
  await run(
    store,
    `INSERT INTO deliveries SELECT concat('msg_', toString(number)), ${model}, 'drift', 'retrain', [toString(number * 7)], if(number % 50 = 0, 'dead', 'delivered'), 1, at, NULL,
  '{"type":"tidegauge.alert.firing"}', 200, '', '', concat('[{"at":"', formatDateTime(at, '%Y-%m-%dT%H:%i:%SZ'), '","event":"attempt","attempt":1,"outcome":"delivered","status":200,"ms":40}]'),
  fromUnixTimestamp64Milli(toInt64(${start} + number * ${Math.floor((hours * 3600) / (models * days * 4))}) * 1000, 'UTC') AS at, at, at FROM numbers(${models * days * 4})`,
  )
  await run(
    store,
    `INSERT INTO profiles SELECT '${name(looked)}', '1', 'live', toDateTime(${start} + (number % ${hours}) * 3600, 'UTC'),
  if(intDiv(number, ${hours}) % ${slices + 1} = 0, '', concat('country=c', toString(intDiv(number, ${hours}) % ${slices + 1}))),
  concat('feature_', toString(intDiv(number, ${hours * (slices + 1)}))), 5000, 10, 1, 0, 0, 0, arrayMap(i -> cityHash64(i, number) % 150, range(64)), 1, 1, 0, 1, 1, 1, toDate('2099-01-01')
FROM numbers(${hours * (slices + 1) * features})`,
  )
  const edges = Array.from({ length: 63 }, (_, i) => i)
  const bins = JSON.stringify({
    kind: 'numeric',
    edges,
    coarse: Array.from({ length: 64 }, (_, i) => Math.floor(i / 7)),
  })
  await run(
    store,
    `INSERT INTO binnings SELECT '${name(looked)}', 1, 'numeric', concat('feature_', toString(number)), '${bins}', now64(3) FROM numbers(${features})`,
  )
  await run(
    store,
    `INSERT INTO baselines SELECT '${name(looked)}', 'training', 1, 'first', '', '{}', 1, 'ready', '', 100000, now64(3), now64(3)`,
  )
}

interface Timing {
  readonly dashboard: string
  readonly query: string
  readonly range: string
  readonly seconds: number
  readonly rows: number
}

/** What a reader has chosen: everything, the model in the middle, or the first value there is. */
function chosen(
  { name: variable, sql, includeAll, current }: Variable,
  first: unknown,
): string | null {
  if (variable === 'database') return null
  if (sql === undefined) return current ?? null
  if (includeAll) return '$__all'
  return variable === 'model' ? name(looked) : String(first)
}

async function measure(store: Store, range: 'day' | 'month'): Promise<Timing[]> {
  const timings: Timing[] = []
  const from = range === 'day' ? end - 86_400 : start
  for (const { dashboard } of dashboardFiles()) {
    const variables: Record<string, VariableValue> = { database: store.database }
    const context = {
      from: new Date(from * 1000),
      to: new Date(end * 1000),
      intervalMs: range === 'day' ? 60_000 : 3_600_000,
      variables,
    }
    const read = async (query: string, sql: string): Promise<Record<string, unknown>[]> => {
      const began = performance.now()
      const text = renderQuery(sql, context)
      const rows = await store.query({
        name: 'bench',
        sql: text,
        params: {},
        toRow: (raw) => ({ ...raw }),
      })
      const seconds = Number(((performance.now() - began) / 1000).toFixed(3))
      timings.push({ dashboard: dashboard.uid ?? '', query, range, seconds, rows: rows.length })
      return rows
    }
    for (const variable of variablesOf(dashboard)) {
      const rows =
        variable.sql === undefined ? [] : await read(`variable ${variable.name}`, variable.sql)
      const value = chosen(variable, Object.values(rows[0] ?? {})[0])
      if (value !== null) variables[variable.name] = value
    }
    for (let i = 0; i < runs; i++)
      for (const query of queriesOf(dashboard))
        if (query.kind !== 'variable') await read(`${query.kind} ${query.name}`, query.sql)
  }
  return timings
}

const ascending = (timings: readonly Timing[]): number[] =>
  timings.map(({ seconds }) => seconds).toSorted((a, b) => a - b)

const quantile = (sorted: readonly number[], q: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0

function summary(timings: readonly Timing[]) {
  const sorted = ascending(timings)
  const byQuery = new Map<string, Timing[]>()
  for (const timing of timings) {
    const key = `${timing.dashboard} · ${timing.query} · ${timing.range}`
    byQuery.set(key, [...(byQuery.get(key) ?? []), timing])
  }
  const slowest = [...byQuery]
    .map(([query, all]) => ({
      query,
      median: quantile(ascending(all), 0.5),
      worst: ascending(all).at(-1) ?? 0,
    }))
    .toSorted((a, b) => b.median - a.median)
    .slice(0, 15)
  return {
    queries: byQuery.size,
    runs: timings.length,
    p50Seconds: quantile(sorted, 0.5),
    p95Seconds: quantile(sorted, 0.95),
    maxSeconds: sorted.at(-1) ?? 0,
    slowest,
  }
}

const before = machine()
const directory = await mkdtemp(join(tmpdir(), 'tidegauge-bench-'))
const store = await openStore({ path: directory, database: 'bench', timeoutMs: 600_000 })
try {
  await migrate(store)
  await fill(store)
  const [stored] = await store.query({
    name: 'bench-size',
    sql: `SELECT count() AS metrics, (SELECT sum(bytes_on_disk) FROM system.parts WHERE active AND database = currentDatabase()) AS bytes FROM metrics`,
    params: {},
    toRow: (raw) => ({ metricRows: Number(raw['metrics']), bytesOnDisk: Number(raw['bytes']) }),
  })
  const timings = [...(await measure(store, 'day')), ...(await measure(store, 'month'))]
  const report = {
    question: 'seconds that every ClickHouse query of the dashboards takes on a month of a fleet',
    machine: before,
    ...{ models, features, slices, days, window: '1h' },
    ...stored,
    ...summary(timings),
  }
  console.log(report)
  await writeReport('dashboards', report)
} finally {
  await store.close()
  await rm(directory, { recursive: true, force: true })
}
