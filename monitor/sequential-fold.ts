import type { AnySequentialDetector } from '../detectors/sequential/catalogue.ts'
import {
  accepts,
  undecided,
  type Change,
  type State,
  type Verdict,
} from '../detectors/sequential/detector.ts'
import type { MetricStatus } from '../core/names.ts'

/** Where a series stands. */
export interface SeriesState {
  readonly state: State
  /** Values read since the series began. */
  readonly n: number
}

/** What one window has for a detector to read. */
export interface Reading {
  readonly values: readonly number[]
  /** Anything but ok is a gap. */
  readonly status: MetricStatus
}

/** The state after a window, and what the window showed. */
export interface Outcome extends SeriesState {
  readonly verdict: Verdict
  /** `insufficient_data` without a value, `error` for values that are nothing this detector reads. */
  readonly status: MetricStatus
}

/** A gap is skipped: what was not seen is neither zero nor as before. */
export function advance(
  detector: AnySequentialDetector,
  before: SeriesState,
  { values, status }: Reading,
): Outcome {
  const readable = status === 'ok' ? values.filter((value) => accepts(detector.input, value)) : []
  if (readable.length === 0) {
    const reason = values.length === 0 ? 'insufficient_data' : 'error'
    return { ...before, verdict: undecided, status: status === 'ok' ? reason : status }
  }
  let { state } = before
  let verdict: Verdict = undecided
  for (const value of readable) {
    const { state: next, ...told } = detector.update(state as State<object>, value)
    state = next
    if (tellsMore(told, verdict)) verdict = told
  }
  return { state, n: before.n + readable.length, verdict, status: 'ok' }
}

const gravity: Readonly<Record<Change, number>> = { none: 0, warning: 1, drift: 2 }

/** Of a window with many values the gravest counts, of equal ones the last that was judged. */
function tellsMore(next: Verdict, last: Verdict): boolean {
  if (next.change !== last.change) return gravity[next.change] > gravity[last.change]
  return next.statistic !== null
}
