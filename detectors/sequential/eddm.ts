import { endless, sequentialDetector, smallest, undecided, type Reaction } from './detector.ts'
import { addToVariance, deviation, noVariance, type RunningVariance } from './running-mean.ts'

export interface EddmParams {
  readonly warmStart: number
  readonly alpha: number
  readonly beta: number
}

export interface EddmMemory {
  readonly n: number
  /** Number of the value that was the last error; 0 before the first. */
  readonly lastError: number
  /** Of the distances between errors, in values. */
  readonly distances: RunningVariance
  /** Greatest mean + 2 deviations of the distances; null before any. */
  readonly greatest: number | null
  readonly warning: boolean
}

/**
 * Early drift detection method: the distance between two errors instead of
 * their rate. With p′ and s′ the mean and deviation of the distances so far,
 *
 *     level = (p′ + 2s′) / max(p′ + 2s′),
 *     warning when level < α,   drift when level < β
 *
 * (strictly), after `warmStart` values and more than `warmStart` errors.
 * Statistic: the level, at most 1: less is worse, and drift is *below* the
 * threshold. It is told at errors only; a warning stands until the next error.
 *
 * Made for slow change. The first distances are few, so their greatest level is
 * often an accident that later ones fall below: with the defaults errors at a
 * constant rate of 0.1 alarm about every thousand values. Lower α and β to 0.8
 * and less for series that page somebody.
 *
 * O(1) time and memory.
 *
 * Ref: M. Baena-García et al., Early drift detection method, 4th Int. Workshop
 * on Knowledge Discovery from Data Streams (2006).
 *
 * @example eddm.update(eddm.init(), 1).state.memory.distances.mean // 1
 */
export const eddm = sequentialDetector<EddmParams, EddmMemory>({
  metric: 'eddm',
  method: 'eddm/distances',
  input: 'error',
  describe: 'Early drift detection method: the distance between errors against its greatest.',
  literature: 'M. Baena-García et al., 4th Int. Workshop on KDDS (2006)',
  memory: '7 numbers',
  parameters: {
    warmStart: {
      default: 30,
      meaning: 'Values, and errors, before a warning or a drift may be told.',
      range: [1, endless],
      whole: true,
    },
    alpha: { default: 0.95, meaning: 'Level below which to warn.', range: [smallest, 1] },
    beta: {
      default: 0.9,
      meaning: 'Level below which it is a drift; at most `alpha`.',
      range: [smallest, 1],
    },
  },
  start: ({ alpha, beta }) => {
    if (beta > alpha) throw new RangeError('eddm/distances requires beta to be at most alpha')
    return { n: 0, lastError: 0, distances: noVariance, greatest: null, warning: false }
  },
  react: (memory, params, value): Reaction<EddmMemory> => {
    const n = memory.n + 1
    const standing = { ...undecided, change: memory.warning ? 'warning' : 'none' } as const
    if (value !== 1) return { memory: { ...memory, n }, ...standing }
    const distances = addToVariance(memory.distances, n - memory.lastError)
    const next = { ...memory, n, lastError: n, distances }
    if (n <= params.warmStart) return { memory: next, ...standing }

    const reach = distances.mean + 2 * deviation(distances)
    if (memory.greatest === null || reach > memory.greatest) {
      return { memory: { ...next, greatest: reach }, ...standing }
    }
    if (distances.n <= params.warmStart) return { memory: next, ...standing }
    const statistic = reach / memory.greatest
    const drift = statistic < params.beta
    const warning = !drift && statistic < params.alpha
    return {
      memory: { ...next, warning },
      change: drift ? 'drift' : warning ? 'warning' : 'none',
      way: drift || warning ? 'up' : null,
      statistic,
      threshold: params.beta,
    }
  },
})
