import {
  type AdwinWindow,
  emptyWindow,
  inserted,
  widestCut,
  withoutOldest,
} from './adwin-window.ts'
import { endless, sequentialDetector, smallest, undecided, type Reaction } from './detector.ts'

export interface AdwinParams {
  readonly delta: number
  readonly clock: number
  readonly maxBuckets: number
  readonly minWindowLength: number
  readonly gracePeriod: number
  readonly cuts: 'settled' | 'all'
  readonly afterDrift: 'restart' | 'keep'
}

export interface AdwinMemory extends AdwinWindow {
  /** Values since the start, kept where the window shrinks. */
  readonly seen: number
}

/**
 * Adaptive windowing: a window that grows while its values look alike, and
 * loses its older part when that has another mean than the newer. For every
 * cut into n₀ older and n₁ newer values
 *
 *     |mean₁ − mean₀| > √(2m·σ²·δ′) + ⅔·δ′·m,   δ′ = ln(2·ln(n₀ + n₁)/δ),
 *     m = 1/(n₀ − l + 1) + 1/(n₁ − l + 1),   l the least window length
 *
 * is a drift, and the oldest bucket goes until no cut is one. Statistic: the
 * gap of the means at the deciding cut, against its bound; told only at every
 * `clock`-th value, when cuts are tried.
 *
 * The bound's last term takes values to lie within a range of about one: for
 * smaller ones it is too wide, for greater ones false alarms are more frequent
 * than δ says. Cuts are only where buckets end, so the place of a change is
 * known to within a bucket. `cuts: 'settled'` never tries the newest bucket of
 * a size and leaves it out of the older part, as river up to 0.21 does;
 * `'all'` is the paper's and river 0.26's. A constant never alarms.
 *
 * O(log n) time and memory, n the length of the window.
 *
 * Ref: A. Bifet, R. Gavaldà, Learning from time-changing data with adaptive
 * windowing, SDM (2007), 443–448.
 *
 * @example adwin.update(adwin.init(), 3).state.memory.width // 1
 */
export const adwin = sequentialDetector<AdwinParams, AdwinMemory>({
  metric: 'adwin',
  method: 'adwin/2',
  input: 'number',
  describe: 'Adaptive window: two parts of the recent past whose means differ too much.',
  literature: 'A. Bifet, R. Gavaldà, SDM (2007)',
  memory: '2 · (`maxBuckets` + 1) · log₂(n) numbers: 240 after a million values',
  parameters: {
    delta: { default: 0.002, meaning: 'δ: chance of a false alarm.', range: [smallest, 1] },
    clock: {
      default: 32,
      meaning: 'Cuts are tried at every so many values.',
      range: [1, endless],
      whole: true,
    },
    maxBuckets: {
      default: 5,
      meaning: 'Buckets of each size before two of them join.',
      range: [2, 100],
      whole: true,
    },
    minWindowLength: {
      default: 5,
      meaning: 'Least values on either side of a cut.',
      range: [1, endless],
      whole: true,
    },
    gracePeriod: {
      default: 10,
      meaning: 'Values before cuts are tried.',
      range: [1, endless],
      whole: true,
    },
    cuts: {
      default: 'settled',
      meaning: 'Whether cuts at the newest bucket of each size are left out.',
      choices: ['settled', 'all'],
    },
    afterDrift: {
      default: 'restart',
      meaning: 'Whether the newer part is forgotten as well, or kept as the new level.',
      choices: ['restart', 'keep'],
    },
  },
  start: () => ({ ...emptyWindow, seen: 0 }),
  react: (memory, params, value): Reaction<AdwinMemory> => {
    const seen = memory.seen + 1
    const window = inserted(memory, value, params.maxBuckets)
    const due = seen % params.clock === 0 && window.width > params.gracePeriod
    if (!due) return { memory: { ...window, seen }, ...undecided }
    return shrunk({ ...window, seen }, params)
  },
})

function shrunk(memory: AdwinMemory, params: AdwinParams): Reaction<AdwinMemory> {
  const options = {
    delta: params.delta,
    minLength: params.minWindowLength,
    settled: params.cuts === 'settled',
  }
  const first = widestCut(memory, options)
  if (first === null) return { memory, ...undecided }
  const statistic = Math.abs(first.gap)
  const threshold = first.bound
  if (statistic <= threshold) return { memory, change: 'none', way: null, statistic, threshold }

  let window: AdwinWindow = memory
  for (
    let cut: typeof first | null = first;
    cut !== null && Math.abs(cut.gap) > cut.bound;
    cut = widestCut(window, options)
  ) {
    window = withoutOldest(window)
  }
  const way = first.gap > 0 ? 'up' : 'down'
  const keep = params.afterDrift === 'keep'
  return {
    memory: { ...window, seen: memory.seen },
    keep,
    change: 'drift',
    way,
    statistic,
    threshold,
  }
}
