import { modelSpec, type ModelFile, type ModelSpec } from '../../core/model-spec.ts'
import { createSequentialRunner } from '../../monitor/run-sequential.ts'
import type { MonitoredPart } from '../../monitor/sequential-rules.ts'
import type { Store } from '../../store/client.ts'
import { insertMetrics } from '../../store/insert-metrics.ts'
import { metricColumns, toMetricRow, type MetricRow } from '../../store/queries/metric-row.ts'

export const minute = 60_000
export const start = Date.UTC(2026, 10, 20)
export const at = (window: number): number => start + window * 5 * minute

export const specOf = (file: Partial<ModelFile>): ModelSpec =>
  modelSpec({ model: 'm', window: '5m', windows: [], ...file })

/** A row of a metric of one window. */
export const metricRow = (
  window: number,
  value: number | null,
  rest: Partial<MetricRow> = {},
): MetricRow => ({
  model: 'm',
  version: '1',
  variant: 'live',
  windowStart: at(window),
  windowEnd: at(window + 1),
  window: '5m',
  slice: '',
  feature: 'a',
  metric: 'missing_rate',
  method: 'missing_rate',
  value,
  pValue: null,
  pAdjusted: null,
  effect: null,
  noiseFloor: null,
  nReference: 0,
  nCurrent: 500,
  labelCoverage: null,
  baseline: '',
  status: value === null ? 'insufficient_data' : 'ok',
  revision: 1,
  ...rest,
})

export async function storeMetrics(store: Store, rows: readonly MetricRow[]): Promise<void> {
  await insertMetrics(store, rows, { at: start, retentionDays: 400 })
}

export type Runner = (
  spec: ModelSpec,
  from: number,
  rest?: { revision?: number; part?: MonitoredPart },
) => Promise<void>

/** Runs on from one monitor to the next. */
let now = start

/** A monitor that has just started, and is told from which window on metrics were written. */
export function newRunner(store: Store): Runner {
  const run = createSequentialRunner({ store, now: () => ++now })
  return (spec, from, { revision = 1, part = 'events' } = {}) =>
    run({ spec, revision, part, changedFrom: new Map([[spec.windowMs, at(from)]]) })
}

/** Rows of one metric in the order of windows; all revisions but the newest are gone. */
export function resultsOf(store: Store, metric: string): Promise<MetricRow[]> {
  return store.query({
    name: 'test-results',
    sql: `SELECT ${metricColumns} FROM metrics FINAL WHERE metric = {metric:String}
ORDER BY method, version, variant, slice, feature, window_start`,
    params: { metric },
    toRow: toMetricRow,
  })
}

/** Every state, as text. */
export function statesOf(store: Store): Promise<string[]> {
  return store.query({
    name: 'test-states',
    sql: `SELECT toString(tuple(* EXCEPT (revision, delete_after))) AS row FROM sequential_states FINAL ORDER BY row`,
    params: {},
    toRow: (raw) => String(raw['row']),
  })
}
