import { sequentialDetector, smallest, type Parameters, type Reaction } from './detector.ts'
import { addToMean, noMean, type RunningMean } from './running-mean.ts'
import { verdictOfSides } from './sides.ts'

export interface HddmParams {
  readonly driftConfidence: number
  readonly warningConfidence: number
  readonly mode: 'up' | 'both'
}

export interface HddmAMemory {
  readonly all: RunningMean
  /** The beginning of the stream whose mean, with its bound, was least. */
  readonly low: RunningMean
  /** The one whose mean, less its bound, was greatest. */
  readonly high: RunningMean
}

export const hddmParameters: Parameters<HddmParams> = {
  driftConfidence: {
    default: 0.001,
    meaning: 'Chance of a false alarm at each value.',
    range: [smallest, 1],
  },
  warningConfidence: {
    default: 0.005,
    meaning: 'Chance of a false warning at each value.',
    range: [smallest, 1],
  },
  mode: {
    default: 'up',
    meaning: 'Whether a falling mean is told as well.',
    choices: ['up', 'both'],
  },
}

/**
 * Hoeffding's test with moving averages: the mean of all n values against that
 * of the first c, c where the upper Hoeffding bound of the mean was least,
 *
 *     mean_n − mean_c ≥ √((n − c)/(2cn) · ln(2/α))
 *
 * with α `driftConfidence` or `warningConfidence`. `both` tells falls by the
 * mirrored cut. Statistic: the rise (or fall), −1 to 1.
 *
 * Holds for any values in [0, 1] that do not hang together, whatever their
 * distribution; it is the price that small changes of rare errors are seen
 * late. Best for jumps; HDDM-W for slow change.
 *
 * O(1) time and memory.
 *
 * Ref: I. Frías-Blanco et al., Online and non-parametric drift detection
 * methods based on Hoeffding's bounds, IEEE TKDE 27 (2015), 810–823.
 *
 * @example hddmA.update(hddmA.init(), 1).state.memory.all.mean // 1
 */
export const hddmA = sequentialDetector<HddmParams, HddmAMemory>({
  metric: 'hddm_a',
  method: 'hddm/averages',
  input: 'unit',
  describe: 'Hoeffding’s bound on the rise of the mean since its best.',
  literature: 'I. Frías-Blanco et al., IEEE TKDE 27 (2015)',
  memory: '6 numbers',
  parameters: hddmParameters,
  start: () => ({ all: noMean, low: noMean, high: noMean }),
  react: (memory, params, value): Reaction<HddmAMemory> => {
    const all = addToMean(memory.all, value)
    const bound = hoeffding(all.n, params.driftConfidence)
    const { low, high } = memory
    const lower =
      low.n === 0 || low.mean + hoeffding(low.n, params.driftConfidence) >= all.mean + bound
    const higher =
      high.n === 0 || high.mean - hoeffding(high.n, params.driftConfidence) <= all.mean - bound
    const next = { all, low: lower ? all : low, high: higher ? all : high }
    const up = side(next.low, all, params)
    const down = params.mode === 'both' ? side(next.high, all, params) : null
    return {
      memory: next,
      ...verdictOfSides(
        up && { ...up, statistic: all.mean - next.low.mean },
        down && { ...down, statistic: next.high.mean - all.mean },
        (statistic, limit) => statistic >= limit,
      ),
    }
  },
})

const hoeffding = (n: number, confidence: number): number =>
  Math.sqrt((1 / (2 * n)) * Math.log(1 / confidence))

/** What a change since the cut must reach; null while the cut is the newest value. */
function side(
  cut: RunningMean,
  all: RunningMean,
  { driftConfidence, warningConfidence }: HddmParams,
): { drift: number; warning: number } | null {
  if (cut.n === all.n) return null
  const weight = ((all.n - cut.n) / cut.n) * (1 / all.n)
  const bound = (confidence: number): number => Math.sqrt((weight / 2) * Math.log(2 / confidence))
  return { drift: bound(driftConfidence), warning: bound(warningConfidence) }
}
