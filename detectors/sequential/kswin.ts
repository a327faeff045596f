import {
  mersenneTwister,
  seededLikePython,
  type TwisterState,
} from '../streams/mersenne-twister.ts'
import { belowByTopBits } from '../streams/random-source.ts'
import { sequentialDetector, smallest, undecided, type Reaction } from './detector.ts'
import { equalSamplesGap, equalSamplesSurvival } from './equal-samples-ks.ts'

export interface KswinParams {
  readonly alpha: number
  readonly windowSize: number
  readonly statSize: number
  readonly seed: number
}

export interface KswinMemory {
  /** The newest values, oldest first. */
  readonly window: readonly number[]
  /** Where sampling stands; null until the window is full for the first time. */
  readonly random: TwisterState | null
}

/** Gaps up to this are no drift whatever their p-value. */
const leastGap = 0.1

/**
 * Kolmogorov–Smirnov windowing: the newest r values against r of the older
 * values of a sliding window, drawn without replacement at each step. Drift
 * when the exact two-sample p-value is at most α and the gap of the
 * distribution functions is above 0.1. Statistic: −log₁₀ p, 0 and more, against
 * −log₁₀ α.
 *
 * Sees any change of the distribution, not of the mean alone. It asks at every
 * value: with α = 0.005 independent normal values without any change alarm about
 * every thousand; take α = 1e-4 or less for series that page somebody. Ties make
 * it quieter, and blind to small changes of an error rate. A constant never
 * alarms.
 *
 * The draws are those of Python's `random.Random(seed).sample`, started anew
 * after each drift; the generator's state is part of the memory, so a replay
 * draws the same.
 *
 * O(r log r) time a value, O(w) memory.
 *
 * Ref: C. Raab, M. Heusinger, F.-M. Schleif, Reactive soft prototype computing
 * for concept drift streams, Neurocomputing 416 (2020), 340–351.
 *
 * @example kswin.update(kswin.init({ seed: 42 }), 3).state.memory.window.length // 1
 */
export const kswin = sequentialDetector<KswinParams, KswinMemory>({
  metric: 'kswin',
  method: 'kswin/exact',
  input: 'number',
  describe: 'Kolmogorov–Smirnov test of the newest values against a sample of older ones.',
  literature: 'C. Raab, M. Heusinger, F.-M. Schleif, Neurocomputing 416 (2020)',
  memory: '`windowSize` numbers, and 625 of the random generator',
  parameters: {
    alpha: {
      default: 0.005,
      meaning: 'Chance of a false alarm at each value.',
      range: [smallest, 1],
    },
    windowSize: {
      default: 100,
      meaning: 'Values held.',
      range: [2, 10_000],
      whole: true,
    },
    statSize: {
      default: 30,
      meaning: 'r: the newest values, and as many older ones; at most half the window.',
      range: [1, 5000],
      whole: true,
    },
    seed: {
      default: 42,
      meaning: 'Seed of the draws.',
      range: [0, Number.MAX_SAFE_INTEGER],
      whole: true,
    },
  },
  start: ({ windowSize, statSize }) => {
    if (2 * statSize > windowSize) {
      throw new RangeError('kswin/exact requires statSize to be at most half of windowSize')
    }
    return { window: [], random: null }
  },
  react: (memory, params, value): Reaction<KswinMemory> => {
    const { windowSize, statSize } = params
    const kept = memory.window.length < windowSize ? memory.window : memory.window.slice(1)
    const window = [...kept, value]
    if (window.length < windowSize) return { memory: { ...memory, window }, ...undecided }

    const twister = mersenneTwister(memory.random ?? seededLikePython(params.seed))
    const drawn = sampleIndices((n) => belowByTopBits(twister, n), windowSize - statSize, statSize)
    const older = Float64Array.from(drawn, (i) => window[i]!)
    const newest = Float64Array.from(window.slice(-statSize))
    const gap = equalSamplesGap(older, newest)
    const p = equalSamplesSurvival(statSize, gap)
    return {
      memory: { window, random: twister.state() },
      change: p <= params.alpha && gap > leastGap ? 'drift' : 'none',
      way: null,
      statistic: p < 1 ? -Math.log10(Math.max(p, smallest)) : 0,
      threshold: 0 - Math.log10(params.alpha),
    }
  },
})

/**
 * k of the numbers [0, n), none twice, in the order that Python's
 * `sample(range(n), k)` draws them: by shuffling where the sample is large, by
 * drawing again where it is small.
 */
export function sampleIndices(below: (n: number) => number, n: number, k: number): number[] {
  const setSize = 21 + (k > 5 ? 4 ** Math.ceil(Math.log(k * 3) / Math.log(4)) : 0)
  if (n <= setSize) {
    const pool = Array.from({ length: n }, (_, i) => i)
    return Array.from({ length: k }, (_, i) => {
      const j = below(n - i)
      const drawn = pool[j]!
      pool[j] = pool[n - i - 1]!
      return drawn
    })
  }
  const drawn = new Set<number>()
  while (drawn.size < k) drawn.add(below(n))
  return [...drawn]
}
