import type { Query } from '../query.ts'
import { equal, isoTimes, when, where, within, type TimeRange } from './list-filters.ts'

/** One row of table `metrics`, columns under their own names: what the API publishes. */
export interface MetricRecord {
  readonly model: string
  readonly version: string
  readonly variant: string
  /** ISO 8601. */
  readonly window_start: string
  readonly window_end: string
  readonly window: string
  readonly slice: string
  readonly feature: string
  readonly metric: string
  readonly method: string
  readonly value: number | null
  readonly p_value: number | null
  readonly p_adjusted: number | null
  readonly effect: number | null
  readonly noise_floor: number | null
  readonly n_reference: number
  readonly n_current: number
  readonly label_coverage: number | null
  readonly baseline: string
  readonly status: string
  readonly revision: number
}

/** The sort key of a metric within its model: metric, window, feature, slice, version, variant, baseline, method, window start in ms. */
export type MetricKey = readonly [
  string,
  string,
  string,
  string,
  string,
  string,
  string,
  string,
  number,
]

export interface MetricFilter extends TimeRange {
  readonly model: string
  readonly metric?: string
  readonly feature?: string
  /** '' is the whole model; absent is every slice. */
  readonly slice?: string
  readonly window?: string
  readonly version?: string
  readonly variant?: string
  readonly baseline?: string
  readonly method?: string
  /** Absent: everything but what was retracted. */
  readonly status?: string
}

/** Metrics of one model in the order of their key, series by series, each in time order. */
export function listMetrics(
  filter: MetricFilter,
  page: { limit: number; after: MetricKey | null },
): Query<MetricRecord> {
  const { model, metric, feature, slice, window, version, variant, baseline, method } = filter
  const { text, params } = where(
    equal({ model, metric, feature, slice, window, version, variant, baseline, method }),
    equal({ status: filter.status }),
    within('window_start', filter),
    when(filter.status === undefined, `status != 'retracted'`),
    afterKey(page.after),
  )
  return {
    name: 'list-metrics',
    sql: `
SELECT model, version, variant, window_start, window_end, \`window\`, slice, feature, metric, method,
  value, p_value, p_adjusted, effect, noise_floor, n_reference, n_current, label_coverage,
  baseline, status, revision
FROM metrics FINAL
${text}
ORDER BY metric, \`window\`, feature, slice, version, variant, baseline, method, window_start
LIMIT {limit:UInt32}`,
    params: { ...params, limit: page.limit },
    settings: isoTimes,
    toRow: (raw) => raw as unknown as MetricRecord,
  }
}

export const metricKey = (row: MetricRecord): MetricKey => [
  row.metric,
  row.window,
  row.feature,
  row.slice,
  row.version,
  row.variant,
  row.baseline,
  row.method,
  Date.parse(row.window_start),
]

const keyColumns = [
  'metric',
  'window',
  'feature',
  'slice',
  'version',
  'variant',
  'baseline',
  'method',
] as const

function afterKey(after: MetricKey | null): ReturnType<typeof when> {
  if (after === null) return when(false, '')
  const columns = keyColumns.map((column) => `\`${column}\``).join(', ')
  const values = keyColumns.map((column) => `{after_${column}:String}`).join(', ')
  return when(
    true,
    `(${columns}, window_start) > (${values}, toDateTime(fromUnixTimestamp64Milli({after_start:Int64}, 'UTC'), 'UTC'))`,
    {
      ...Object.fromEntries(keyColumns.map((column, at) => [`after_${column}`, after[at]])),
      after_start: after[8],
    },
  )
}
