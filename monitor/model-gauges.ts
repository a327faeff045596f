import { Gauge, type Registry } from 'prom-client'
import type { MetricRow } from '../store/queries/metric-row.ts'

/** The newest numbers of every model, for Prometheus. */
export interface ModelGauges {
  readonly observe: (rows: readonly MetricRow[]) => void
}

/** Stands for the features of a model beyond the limit. */
const otherFeature = '_other'

function declareGauges(registry: Registry) {
  const registers = [registry]
  return {
    drift: new Gauge({
      name: 'tidegauge_model_drift_score',
      help: 'Drift of the newest evaluated window, whole model, by method. Compare it with tidegauge_model_drift_noise_floor before its threshold.',
      labelNames: ['model', 'version', 'variant', 'window', 'baseline', 'feature', 'method'],
      registers,
    }),
    floor: new Gauge({
      name: 'tidegauge_model_drift_noise_floor',
      help: 'What 95 of 100 windows of this size without drift stay below.',
      labelNames: ['model', 'version', 'variant', 'window', 'baseline', 'feature', 'method'],
      registers,
    }),
    missing: new Gauge({
      name: 'tidegauge_model_missing_ratio',
      help: 'Share of events without a value of the feature, newest evaluated window. A jump is usually a broken join upstream.',
      labelNames: ['model', 'version', 'variant', 'window', 'feature'],
      registers,
    }),
    events: new Gauge({
      name: 'tidegauge_model_window_events',
      help: 'Events in the newest evaluated window.',
      labelNames: ['model', 'version', 'variant', 'window'],
      registers,
    }),
    windowEnd: new Gauge({
      name: 'tidegauge_model_window_end_timestamp_seconds',
      help: 'End of the newest evaluated window. Falling behind the clock: no events, or the monitor lags.',
      labelNames: ['model', 'window'],
      registers,
    }),
  }
}

/**
 * Gauges of the whole model (slices are for queries and dashboards). Late windows do not turn them
 * back. A model shows at most `featureLimit` features by name, the first ones it had; of the others
 * the greatest value counts as `_other`.
 */
export function createModelGauges(registry: Registry, featureLimit: number): ModelGauges {
  const gauges = declareGauges(registry)
  const newest = new Map<string, number>()
  const named = new Map<string, Set<string>>()

  const labelOf = (model: string, feature: string): string => {
    const known = named.get(model) ?? new Set<string>()
    named.set(model, known)
    if (known.has(feature)) return feature
    if (known.size >= featureLimit) return otherFeature
    known.add(feature)
    return feature
  }

  return {
    observe: (rows) => {
      const overall = rows.filter(({ slice, status }) => slice === '' && status === 'ok')
      for (const row of overall) advance(newest, gauges.windowEnd, row)
      const others = new Map<string, number>()
      for (const row of overall) {
        if (row.windowEnd !== newest.get(seriesOf(row))) continue
        const feature = labelOf(row.model, row.feature)
        const value = row.value ?? NaN
        const key = JSON.stringify([
          seriesOf(row),
          row.version,
          row.variant,
          row.baseline,
          row.method,
          row.metric,
        ])
        const shown =
          feature === otherFeature ? Math.max(value, others.get(key) ?? -Infinity) : value
        if (feature === otherFeature) others.set(key, shown)
        show(gauges, row, feature, shown)
      }
    },
  }
}

const seriesOf = ({ model, window }: MetricRow): string => `${model}\n${window}`

function advance(
  newest: Map<string, number>,
  windowEnd: Gauge<'model' | 'window'>,
  row: MetricRow,
): void {
  const key = seriesOf(row)
  if (row.windowEnd <= (newest.get(key) ?? -Infinity)) return
  newest.set(key, row.windowEnd)
  windowEnd.set({ model: row.model, window: row.window }, row.windowEnd / 1000)
}

function show(
  gauges: ReturnType<typeof declareGauges>,
  row: MetricRow,
  feature: string,
  value: number,
): void {
  const { model, version, variant, window, baseline, method, metric, noiseFloor } = row
  const arm = { model, version, variant, window }
  if (baseline !== '') {
    gauges.drift.set({ ...arm, baseline, feature, method }, value)
    if (noiseFloor !== null) gauges.floor.set({ ...arm, baseline, feature, method }, noiseFloor)
  } else if (metric === 'missing_rate') {
    gauges.missing.set({ ...arm, feature }, value)
  } else if (metric === 'throughput') {
    gauges.events.set(arm, row.nCurrent)
  }
}
