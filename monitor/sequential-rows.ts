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

/** What a window of a series says: two metrics, and the state to go on from. */
export interface SequentialRows {
  readonly metrics: readonly MetricRow[]
  readonly state: SequentialStateRow
}

/**
 * The statistic with its threshold as `noise_floor`, as a share of it as `effect`, and whether there was a change. While the detector has too
 * little to judge there is no statistic; that no change was told is a fact all the same.
 */
export function sequentialRows(
  frame: SequentialFrame,
  detector: AnySequentialDetector,
  window: SeriesWindow,
  outcome: Outcome & { readonly content: number; readonly revision: number },
): SequentialRows {
  const { start, rule, version, variant, slice, feature, baseline } = window
  const { verdict, status, revision } = outcome
  const series = { version, variant, slice, feature, baseline }
  const row: Omit<MetricRow, 'metric' | 'method' | 'value' | 'effect' | 'noiseFloor' | 'status'> = {
    ...{ model: frame.model, window: frame.window, ...series },
    windowStart: start,
    windowEnd: start + frame.windowMs,
    pValue: null,
    pAdjusted: null,
    nReference: window.nReference,
    nCurrent: window.nCurrent ?? outcome.n,
    labelCoverage: window.labelCoverage,
    revision,
  }
  const judged = status === 'ok'
  const statistic = {
    ...{ metric: detector.metric, method: rule, value: verdict.statistic },
    effect: reached(verdict),
    noiseFloor: verdict.threshold,
    status: judged && verdict.statistic === null ? ('insufficient_data' as const) : status,
  }
  const change = {
    ...{ metric: changePointMetric, method: changePointMethod(rule), noiseFloor: null, status },
    value: judged ? changePointValue(verdict.change) : null,
    effect: judged ? changePointWay(verdict.way) : null,
  }
  return {
    metrics: [
      { ...row, ...statistic },
      { ...row, ...change },
    ],
    state: {
      ...{ model: frame.model, window: frame.window, rule, ...series },
      start,
      end: start + frame.windowMs,
      state: JSON.stringify(outcome.state),
      n: outcome.n,
      content: outcome.content,
      revision,
    },
  }
}

/** Statistics have the unit of what is followed; this has none: 1 is where a change is told. */
function reached({ statistic, threshold }: Verdict): number | null {
  return statistic === null || threshold === null || threshold <= 0 ? null : statistic / threshold
}

/** A number that differs where anything differs that a window's rows say; below 2^52. */
export function contentOf(window: SeriesWindow, outcome: Outcome): number {
  const { nReference, nCurrent, labelCoverage } = window
  const said = [outcome, nReference, nCurrent, labelCoverage]
  const digest = createHash('sha1').update(JSON.stringify(said)).digest('hex')
  return parseInt(digest.slice(0, 13), 16)
}
