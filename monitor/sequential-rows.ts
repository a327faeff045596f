import { createHash } from 'node:crypto'
import type { AnySequentialDetector } from '../detectors/sequential/catalogue.ts'
import type { Verdict } from '../detectors/sequential/detector.ts'
import {
  changePointMethod,
  changePointMetric,
  changePointValue,
  changePointWay,
} from '../detectors/sequential/window-series.ts'
import type { SequentialStateRow } from '../store/insert-sequential.ts'
import type { MetricRow } from '../store/queries/metric-row.ts'
import type { SequentialSeries } from '../store/queries/sequential-series.ts'
import type { Outcome } from './sequential-fold.ts'

/** One window of one series, and what is known of it beside its values. */
export interface SeriesWindow extends SequentialSeries {
  /** Epoch ms. */
  readonly start: number
  readonly nReference: number
  /** Null: the values that the detector has read. */
  readonly nCurrent: number | null
  readonly labelCoverage: number | null
}

/** What the windows of one run have in common. */
export interface SequentialFrame {
  readonly model: string
  /** Width by name, and in ms. */
  readonly window: string
  readonly windowMs: number
}

/** How an outcome is stored. */
export interface Recorded {
  /** The state as JSON. */
  readonly stateText: string
  readonly content: number
  readonly revision: number
}

/** What a window of a series says: two metrics, and the state to go on from. */
export interface SequentialRows {
  readonly metrics: readonly MetricRow[]
  readonly state: SequentialStateRow
}

/**
 * The statistic with its threshold as `noise_floor`, as a share of it as `effect`, and whether there was a change.
 * While the detector has too little to judge there is no statistic; that no change was told is a fact all the same.
 */
export function sequentialRows(
  frame: SequentialFrame,
  detector: AnySequentialDetector,
  window: SeriesWindow,
  outcome: Outcome & Recorded,
): SequentialRows {
  const { verdict, status } = outcome
  const judged = status === 'ok'
  const statistic: Told = {
    metric: detector.metric,
    method: window.rule,
    value: verdict.statistic,
    effect: reached(verdict),
    noiseFloor: verdict.threshold,
    status: judged && verdict.statistic === null ? 'insufficient_data' : status,
  }
  const change: Told = {
    metric: changePointMetric,
    method: changePointMethod(window.rule),
    value: judged ? changePointValue(verdict.change) : null,
    effect: judged ? changePointWay(verdict.way) : null,
    noiseFloor: null,
    status,
  }
  return {
    metrics: [
      metricRow(frame, window, statistic, outcome),
      metricRow(frame, window, change, outcome),
    ],
    state: stateRow(frame, window, outcome),
  }
}

type Told = Pick<MetricRow, 'metric' | 'method' | 'value' | 'effect' | 'noiseFloor' | 'status'>

/** Field by field: a hundred thousand rows that are spread together keep the garbage collector busy. */
function metricRow(
  frame: SequentialFrame,
  window: SeriesWindow,
  told: Told,
  { n, revision }: Outcome & Recorded,
): MetricRow {
  return {
    model: frame.model,
    version: window.version,
    variant: window.variant,
    windowStart: window.start,
    windowEnd: window.start + frame.windowMs,
    window: frame.window,
    slice: window.slice,
    feature: window.feature,
    metric: told.metric,
    method: told.method,
    value: told.value,
    pValue: null,
    pAdjusted: null,
    effect: told.effect,
    noiseFloor: told.noiseFloor,
    nReference: window.nReference,
    nCurrent: window.nCurrent ?? n,
    labelCoverage: window.labelCoverage,
    baseline: window.baseline,
    status: told.status,
    revision,
  }
}

function stateRow(
  frame: SequentialFrame,
  window: SeriesWindow,
  { n, stateText, content, revision }: Outcome & Recorded,
): SequentialStateRow {
  return {
    model: frame.model,
    window: frame.window,
    rule: window.rule,
    version: window.version,
    variant: window.variant,
    slice: window.slice,
    feature: window.feature,
    baseline: window.baseline,
    start: window.start,
    end: window.start + frame.windowMs,
    state: stateText,
    n,
    content,
    revision,
  }
}

/** Statistics have the unit of what is followed; this has none: 1 is where a change is told. */
function reached({ statistic, threshold }: Verdict): number | null {
  return statistic === null || threshold === null || threshold <= 0 ? null : statistic / threshold
}

/** A number that differs where anything differs that a window's rows say; below 2^52. */
export function contentOf(window: SeriesWindow, outcome: Outcome, stateText: string): number {
  const { nReference, nCurrent, labelCoverage } = window
  const { verdict, status, n } = outcome
  const { change, way, statistic, threshold } = verdict
  const said = `${status} ${n} ${change} ${way} ${statistic} ${threshold} ${nReference} ${nCurrent} ${labelCoverage} ${stateText}`
  return parseInt(createHash('sha1').update(said).digest('hex').slice(0, 13), 16)
}
