import type { LearntSettings } from '../core/model-spec.ts'
import type { Threshold } from './policy.ts'

/** Values of one series that limits are learnt from, window starts (epoch ms) ascending. */
export interface SeriesPast {
  readonly starts: readonly number[]
  readonly values: readonly number[]
}

/** What a learnt limit was made of: enough to compute it again. */
export interface LearntFrom {
  readonly center: number
  readonly spread: number
  /** How many windows. */
  readonly windows: number
  /** Starts of the windows lie in [from, to), epoch ms. */
  readonly from: number
  readonly to: number
}

/** Half-open, epoch ms. */
export interface TimeRange {
  readonly from: number
  readonly to: number
}

/** 1/Φ⁻¹(¾): makes the median absolute deviation of normal values their standard deviation. */
const normalDeviation = 1.4826

/**
 * What a series used to be before a window, or in `range` where that is given: centre and spread of its
 * values. Null while there are fewer than `minWindows` of them, and for a window that is not after
 * its range. The judged window is never among them. Windows that fired are: leaving them out
 * would make every verdict hang on all those before it, and a level that has moved for good would
 * never be learnt.
 */
export function learntFrom(
  settings: Pick<LearntSettings, 'center' | 'overMs' | 'minWindows' | 'seasonal'>,
  past: SeriesPast,
  windowStart: number,
  range: TimeRange | null,
): LearntFrom | null {
  if (range !== null && windowStart < range.to) return null
  const { from, to } = range ?? { from: windowStart - settings.overMs, to: windowStart }
  const hour = settings.seasonal === 'hour_of_week' ? hourOfWeek(windowStart) : null
  const values = valuesBetween(past, { from, to }, hour)
  if (values.length < settings.minWindows) return null
  const { center, spread } =
    settings.center === 'median' ? medianAndDeviation(values) : meanAndDeviation(values)
  return Number.isFinite(center) && Number.isFinite(spread)
    ? { center, spread, windows: values.length, from, to }
    : null
}

/** Values strictly beyond these are unusual, on the sides that are asked for. */
export function learntThresholds(
  { deviations, side, center: by }: Pick<LearntSettings, 'deviations' | 'side' | 'center'>,
  learnt: LearntFrom,
): Threshold[] {
  const { center, spread, windows } = learnt
  const width = deviations * spread
  const made = (sign: '+' | '-'): string =>
    `(${by} ${short(center)} ${sign} ${short(deviations)}·${short(spread)} of ${windows} windows)`
  const lower: Threshold = {
    operator: '<',
    limit: center - width,
    text: `< ${short(center - width)} ${made('-')}`,
  }
  const upper: Threshold = {
    operator: '>',
    limit: center + width,
    text: `> ${short(center + width)} ${made('+')}`,
  }
  return side === 'both' ? [lower, upper] : side === 'above' ? [upper] : [lower]
}

/** The hour of the week, UTC, from 0 to 167: the same for times a whole number of weeks apart. */
export const hourOfWeek = (ms: number): number => Math.floor(ms / 3_600_000) % 168

function valuesBetween(past: SeriesPast, { from, to }: TimeRange, hour: number | null): number[] {
  const { starts, values } = past
  const [first, last] = [firstAtLeast(starts, from), firstAtLeast(starts, to)]
  const frame = values.slice(first, last)
  return hour === null ? frame : frame.filter((_, i) => hourOfWeek(starts[first + i] ?? 0) === hour)
}

/** The index of the first start that is at least `at`, by halving. */
function firstAtLeast(starts: readonly number[], at: number): number {
  let [low, high] = [0, starts.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((starts[middle] ?? Infinity) < at) low = middle + 1
    else high = middle
  }
  return low
}

interface CenterAndSpread {
  readonly center: number
  readonly spread: number
}

/**
 * Mean and population standard deviation (divided by n). Summed as differences from the first value: equal
 * values then have exactly that mean and no spread, and the next one like them is not over its limit.
 */
function meanAndDeviation(values: readonly number[]): CenterAndSpread {
  const [origin = 0] = values
  const shift = values.reduce((sum, value) => sum + (value - origin), 0) / values.length
  const center = origin + shift
  const squares = values.reduce((sum, value) => sum + (value - origin - shift) ** 2, 0)
  return { center, spread: Math.sqrt(squares / values.length) }
}

function medianAndDeviation(values: readonly number[]): CenterAndSpread {
  const center = median(values)
  return {
    center,
    spread: normalDeviation * median(values.map((value) => Math.abs(value - center))),
  }
}

function median(values: readonly number[]): number {
  const sorted = Float64Array.from(values).sort()
  const half = sorted.length >> 1
  const upper = sorted[half] ?? Number.NaN
  if (sorted.length % 2 === 1) return upper
  const lower = sorted[half - 1] ?? Number.NaN
  return lower + (upper - lower) / 2
}

/** Four significant digits, as short as they can be written. */
const short = (value: number): string => String(Number(value.toPrecision(4)))
