import { endless, sequentialDetector, undecided, type Reaction } from './detector.ts'
import { addToMean, noMean, type RunningMean } from './running-mean.ts'
import { beyond, type Mode, modes } from './mode.ts'

export interface PageHinkleyParams {
  readonly minInstances: number
  readonly delta: number
  readonly threshold: number
  readonly alpha: number
  readonly mode: Mode
}

export interface PageHinkleyMemory extends RunningMean {
  readonly up: number
  readonly down: number
}

/**
 * The Page–Hinkley test for a shift of the mean: how far the values ran above
 * (and below) their mean so far, allowing each a slack δ,
 *
 *     U ← max(0, α·U + (x − x̄ − δ))    D ← max(0, α·D − (x − x̄ + δ))
 *
 * Drift when a watched sum reaches λ after `minInstances` values, the first of
 * which counts as the second: a quirk of river's first releases and of
 * scikit-multiflow, kept for their numbers. Statistic: the greater watched sum,
 * in units of the values, zero or more.
 *
 * δ and λ are in units of the values: the defaults suit values of about unit
 * size and say nothing of a rate near 0.01. Where the unit is not known, take
 * CUSUM or EWMA, which measure in deviations. A slow trend drags x̄ along and
 * is seen late. A constant never alarms.
 *
 * O(1) time and memory.
 *
 * Ref: E. S. Page, Continuous inspection schemes, Biometrika 41 (1954),
 * 100–115; D. V. Hinkley, Biometrika 58 (1971), 509–523.
 *
 * @example pageHinkley.update(pageHinkley.init({ minInstances: 1, alpha: 1 }), 7).statistic // 0
 */
export const pageHinkley = sequentialDetector<PageHinkleyParams, PageHinkleyMemory>({
  metric: 'page_hinkley',
  method: 'page-hinkley/clamped',
  input: 'number',
  describe: 'Page–Hinkley test: accumulated deviation from the running mean, less a slack.',
  literature: 'E. S. Page, Biometrika 41 (1954); D. V. Hinkley, Biometrika 58 (1971)',
  memory: '4 numbers',
  parameters: {
    minInstances: {
      default: 30,
      meaning: 'Values before a drift may be told, less one.',
      range: [1, endless],
      whole: true,
    },
    delta: {
      default: 0.005,
      meaning: 'Slack: shifts smaller than this are ignored, in units of the values.',
      range: [0, endless],
    },
    threshold: {
      default: 50,
      meaning: 'λ: the accumulated deviation that is a drift, in units of the values.',
      range: [0, endless],
    },
    alpha: {
      default: 1 - 0.0001,
      meaning: 'Share of the accumulated deviation that is kept at each value.',
      range: [0, 1],
    },
    mode: {
      default: 'up',
      meaning: 'Which shifts are told.',
      choices: modes,
    },
  },
  start: () => ({ ...noMean, up: 0, down: 0 }),
  react: (memory, params, value): Reaction<PageHinkleyMemory> => {
    const mean = addToMean(memory, value)
    const offset = value - mean.mean
    const next = {
      ...mean,
      up: Math.max(0, params.alpha * memory.up + (offset - params.delta)),
      down: Math.max(0, params.alpha * memory.down - (offset + params.delta)),
    }
    if (next.n + 1 < params.minInstances) return { memory: next, ...undecided }
    return { memory: next, ...beyond(params.mode, next, params.threshold, 'at-least') }
  },
})
