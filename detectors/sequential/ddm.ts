import { endless, sequentialDetector, undecided, type Reaction } from './detector.ts'
import { addToMean, noMean, type RunningMean } from './running-mean.ts'

export interface DdmParams {
  readonly warmStart: number
  readonly warningThreshold: number
  readonly driftThreshold: number
}

export interface DdmMemory extends RunningMean {
  /** Error rate and its deviation where their sum was least; null during the warm-up. */
  readonly best: { readonly rate: number; readonly deviation: number } | null
}

/**
 * Drift detection method: the error rate p of a model against its best so far.
 * With s = √(p(1 − p)/n),
 *
 *     warning when p + s > p_min + 2·s_min,   drift when p + s > p_min + 3·s_min
 *
 * (strictly), p_min and s_min those where p + s was least, after `warmStart`
 * errors and hits. Statistic: p + s, 0 to 1.5.
 *
 * Seldom wrong early, late in long streams: p is the mean of all values, so n
 * values of a new level weigh against all before. A model without an error in
 * its warm-up drifts at its first one.
 *
 * O(1) time and memory.
 *
 * Ref: J. Gama, P. Medas, G. Castillo, P. Rodrigues, Learning with drift
 * detection, SBIA (2004), 286–295.
 *
 * @example ddm.update(ddm.init(), 1).state.memory.mean // 1
 */
export const ddm = sequentialDetector<DdmParams, DdmMemory>({
  metric: 'ddm',
  method: 'ddm/strict',
  input: 'unit',
  describe: 'Drift detection method: the error rate against its best so far.',
  literature: 'J. Gama, P. Medas, G. Castillo, P. Rodrigues, SBIA (2004)',
  memory: '4 numbers',
  parameters: {
    warmStart: {
      default: 30,
      meaning: 'Values before a warning or a drift may be told.',
      range: [1, endless],
      whole: true,
    },
    warningThreshold: {
      default: 2,
      meaning: 'Deviations above the best rate that are a warning.',
      range: [0, endless],
    },
    driftThreshold: {
      default: 3,
      meaning: 'Deviations above the best rate that are a drift.',
      range: [0, endless],
    },
  },
  start: () => ({ ...noMean, best: null }),
  react: (memory, params, value): Reaction<DdmMemory> => {
    const next = addToMean(memory, value)
    if (next.n <= params.warmStart) return { memory: { ...next, best: null }, ...undecided }
    const rate = next.mean
    const deviation = Math.sqrt(Math.max(0, rate * (1 - rate)) / next.n)
    const statistic = rate + deviation
    const last = memory.best
    const better = last === null || statistic <= last.rate + last.deviation
    const best = better ? { rate, deviation } : last
    const threshold = best.rate + params.driftThreshold * best.deviation
    const drift = statistic > threshold
    const warning = statistic > best.rate + params.warningThreshold * best.deviation
    return {
      memory: { ...next, best },
      change: drift ? 'drift' : warning ? 'warning' : 'none',
      way: drift || warning ? 'up' : null,
      statistic,
      threshold,
    }
  },
})
