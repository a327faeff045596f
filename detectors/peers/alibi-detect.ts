import { chi2Contingency } from '../drift/chi2.ts'
import { cvmTest } from '../exact/cvm.ts'
import { ksTest } from '../exact/ks.ts'
import { fdrMetric, verdictMethod, verdictMetric } from './peer-metrics.ts'
import { type Peer, type PeerMethod } from './peer.ts'
import { presentNumbers, presentValues, valueCounts } from './present-values.ts'

/** alibi-detect's default level, for one feature without a correction. */
const level = 0.05

/** alibi-detect keeps p-values in single precision and compares those. */
const single = Math.fround

const ks: PeerMethod = {
  metric: 'ks',
  method: 'ks/alibi-detect-0.12',
  kinds: ['numeric'],
  operator: '<',
  threshold: level,
  describe: 'Kolmogorov–Smirnov’s largest gap, judged by the asymptotic p-value.',
  number: (sample) => {
    const values = presentNumbers(sample)
    if (values === null) return null
    const { d, pValue } = ksTest(values.reference, values.current, 'asymptotic')
    return { value: d, judged: single(pValue) }
  },
}

const chi2: PeerMethod = {
  metric: 'chi2',
  method: 'chi2/alibi-detect-0.12',
  kinds: ['categorical'],
  operator: '<',
  threshold: level,
  describe: 'χ² of the contingency table (Yates for two categories), judged by its p-value.',
  number: (sample) => {
    const values = presentValues(sample)
    if (values === null) return null
    const { reference, current } = valueCounts(values)
    const { statistic, pValue } = chi2Contingency(reference, current)
    return { value: statistic, judged: single(pValue) }
  },
}

const cvm: PeerMethod = {
  metric: 'cvm',
  method: 'cvm/alibi-detect-0.12',
  kinds: ['numeric'],
  operator: '<',
  threshold: level,
  describe: 'Cramér–von Mises statistic, judged by its p-value, exact up to 20 values.',
  number: (sample) => {
    const values = presentNumbers(sample)
    if (values === null || Math.min(values.reference.length, values.current.length) < 2) return null
    const { t, pValue } = cvmTest(values.reference, values.current)
    return { value: t, judged: single(pValue) }
  },
}

/**
 * alibi-detect 0.12's univariate tests, chosen as its `TabularDrift` does. Its verdict over all
 * features is Bonferroni's, its default; that of false discoveries goes by a name of its own.
 */
export const alibiDetect: Peer = {
  name: 'alibi-detect',
  methods: [ks, chi2, cvm],
  chooseTest: ({ kind }) => (kind === 'numeric' ? ks : chi2),
  dataset: (scores) => {
    const pValues = scores.map(({ judged }) => judged)
    const least = Math.min(...pValues)
    return (['bonferroni', 'fdr'] as const).map((correction) => {
      const { drifted, threshold } = alibiVerdict(pValues, correction)
      return {
        metric: correction === 'fdr' ? fdrMetric : verdictMetric,
        method: verdictMethod(`alibi-detect-0.12-${correction}`),
        value: Number(drifted),
        judged: least,
        threshold,
      }
    })
  },
}

export interface BatchVerdict {
  readonly drifted: boolean
  /** What a p-value had to lie below; for `fdr` without drift that of the greatest one. */
  readonly threshold: number
}

/**
 * alibi-detect's verdict over all features of a batch: `bonferroni`, its
 * default, when any p lies below α/d; `fdr` when any p₍ᵢ₎ lies below α·i/d,
 * strictly, unlike Benjamini and Hochberg. Throws `RangeError` without features.
 *
 * @example alibiVerdict([0.01, 0.5], 'bonferroni').threshold // 0.025
 */
export function alibiVerdict(
  pValues: readonly number[],
  correction: 'bonferroni' | 'fdr',
  alpha = level,
): BatchVerdict {
  const d = pValues.length
  if (d === 0) throw new RangeError('alibiVerdict requires a p-value')
  if (correction === 'bonferroni') {
    return { drifted: pValues.some((p) => p < alpha / d), threshold: alpha / d }
  }
  const sorted = [...pValues].sort((a, b) => a - b)
  const last = sorted.findLastIndex((p, i) => p < (alpha * (i + 1)) / d)
  return last < 0
    ? { drifted: false, threshold: alpha }
    : { drifted: true, threshold: (alpha * (last + 1)) / d }
}
