import { type BinPair, effectiveSize, requireSameBins, total } from '../bins.ts'
import { type Detector } from '../detector.ts'
import { fineBins } from '../pair.ts'
import { noiseLevel, type Score } from '../score.ts'
import { kolmogorovQuantile, kolmogorovSurvival } from '../special-functions/kolmogorov.ts'

/**
 * Kolmogorov–Smirnov statistic of two histograms over the same ordered bins:
 *
 *     D = max over i of | Fᵢ − Gᵢ |
 *
 * with Fᵢ and Gᵢ the share of reference and current events up to bin i. From 0
 * to 1; greater is worse.
 *
 * Binned, D is at most one bin's mass below the exact statistic, so its p-value
 * errs on the quiet side. Ties do the same. An empty sample counts as share 0
 * everywhere.
 *
 * O(bins).
 *
 * Ref: N. Smirnov, Ann. Math. Stat. 19 (1948), 279–281.
 *
 * @example binnedKs([25, 25, 25, 25], [40, 30, 20, 10]) // 0.2
 */
export function binnedKs(reference: readonly number[], current: readonly number[]): number {
  requireSameBins('binnedKs', reference, current)
  const n = Math.max(1, total(reference))
  const m = Math.max(1, total(current))
  let below = 0
  let belowNow = 0
  let gap = 0
  for (let i = 0; i < reference.length; i++) {
    below += reference[i]!
    belowNow += current[i]!
    gap = Math.max(gap, Math.abs(below / n - belowNow / m))
  }
  return Math.min(1, gap)
}

/**
 * The exact two-sample statistic of two lists of finite values, in any order:
 * the oracle of `ks/exact`. From 0 to 1; greater is worse. Ties are handled:
 * the distributions are compared after each distinct value. Throws `RangeError`
 * when either list is empty. O(n log n).
 *
 * Ref: as `binnedKs`; SciPy's `ks_2samp(a, b).statistic`.
 *
 * @example ksTwoSample([1, 2, 3], [2, 3, 4]) // 0.3333
 */
export function ksTwoSample(reference: readonly number[], current: readonly number[]): number {
  if (reference.length === 0 || current.length === 0) {
    throw new RangeError('ksTwoSample requires at least one value on each side')
  }
  const a = Float64Array.from(reference).sort()
  const b = Float64Array.from(current).sort()
  let i = 0
  let j = 0
  let gap = 0
  while (i < a.length && j < b.length) {
    const value = Math.min(a[i]!, b[j]!)
    while (i < a.length && a[i] === value) i++
    while (j < b.length && b[j] === value) j++
    gap = Math.max(gap, Math.abs(i / a.length - j / b.length))
  }
  return gap
}

/** KS over stored rows. */
export const ksExactMethod = 'ks/exact'

/**
 * The score of a statistic that was computed elsewhere, over `n` reference and
 * `m` current rows. The p-value is SciPy's asymptotic one,
 * kstwo.sf(d, round(nm/(n+m))). O(1) for large samples.
 *
 * @example ksExactScore({ d: 0.045, n: 1500, m: 1000 }).pValue // 0.1707
 */
export function ksExactScore({ d, n, m }: { d: number; n: number; m: number }): Score {
  return ksScore(ksExactMethod, { d, n, m })
}

/** P-value of a largest gap d between the empirical distributions of n and m values. */
export function ksPValue({ d, n, m }: { d: number; n: number; m: number }): number {
  return kolmogorovSurvival(wholeSize(n, m), d)
}

/** The largest gap that two samples of n and m values stay below in 95 of 100 draws. */
export function ksNoiseFloor(n: number, m: number): number {
  return kolmogorovQuantile(wholeSize(n, m), noiseLevel)
}

function wholeSize(n: number, m: number): number {
  return Math.max(1, Math.round(effectiveSize(n, m)))
}

function ksScore(method: string, gap: { d: number; n: number; m: number }): Score {
  return {
    method,
    value: gap.d,
    direction: 'greater_is_worse',
    pValue: ksPValue(gap),
    effect: gap.d,
    nReference: gap.n,
    nCurrent: gap.m,
    noiseFloor: ksNoiseFloor(gap.n, gap.m),
  }
}

/** The score of the bins of a pair: `linf` reads numbers the same way. */
export function binnedKsScore({ reference, current, n, m }: BinPair): Score {
  return ksScore('ks/binned-64', { d: binnedKs(reference, current), n, m })
}

export const ksDetector: Detector = {
  metric: 'ks',
  method: 'ks/binned-64',
  kinds: ['numeric'],
  direction: 'greater_is_worse',
  minReference: 100,
  describe:
    'Largest gap between the two distribution functions, over up to 64 bins; at most one bin’s mass below the exact statistic.',
  compute: (input) => {
    if (input.binning.kind !== 'numeric') return null
    return fineBins(input)?.once(binnedKsScore) ?? null
  },
}
