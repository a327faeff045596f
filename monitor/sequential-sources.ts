import { durationName } from '../core/duration.ts'
import type { ModelSpec } from '../core/model-spec.ts'
import { followedName, resultMethod } from '../detectors/sequential/window-series.ts'
import type { Store } from '../store/client.ts'
import type { MonitoredMetrics } from '../store/queries/alert-metric-rows.ts'
import type { MetricRow } from '../store/queries/metric-row.ts'
import { sequentialErrorWindows } from '../store/queries/sequential-error-windows.ts'
import { sequentialErrors, type ArmErrors } from '../store/queries/sequential-errors.ts'
import type { SeriesPart } from '../store/queries/sequential-series.ts'
import { sequentialValues } from '../store/queries/sequential-values.ts'
import { sequentialWindows, type WindowSize } from '../store/queries/sequential-windows.ts'
import type { Reading } from './sequential-fold.ts'
import type { SeriesWindow } from './sequential-rows.ts'
import type { SequentialRule } from './sequential-rules.ts'

export interface SourceWindow extends SeriesWindow {
  readonly reading: Reading
}

/** Where a rule's values come from. */
export interface SequentialSource {
  /** Windows from one on (epoch ms), oldest first. */
  windows: (from: number) => Promise<WindowSize[]>
  /** Some of them in turn, each whole; of all series or of one part of them. */
  read: (starts: readonly number[], part: SeriesPart) => Promise<SourceWindow[]>
  /** Whether windows may hold so many series that they are read in parts. */
  readonly divisible: boolean
  /** The rule of every series, where that is known without reading. */
  readonly rule: string | null
}

export function sourceOf(
  store: Pick<Store, 'query'>,
  spec: ModelSpec,
  { metric, detectorRule, windowMs }: SequentialRule,
): SequentialSource {
  return metric === null
    ? errorSource(store, spec, { detectorRule, windowMs })
    : metricSource(store, metric, { detectorRule, windowMs })
}

type Of = Pick<SequentialRule, 'detectorRule' | 'windowMs'>

function metricSource(
  store: Pick<Store, 'query'>,
  metric: MonitoredMetrics,
  { detectorRule, windowMs }: Of,
): SequentialSource {
  return {
    divisible: true,
    rule: null,
    windows: (from) => store.query(sequentialWindows(metric, from)),
    read: async (starts, part) => {
      const range = { from: starts[0] ?? 0, to: (starts.at(-1) ?? 0) + windowMs }
      const rows = await store.query(sequentialValues(metric, range, part))
      return rows.map((row) => metricWindow(row, detectorRule))
    },
  }
}

function metricWindow(row: MetricRow, detectorRule: string): SourceWindow {
  const { version, variant, slice, feature, baseline, value, status } = row
  return {
    rule: resultMethod(detectorRule, followedName(row)),
    ...{ version, variant, slice, feature, baseline },
    start: row.windowStart,
    nReference: row.nReference,
    nCurrent: row.nCurrent,
    labelCoverage: row.labelCoverage,
    reading: { values: value === null || Number.isNaN(value) ? [] : [value], status },
  }
}

function errorSource(
  store: Pick<Store, 'query'>,
  spec: ModelSpec,
  { detectorRule, windowMs }: Of,
): SequentialSource {
  const rule = resultMethod(detectorRule, 'errors')
  return {
    divisible: false,
    rule,
    windows: (from) =>
      store.query(sequentialErrorWindows(spec.model, durationName(windowMs), from)),
    read: async (starts) => {
      const arms = await store.query(sequentialErrors(spec, windowMs, starts))
      return arms.map((arm) => errorWindow(arm, rule))
    },
  }
}

function errorWindow(
  { version, variant, start, predicted, errors }: ArmErrors,
  rule: string,
): SourceWindow {
  return {
    ...{ rule, version, variant, slice: '', feature: '', baseline: '', start },
    nReference: 0,
    nCurrent: null,
    labelCoverage: errors.length / predicted,
    reading: { values: errors, status: 'ok' },
  }
}
