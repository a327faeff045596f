import { endless, sequentialDetector, undecided, type Reaction } from './detector.ts'
import { beyond, type Mode, modes } from './mode.ts'
import { addToVariance, deviation, noVariance, type RunningVariance } from './running-mean.ts'

export interface CusumParams {
  readonly minInstances: number
  readonly slack: number
  readonly threshold: number
  readonly mode: Mode
  readonly center: number | null
  readonly deviation: number | null
}

export interface CusumMemory {
  /** Of the first `minInstances` values. */
  readonly reference: RunningVariance
  readonly up: number
  readonly down: number
}

/**
 * The tabular CUSUM chart: deviations from a reference level in its standard
 * deviations, less a slack k, summed and held at zero,
 *
 *     U ← max(0, U + (x − μ) − kσ)    D ← max(0, D − (x − μ) − kσ)
 *
 * Drift when a watched sum passes hσ. μ and σ are those of the first
 * `minInstances` values, then frozen, since a running mean would follow the
 * shift; or `center` and `deviation` where the level is known, which then needs
 * no warm-up. Statistic: the greater watched sum, in units of the values.
 *
 * Scale-free. With k = ½, h = 5 and a known level of independent normal values
 * a false alarm comes every 465 values in both directions, every 930 in one,
 * and a shift of one σ is seen after 10; a level from 30 values only makes
 * false alarms more frequent, and so do values that hang together in time. A
 * reference without any variation makes the first other value a drift.
 *
 * O(1) time and memory.
 *
 * Ref: E. S. Page, Continuous inspection schemes, Biometrika 41 (1954),
 * 100–115; D. C. Montgomery, Introduction to statistical quality control,
 * ch. 9.1, for the run lengths.
 *
 * @example cusum.update(cusum.init({ center: 0, deviation: 1 }), 2).statistic // 1.5
 */
export const cusum = sequentialDetector<CusumParams, CusumMemory>({
  metric: 'cusum',
  method: 'cusum/tabular',
  input: 'number',
  describe: 'CUSUM chart: deviations from a frozen level, in its standard deviations, summed.',
  literature: 'E. S. Page, Biometrika 41 (1954)',
  memory: '5 numbers',
  parameters: {
    minInstances: {
      default: 30,
      meaning: 'Values that the reference level is taken from.',
      range: [1, endless],
      whole: true,
    },
    slack: {
      default: 0.5,
      meaning: 'k: half the shift to be found, in standard deviations.',
      range: [0, endless],
    },
    threshold: {
      default: 5,
      meaning: 'h: the sum that is a drift, in standard deviations.',
      range: [0, endless],
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
    requireBoth('cusum', params)
    return { reference: noVariance, up: 0, down: 0 }
  },
  react: (memory, params, value): Reaction<CusumMemory> => {
    const learning = params.center === null && memory.reference.n < params.minInstances
    const reference = learning ? addToVariance(memory.reference, value) : memory.reference
    if (learning && reference.n < params.minInstances) {
      return { memory: { ...memory, reference }, ...undecided }
    }
    const sigma = params.deviation ?? deviation(reference)
    const offset = value - (params.center ?? reference.mean)
    const next = {
      reference,
      up: Math.max(0, memory.up + offset - params.slack * sigma),
      down: Math.max(0, memory.down - offset - params.slack * sigma),
    }
    return { memory: next, ...beyond(params.mode, next, params.threshold * sigma, 'above') }
  },
})

/** A known level is a centre and a deviation. Throws `RangeError` for one alone. */
export function requireBoth(
  name: string,
  known: { readonly center: number | null; readonly deviation: number | null },
): void {
  if ((known.center === null) !== (known.deviation === null)) {
    throw new RangeError(`${name} requires center and deviation together`)
  }
}
