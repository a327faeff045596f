import { sequentialDetector, undecided, type Reaction } from './detector.ts'
import { beyond } from './mode.ts'
import { pageHinkley, type PageHinkleyParams } from './page-hinkley.ts'
import { addToMean, noMean, type RunningMean } from './running-mean.ts'

export interface FadingMemory extends RunningMean {
  readonly up: number
  readonly down: number
  /** Least sum upwards and greatest downwards so far. */
  readonly least: number | null
  readonly greatest: number
}

/**
 * The Page–Hinkley test in its two-sided form with fading sums (river 0.21 to
 * 0.26): the sums are not held at zero, but compared with their extremes,
 *
 *     U ← α·U + (x − x̄) − δ    drift when U − min U > λ
 *     D ← α·D + (x − x̄) + δ    drift when max D − D > λ
 *
 * after `minInstances` values. With α = 1 this is `pageHinkley` up to the
 * operator and the count; with α < 1 the sums of a quiet stream run towards
 * ∓δ/(1 − α), so that forgetting alone adds up to δ/(1 − α) to the statistic
 * of the next rise. Units, range and what misleads it as there.
 *
 * O(1) time and memory.
 *
 * Ref: R. Sebastião, J. M. Fernandes, Supporting the Page–Hinkley test with
 * empirical mode decomposition, ISMIS (2017), 492–498.
 *
 * @example pageHinkleyFading.update(pageHinkleyFading.init({ minInstances: 1 }), 7).statistic // 0
 */
export const pageHinkleyFading = sequentialDetector<PageHinkleyParams, FadingMemory>({
  metric: 'page_hinkley',
  method: 'page-hinkley/fading',
  input: 'number',
  describe: 'Page–Hinkley test with fading sums, compared with their extremes.',
  literature: 'R. Sebastião, J. M. Fernandes, ISMIS (2017)',
  memory: '6 numbers',
  parameters: {
    ...pageHinkley.parameters,
    minInstances: {
      ...pageHinkley.parameters.minInstances,
      meaning: 'Values before a drift may be told.',
    },
    mode: { ...pageHinkley.parameters.mode, default: 'both' },
  },
  // The greatest sum starts below zero: a convention that the first values show.
  start: () => ({ ...noMean, up: 0, down: 0, least: null, greatest: -1 }),
  react: (memory, params, value): Reaction<FadingMemory> => {
    const mean = addToMean(memory, value)
    const offset = value - mean.mean
    const up = params.alpha * memory.up + offset - params.delta
    const down = params.alpha * memory.down + offset + params.delta
    const least = Math.min(up, memory.least ?? up)
    const greatest = Math.max(down, memory.greatest)
    const next = { ...mean, up, down, least, greatest }
    if (next.n < params.minInstances) return { memory: next, ...undecided }
    const sides = { up: up - least, down: greatest - down }
    return { memory: next, ...beyond(params.mode, sides, params.threshold, 'above') }
  },
})
