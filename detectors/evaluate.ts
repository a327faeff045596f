/** Where a stream changes: from its first changed value to the last of the transition, both included. */
export interface DriftSpan {
  readonly start: number
  readonly end: number
}

/** What a detector told on a stream whose drifts are known. Places count values from zero. */
export interface Trial {
  /** Ascending. */
  readonly alarms: readonly number[]
  /** In order of time. */
  readonly drifts: readonly DriftSpan[]
  /** Values in the stream. */
  readonly length: number
}

/** How far from a drift an alarm may be and still be about it, in values. */
export interface Tolerance {
  /** After its end: more than 0. */
  readonly late: number
  /** Before its start. Default 0. */
  readonly early?: number
}

/** Which alarms are about which drift. */
export interface Matching {
  /** Alarms of each drift, in the order of the drifts. */
  readonly hits: readonly (readonly number[])[]
  readonly falseAlarms: readonly number[]
}

/** Every figure beside those it must be read with. A figure without a domain is null. */
export interface Evaluation {
  readonly length: number
  readonly drifts: number
  readonly alarms: number
  readonly falseAlarms: number
  /** Share of alarms that are about a drift, 0 to 1. Null without alarms. */
  readonly precision: number | null
  /** Share of drifts with an alarm, each counted once, 0 to 1. Null without drifts. */
  readonly recall: number | null
  /** Harmonic mean of precision and recall, 0 to 1. Null where either is. */
  readonly f1: number | null
  /** MDR: share of drifts without an alarm, 0 to 1. Null without drifts. */
  readonly missedDetectionRate: number | null
  /**
   * MTD: from a drift's start to its first alarm, in values, mean over the drifts that were found;
   * below zero for alarms that come early. Missed drifts are left out, not charged: read it beside
   * `missedDetectionRate`. Null when nothing was found.
   */
  readonly detectionDelay: number | null
  /** The delay as a share of `late`, to compare streams. Null when nothing was found. */
  readonly normalizedDelay: number | null
  /** False alarms a thousand values. */
  readonly falseAlarmsPerThousand: number
  /**
   * MTFA: mean gap between one false alarm and the next, in values. Null below two of them: there
   * is no gap, which is good news and not a number.
   */
  readonly meanTimeBetweenFalseAlarms: number | null
  /**
   * MTR = MTFA / MTD · (1 − MDR): long quiet, short delay and few misses in one figure, greater is
   * better. Null where MTFA or MTD is, and where the delay is not above zero.
   */
  readonly meanTimeRatio: number | null
}

/**
 * Alarms dealt to drifts: a drift is detected from `early` values before its
 * start to `late` values after its end, both included. An alarm goes to the
 * earliest drift that takes it; one that none takes is a false alarm. Throws
 * `RangeError` for alarms out of order or outside the stream, and for a
 * tolerance that takes nothing.
 *
 * O(alarms · drifts).
 */
export function match(trial: Trial, { late, early = 0 }: Tolerance): Matching {
  requireTrial(trial)
  if (!(late > 0) || early < 0) throw new RangeError('match requires late > 0 and early ≥ 0')
  const hits = trial.drifts.map((): number[] => [])
  const falseAlarms: number[] = []
  for (const alarm of trial.alarms) {
    const at = trial.drifts.findIndex(
      ({ start, end }) => alarm >= start - early && alarm <= end + late,
    )
    ;(hits[at] ?? falseAlarms).push(alarm)
  }
  return { hits, falseAlarms }
}

/**
 * How good a detector was on a stream whose drifts are known. Delay, misses and
 * false alarms are one judgement: a detector that always rings has no delay,
 * one that never rings no false alarm.
 *
 * O(alarms · drifts).
 *
 * Ref: A. Bifet, Classifier concept drift detection and the illusion of
 * progress, ICAISC (2017), for MTFA, MTD, MDR and MTR.
 *
 * @example evaluate({ alarms: [110, 400, 700], drifts: [{ start: 100, end: 100 }], length: 900 }, { late: 50 }).meanTimeRatio // 30
 */
export function evaluate(trial: Trial, tolerance: Tolerance): Evaluation {
  const { hits, falseAlarms } = match(trial, tolerance)
  const alarms = trial.alarms.length
  const delays = hits.flatMap(([first], i) =>
    first === undefined ? [] : [first - trial.drifts[i]!.start],
  )
  const precision = alarms === 0 ? null : (alarms - falseAlarms.length) / alarms
  const recall = hits.length === 0 ? null : delays.length / hits.length
  const delay = mean(delays)
  const between = mean(falseAlarms.slice(1).map((alarm, i) => alarm - falseAlarms[i]!))
  return {
    length: trial.length,
    drifts: trial.drifts.length,
    alarms,
    falseAlarms: falseAlarms.length,
    precision,
    recall,
    f1: harmonic(precision, recall),
    missedDetectionRate: recall === null ? null : 1 - recall,
    detectionDelay: delay,
    normalizedDelay: delay === null ? null : delay / tolerance.late,
    falseAlarmsPerThousand: (1000 * falseAlarms.length) / trial.length,
    meanTimeBetweenFalseAlarms: between,
    meanTimeRatio:
      between === null || delay === null || recall === null || delay <= 0
        ? null
        : (between / delay) * recall,
  }
}

/**
 * Trials with several seeds as one: laid end to end, each by its length, so
 * that every figure keeps its definition. A gap between false alarms then
 * spans the quiet trials between them. Leave `late` values behind the last
 * drift of a trial, or alarms of the next one are taken to be about it.
 *
 * @example endToEnd([{ alarms: [5], drifts: [], length: 9 }, { alarms: [1], drifts: [], length: 9 }]).alarms[1] // 10
 */
export function endToEnd(trials: readonly Trial[]): Trial {
  let offset = 0
  const moved = trials.map((trial) => {
    requireTrial(trial)
    const from = offset
    offset += trial.length
    return {
      alarms: trial.alarms.map((alarm) => alarm + from),
      drifts: trial.drifts.map(({ start, end }) => ({ start: start + from, end: end + from })),
    }
  })
  return {
    alarms: moved.flatMap(({ alarms }) => alarms),
    drifts: moved.flatMap(({ drifts }) => drifts),
    length: offset,
  }
}

function requireTrial({ alarms, drifts, length }: Trial): void {
  if (!Number.isInteger(length) || length < 1) {
    throw new RangeError('a trial requires a stream of at least one value')
  }
  const outside = (place: number): boolean => place < 0 || place >= length
  if (alarms.some((alarm, i) => outside(alarm) || alarm <= (alarms[i - 1] ?? -1))) {
    throw new RangeError('a trial requires alarms within the stream, in ascending order')
  }
  if (drifts.some(({ start, end }, i) => end < start || start < (drifts[i - 1]?.start ?? start))) {
    throw new RangeError('a trial requires drifts in order, none ending before it starts')
  }
}

function mean(values: readonly number[]): number | null {
  if (values.length === 0) return null
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

function harmonic(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return null
  return a + b === 0 ? 0 : (2 * a * b) / (a + b)
}
