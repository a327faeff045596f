import { Gauge, type Registry } from 'prom-client'
import { performanceMetricNames } from '../detectors/performance/catalogue.ts'
import type { MetricRow } from '../store/queries/metric-row.ts'

/** The newest numbers of every model, for Prometheus. */
export interface ModelGauges {
  /** All rows of some windows that were just evaluated. */
  readonly observe: (rows: readonly MetricRow[]) => void
  /** Rows of windows that were evaluated by another process: they fill gaps and replace nothing. */
  readonly restore: (rows: readonly MetricRow[]) => void
  /** The model is another process's now, which shows it. */
  readonly forget: (model: string) => void
}

/** Stands for the features of a model beyond the limit. */
const otherFeature = '_other'

/** Versions and variants of a window that are shown, those with the most events. */
const shownArms = 20

const arm = ['model', 'version', 'variant', 'window']
const scored = [...arm, 'baseline', 'feature', 'method']

const declared = {
  drift: {
    name: 'drift_score',
    labelNames: scored,
    help: 'Drift of the newest evaluated window, whole model, by method. Compare it with tidegauge_model_drift_noise_floor before its threshold.',
  },
  floor: {
    name: 'drift_noise_floor',
    labelNames: scored,
    help: 'What 95 of 100 windows of this size without drift stay below. Scores that hover around it want a wider window, not an alert.',
  },
  missing: {
    name: 'missing_ratio',
    labelNames: [...arm, 'feature'],
    help: 'Share of events without a value of the feature, newest evaluated window. A jump is usually a broken join upstream.',
  },
  outliers: {
    name: 'outlier_ratio',
    labelNames: arm,
    help: 'Share of scored events beyond the outlier threshold, newest evaluated window. A jump: GET /v1/models/<model>/outliers tells which ones and why.',
  },
  errors: {
    name: 'error_ratio',
    labelNames: arm,
    help: 'Share of events that the model answered with an error, newest evaluated window. Look at the serving system first.',
  },
  events: {
    name: 'window_events',
    labelNames: arm,
    help: 'Events in the newest evaluated window. Half of what is usual: a producer is gone.',
  },
  windowEnd: {
    name: 'window_end_timestamp_seconds',
    labelNames: ['model', 'window'],
    help: 'End of the newest evaluated window. Falling behind the clock: no events, or the monitor lags.',
  },
  width: {
    name: 'window_width_seconds',
    labelNames: ['model', 'window'],
    help: 'How wide the window is: what its age is to be compared with.',
  },
  performance: {
    name: 'performance_score',
    labelNames: [...arm, 'metric', 'method'],
    help: 'Metric of the newest window with enough labels. Read it with tidegauge_model_label_coverage_ratio: early labels are seldom a fair sample.',
  },
  coverage: {
    name: 'label_coverage_ratio',
    labelNames: arm,
    help: 'Share of the events of the newest labelled window whose labels have come. It rises until label_delay is over; one that stays low: the labels are lost or bear other ids.',
  },
  labelledEnd: {
    name: 'labelled_window_end_timestamp_seconds',
    labelNames: ['model', 'window'],
    help: 'End of the newest window to which labels have come. Falling behind by more than the usual delay of labels: their producer is gone.',
  },
} as const

type Name = keyof typeof declared

type Gauges = Readonly<Record<Name, Gauge>>

const declareGauges = (registry: Registry): Gauges =>
  Object.fromEntries(
    Object.entries(declared).map(([key, { name, labelNames, help }]) => [
      key,
      new Gauge({
        name: `tidegauge_model_${name}`,
        help,
        labelNames: [...labelNames],
        registers: [registry],
      }),
    ]),
  ) as Gauges

/** One number of one window. */
interface Sample {
  readonly gauge: Name
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

interface ShownWindow {
  readonly end: number
  readonly samples: readonly Sample[]
}

/**
 * Gauges of the whole model (slices are for queries and dashboards): of each width what the newest
 * window says, and nothing else. Late windows do not turn them back; versions that are gone disappear.
 * A model shows at most `featureLimit` features by name, the first ones it had; of the others the
 * greatest value counts as `_other`.
 */
export function createModelGauges(registry: Registry, featureLimit: number): ModelGauges {
  const gauges = declareGauges(registry)
  const shown = new Map<string, Map<string, ShownWindow>>()
  const named = new Map<string, Set<string>>()

  const labelOf = (model: string, feature: string): string => {
    const known = named.get(model) ?? new Set<string>()
    named.set(model, known)
    if (known.has(feature)) return feature
    if (known.size >= featureLimit) return otherFeature
    known.add(feature)
    return feature
  }
  const show = (rows: readonly MetricRow[], replace: boolean): void => {
    for (const { key, model, end, rows: own } of newestWindows(rows)) {
      const windows = shown.get(model) ?? new Map<string, ShownWindow>()
      shown.set(model, windows)
      const before = windows.get(key)
      if (before !== undefined && (before.end > end || !replace)) continue
      const samples = samplesOf(own, (feature) => labelOf(model, feature))
      for (const { gauge, labels } of before?.samples ?? []) gauges[gauge].remove(labels)
      for (const { gauge, labels, value } of samples) gauges[gauge].set(labels, value)
      windows.set(key, { end, samples })
    }
  }

  return {
    observe: (rows) => {
      show(rows, true)
    },
    restore: (rows) => {
      show(rows, false)
    },
    forget: (model) => {
      for (const { samples } of shown.get(model)?.values() ?? [])
        for (const { gauge, labels } of samples) gauges[gauge].remove(labels)
      shown.delete(model)
      named.delete(model)
    },
  }
}

interface NewestWindow {
  /** Width and part: labels come to windows long after their events were judged. */
  readonly key: string
  readonly model: string
  readonly end: number
  readonly rows: readonly MetricRow[]
}

const labelled = new Set<string>(performanceMetricNames)

/** Of each model, width and part the rows of the newest window among these. */
function newestWindows(rows: readonly MetricRow[]): NewestWindow[] {
  const newest = new Map<string, NewestWindow & { rows: MetricRow[] }>()
  for (const row of rows) {
    if (row.slice !== '' || row.status === 'retracted') continue
    const key = `${row.window}\n${labelled.has(row.metric) ? 'labels' : 'events'}`
    const of = `${row.model}\n${key}`
    const known = newest.get(of)
    if (known !== undefined && known.end > row.windowEnd) continue
    if (known?.end === row.windowEnd) known.rows.push(row)
    else newest.set(of, { key, model: row.model, end: row.windowEnd, rows: [row] })
  }
  return [...newest.values()]
}

function samplesOf(rows: readonly MetricRow[], labelOf: (feature: string) => string): Sample[] {
  const arms = greatestArms(rows)
  const samples = new Map<string, Sample>()
  for (const row of rows) {
    if (!arms.has(armOf(row))) continue
    for (const sample of rowSamples(row, labelOf)) {
      const key = JSON.stringify([sample.gauge, sample.labels])
      const known = samples.get(key)
      // Only features beyond the limit, and the ends of windows, share their labels.
      if (known === undefined || sample.value > known.value) samples.set(key, sample)
    }
  }
  return [...samples.values()]
}

const armOf = ({ version, variant }: MetricRow): string => JSON.stringify([version, variant])

function greatestArms(rows: readonly MetricRow[]): ReadonlySet<string> {
  const events = new Map<string, number>()
  for (const row of rows) {
    events.set(armOf(row), Math.max(row.nCurrent, events.get(armOf(row)) ?? 0))
  }
  const order = [...events].sort(([, a], [, b]) => b - a)
  return new Set(order.slice(0, shownArms).map(([key]) => key))
}

/** Metrics of the model as a whole that have a gauge of their own. */
const ownGauges: Readonly<Record<string, Name>> = {
  outlier_rate: 'outliers',
  error_rate: 'errors',
}

/** What one row says. How many events came, and until when, holds for windows too small to judge as well. */
function rowSamples(row: MetricRow, labelOf: (feature: string) => string): Sample[] {
  const { model, version, variant, window, metric, feature, value } = row
  const labels = { model, version, variant, window }
  const end = { labels: { model, window }, value: row.windowEnd / 1000 }
  if (labelled.has(metric)) {
    return [
      { gauge: 'labelledEnd', ...end },
      { gauge: 'coverage', labels, value: row.labelCoverage ?? 0 },
      ...judged(row, { gauge: 'performance', labels: { ...labels, metric, method: row.method } }),
    ]
  }
  if (metric === 'throughput') {
    return [
      { gauge: 'windowEnd', ...end },
      { gauge: 'width', ...end, value: (row.windowEnd - row.windowStart) / 1000 },
      { gauge: 'events', labels, value: row.nCurrent },
    ]
  }
  if (value === null) return []
  if (row.baseline !== '') {
    const scored = {
      ...labels,
      baseline: row.baseline,
      feature: labelOf(feature),
      method: row.method,
    }
    const floor = row.noiseFloor === null ? [] : [row.noiseFloor]
    return [
      ...judged(row, { gauge: 'drift', labels: scored }),
      ...floor.map((known) => ({ gauge: 'floor' as const, labels: scored, value: known })),
    ]
  }
  if (metric === 'missing_rate')
    return judged(row, { gauge: 'missing', labels: { ...labels, feature: labelOf(feature) } })
  const own = feature === '' ? ownGauges[metric] : undefined
  return own === undefined ? [] : judged(row, { gauge: own, labels })
}

const judged = ({ status, value }: MetricRow, sample: Omit<Sample, 'value'>): Sample[] =>
  status === 'ok' && value !== null ? [{ ...sample, value }] : []
