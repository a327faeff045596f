import { requireBoth } from './cusum.ts'
import { endless, sequentialDetector, smallest, undecided, type Reaction } from './detector.ts'
import { beyond, type Mode, modes } from './mode.ts'
import { addToMean, noMean, type RunningMean } from './running-mean.ts'

export interface EwmaParams {
  readonly alpha: number
  readonly threshold: number
  readonly minInstances: number
  readonly mode: Mode
  readonly center: number | null
  readonly deviation: number | null
}

export interface EwmaMemory extends RunningMean {
  /** The chart's average of recent values. */
  readonly recent: number
  /** Exponentially weighted variance around it. */
  readonly variance: number
}

/**
 * The EWMA chart: an average of recent values z ← z + α(x − z) against the mean
 * of all of them. Drift when they are more than L standard errors apart,
 *
 *     |z − μ| > L·σ·√(α/(2 − α) · (1 − (1 − α)^2n))
 *
 * after `minInstances` values. μ is the mean and σ² the exponentially weighted
 * variance so far; or `center` and `deviation` where the level is known: z then
 * starts at the centre and nothing is waited for. Statistic: the distance to
 * the watched side, in units of the values; below zero on the other side.
 *
 * Scale-free. Finds small lasting shifts. With an estimated level a slow trend
 * drags μ along and is seen late; with a known one, α = 0.1 and L = 2.7 a false
 * alarm comes every 370 independent normal values. A constant never alarms.
 *
 * O(1) time and memory.
 *
 * Ref: S. W. Roberts, Control chart tests based on geometric moving averages,
 * Technometrics 1 (1959), 239–250; J. M. Lucas, M. S. Saccucci, Technometrics
 * 32 (1990), 1–12, for the run lengths.
 *
 * @example ewma.update(ewma.init({ center: 0, deviation: 1 }), 2).statistic // 0.2
 */
export const ewma = sequentialDetector<EwmaParams, EwmaMemory>({
  metric: 'ewma',
  method: 'ewma/adaptive',
  input: 'number',
  describe: 'EWMA chart: the average of recent values against the mean of all, in its errors.',
  literature: 'S. W. Roberts, Technometrics 1 (1959)',
  memory: '4 numbers',
  parameters: {
    alpha: {
      default: 0.1,
      meaning: 'Weight of the newest value.',
      range: [smallest, 1],
    },
    threshold: {
      default: 4,
      meaning: 'L: standard errors that are a drift.',
      range: [smallest, endless],
    },
    minInstances: {
      default: 30,
      meaning: 'Values before a drift may be told, unless the level is known.',
      range: [1, endless],
      whole: true,
    },
    mode: { default: 'both', meaning: 'Which shifts are told.', choices: modes },
    center: {
      default: null,
      meaning: 'μ where the level is known; with `deviation` there is no warm-up.',
    },
    deviation: {
      default: null,
      meaning: 'σ where it is known, in units of the values.',
      range: [0, endless],
    },
  },
  start: (params) => {
    requireBoth('ewma', params)
    return { ...noMean, recent: params.center ?? 0, variance: 0 }
  },
  react: (memory, params, value): Reaction<EwmaMemory> => {
    const next = advanced(memory, params, value)
    if (params.center === null && next.n < params.minInstances) {
      return { memory: next, ...undecided }
    }
    const { alpha } = params
    const sigma = params.deviation ?? Math.sqrt(next.variance)
    const error = sigma * Math.sqrt((alpha / (2 - alpha)) * (1 - (1 - alpha) ** (2 * next.n)))
    const up = next.recent - (params.center ?? next.mean)
    return {
      memory: next,
      ...beyond(params.mode, { up, down: 0 - up }, params.threshold * error, 'above'),
    }
  },
})

/** In the form of increments, which rounding cannot move on a constant stream. */
function advanced(memory: EwmaMemory, { alpha, center }: EwmaParams, value: number): EwmaMemory {
  const mean = addToMean(memory, value)
  if (memory.n === 0 && center === null) return { ...mean, recent: value, variance: 0 }
  const offset = value - memory.recent
  return {
    ...mean,
    recent: memory.recent + alpha * offset,
    variance: (1 - alpha) * (memory.variance + alpha * offset * offset),
  }
}
