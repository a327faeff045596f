import { chi2Contingency } from '../drift/chi2.ts'
import { hellinger as hellingerOfCounts } from '../drift/hellinger.ts'
import { jensenShannon } from '../drift/js.ts'
import { largestShareGap } from '../drift/linf.ts'
import { ksTest } from '../exact/ks.ts'
import { wassersteinExact } from '../exact/wasserstein.ts'
import { binnedKolmogorov, binnedWasserstein } from './nannyml-estimates.ts'
import { doaneEdges, histogramCounts } from './numpy-histogram.ts'
import { type Peer, type PeerMethod, type PeerSample } from './peer.ts'
import { presentNumbers, presentValues, valueCounts } from './present-values.ts'

/** From this many reference values on NannyML estimates from bins. */
const estimateFrom = 10_000

/**
 * Counts of both samples over Doane's bins of the reference, or over its
 * categories; what falls outside of them is one more bin, without reference.
 */
function binned(sample: PeerSample): [readonly number[], readonly number[]] | null {
  const values = presentValues(sample)
  if (values === null) return null
  const numbers = presentNumbers(sample)
  if (numbers === null) {
    const { reference, current } = valueCounts(values)
    const outside = current.reduce((sum, count, i) => sum + (reference[i] === 0 ? count : 0), 0)
    const known = (counts: readonly number[]) => counts.filter((_, i) => reference[i]! > 0)
    return [
      [...known(reference), 0],
      [...known(current), outside],
    ]
  }
  const edges = doaneEdges(numbers.reference)
  const current = histogramCounts(numbers.current, edges)
  const inside = current.reduce((sum, count) => sum + count, 0)
  return [
    [...histogramCounts(numbers.reference, edges), 0],
    [...current, numbers.current.length - inside],
  ]
}

const both = ['numeric', 'categorical'] as const

const js: PeerMethod = {
  metric: 'js',
  method: 'js/nannyml-0.13',
  kinds: both,
  operator: '>',
  threshold: null,
  describe:
    'Jensen–Shannon distance, base 2, over Doane’s bins or the categories of the reference.',
  number: (sample) => {
    const bins = binned(sample)
    return bins && { value: jensenShannon(...bins) }
  },
}

const hellinger: PeerMethod = {
  metric: 'hellinger',
  method: 'hellinger/nannyml-0.13',
  kinds: both,
  operator: '>',
  threshold: null,
  describe: 'Hellinger distance over Doane’s bins or the categories of the reference.',
  number: (sample) => {
    const bins = binned(sample)
    return bins && { value: hellingerOfCounts(...bins) }
  },
}

const linf: PeerMethod = {
  metric: 'linf',
  method: 'linf/nannyml-0.13',
  kinds: ['categorical'],
  operator: '>',
  threshold: null,
  describe: 'Largest change of a category’s share.',
  number: (sample) => {
    const values = presentValues(sample)
    if (values === null) return null
    const { reference, current } = valueCounts(values)
    return { value: largestShareGap(reference, current) }
  },
}

const wasserstein: PeerMethod = {
  metric: 'wasserstein',
  method: 'wasserstein/nannyml-0.13',
  kinds: ['numeric'],
  operator: '>',
  threshold: null,
  describe: 'Wasserstein distance in the feature’s unit; 10,000 bins from 10,000 reference values.',
  number: (sample) => {
    const values = presentNumbers(sample)
    if (values === null) return null
    const { reference, current } = values
    const exact = reference.length < estimateFrom
    return { value: (exact ? wassersteinExact : binnedWasserstein)(reference, current) }
  },
}

const ks: PeerMethod = {
  metric: 'ks',
  method: 'ks/nannyml-0.13',
  kinds: ['numeric'],
  operator: '>',
  threshold: null,
  describe: 'Kolmogorov–Smirnov’s largest gap; at 10,000 equal-width edges from 10,000 values.',
  number: (sample) => {
    const values = presentNumbers(sample)
    if (values === null) return null
    const { reference, current } = values
    const exact = reference.length < estimateFrom
    return {
      value: exact
        ? ksTest(reference, current, 'asymptotic').d
        : binnedKolmogorov(reference, current),
    }
  },
}

const chi2: PeerMethod = {
  metric: 'chi2',
  method: 'chi2/nannyml-0.13',
  kinds: ['categorical'],
  operator: '<',
  threshold: 0.05,
  describe: 'χ² of the contingency table, judged by its p-value.',
  number: (sample) => {
    const values = presentValues(sample)
    if (values === null) return null
    const { reference, current } = valueCounts(values)
    const { statistic, pValue } = chi2Contingency(reference, current)
    return { value: statistic, judged: pValue }
  },
}

/** NannyML 0.13's univariate drift. Its thresholds are learnt: `learntThreshold`. */
export const nannyml: Peer = {
  name: 'nannyml',
  methods: [js, hellinger, linf, wasserstein, ks, chi2],
  chooseTest: () => js,
}

/**
 * NannyML's upper drift threshold: mean and three population standard
 * deviations of the values on chunks of the reference, at most `limit`, which
 * is 1 for `ks`. NaN chunks do not count; null without any.
 *
 * @example learntThreshold([0.1, 0.2, 0.3]) // 0.4449
 */
export function learntThreshold(values: readonly number[], limit = Infinity): number | null {
  const known = values.filter((value) => !Number.isNaN(value))
  if (known.length === 0) return null
  const mean = known.reduce((sum, value) => sum + value, 0) / known.length
  const square = known.reduce((sum, value) => sum + (value - mean) ** 2, 0) / known.length
  return Math.min(limit, mean + 3 * Math.sqrt(square))
}
