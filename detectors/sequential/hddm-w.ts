import { sequentialDetector, smallest, type Reaction } from './detector.ts'
import { type HddmParams, hddmParameters } from './hddm-a.ts'
import { type Side, verdictOfSides } from './sides.ts'

export interface HddmWParams extends HddmParams {
  readonly lambda: number
}

/** Weighted average of some values, and the sum of its squared weights. */
interface Weighted {
  readonly mean: number | null
  readonly squaredWeights: number
}

/** A cut and what came after it. */
interface Split {
  /** Bound of the average at the cut; null before the first value. */
  readonly bound: number | null
  readonly before: Weighted
  readonly after: Weighted
}

export interface HddmWMemory {
  readonly all: Weighted
  readonly rise: Split
  readonly fall: Split
}

const nothing: Weighted = { mean: null, squaredWeights: 1 }
const noSplit: Split = { bound: null, before: nothing, after: nothing }

/**
 * McDiarmid's test with exponentially weighted averages: the average since a
 * cut against the average at the cut, which is where its upper bound was least,
 *
 *     ẑ_after − ẑ_before > √((W_before + W_after) · ln(1/α) / 2)
 *
 * with W the sums of squared weights, α `driftConfidence` or
 * `warningConfidence`. `both` tells falls by the mirrored cut. Statistic: the
 * rise (or fall), −1 to 1.
 *
 * Weights of λ forget: slow change is seen where HDDM-A averages it away, and
 * every change is forgotten after some 1/λ values. Values in [0, 1] that do not
 * hang together.
 *
 * O(1) time and memory.
 *
 * Ref: I. Frías-Blanco et al., Online and non-parametric drift detection
 * methods based on Hoeffding's bounds, IEEE TKDE 27 (2015), 810–823.
 *
 * @example hddmW.update(hddmW.init(), 1).state.memory.all.squaredWeights // 0.905
 */
export const hddmW = sequentialDetector<HddmWParams, HddmWMemory>({
  metric: 'hddm_w',
  method: 'hddm/weighted',
  input: 'unit',
  describe: 'McDiarmid’s bound on the rise of a weighted average since its best.',
  literature: 'I. Frías-Blanco et al., IEEE TKDE 27 (2015)',
  memory: '12 numbers',
  parameters: {
    ...hddmParameters,
    lambda: { default: 0.05, meaning: 'Weight of the newest value.', range: [smallest, 1] },
  },
  start: () => ({ all: nothing, rise: noSplit, fall: noSplit }),
  react: (memory, params, value): Reaction<HddmWMemory> => {
    const { all, mean } = weighted(memory.all, params.lambda, value)
    const bound = mcdiarmid(all.squaredWeights, params.driftConfidence)
    const { rise, fall } = memory
    const next = {
      all,
      rise:
        rise.bound === null || mean + bound < rise.bound
          ? { bound: mean + bound, before: all, after: nothing }
          : { ...rise, after: weighted(rise.after, params.lambda, value).all },
      fall:
        fall.bound === null || mean - bound > fall.bound
          ? { bound: mean - bound, before: all, after: nothing }
          : { ...fall, after: weighted(fall.after, params.lambda, value).all },
    }
    const up = side(next.rise.before, next.rise.after, params)
    const down = params.mode === 'both' ? side(next.fall.after, next.fall.before, params) : null
    return { memory: next, ...verdictOfSides(up, down, (statistic, limit) => statistic > limit) }
  },
})

function weighted(
  { mean, squaredWeights }: Weighted,
  lambda: number,
  value: number,
): { all: Weighted; mean: number } {
  const next = mean === null ? value : lambda * value + (1 - lambda) * mean
  return {
    all: { mean: next, squaredWeights: lambda * lambda + (1 - lambda) ** 2 * squaredWeights },
    mean: next,
  }
}

const mcdiarmid = (squaredWeights: number, confidence: number): number =>
  Math.sqrt((squaredWeights * Math.log(1 / confidence)) / 2)

function side(from: Weighted, to: Weighted, params: HddmWParams): Side | null {
  if (from.mean === null || to.mean === null) return null
  const squaredWeights = from.squaredWeights + to.squaredWeights
  return {
    statistic: to.mean - from.mean,
    drift: mcdiarmid(squaredWeights, params.driftConfidence),
    warning: mcdiarmid(squaredWeights, params.warningConfidence),
  }
}
