import { ksPValue } from '../drift/ks.ts'
import { hellinger as hellingerOfCounts } from '../drift/hellinger.ts'
import { sortedSample } from '../exact/pooled-steps.ts'
import { chi2Survival } from '../special-functions/incomplete-gamma.ts'
import { type Peer, type PeerMethod } from './peer.ts'
import { presentNumbers, presentValues, valueCounts } from './present-values.ts'

/** Quantiles at which whylogs compares the distribution functions. */
const quantiles = 100
const mostBuckets = 30
const valuesABucket = 4

const ks: PeerMethod = {
  metric: 'ks',
  method: 'ks/whylogs-1.6',
  reportsPValue: true,
  kinds: ['numeric'],
  operator: '<',
  threshold: 0.05,
  describe: 'P-value of the largest gap at 100 quantiles of either sample; below 0.15 “possible”.',
  number: (sample) => {
    const values = presentNumbers(sample)
    if (values === null) return null
    const reference = sortedSample(values.reference)
    const current = sortedSample(values.current)
    let d = 0
    for (let i = 0; i < quantiles; i++) {
      for (const side of [reference, current]) {
        const at = side[Math.min(side.length - 1, Math.floor((i / (quantiles - 1)) * side.length))]!
        d = Math.max(d, Math.abs(shareBelow(reference, at) - shareBelow(current, at)))
      }
    }
    return { value: ksPValue({ d, n: reference.length, m: current.length }) }
  },
}

function shareBelow(sorted: Float64Array, value: number): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (sorted[middle]! < value) low = middle + 1
    else high = middle
  }
  return low / sorted.length
}

const hellinger: PeerMethod = {
  metric: 'hellinger',
  method: 'hellinger/whylogs-1.6',
  kinds: ['numeric'],
  operator: '>=',
  threshold: 0.4,
  describe: 'Hellinger distance over at most 30 bins of equal width; from 0.15 “possible”.',
  number: (sample) => {
    const values = presentNumbers(sample)
    if (values === null) return null
    const reference = sortedSample(values.reference)
    const current = sortedSample(values.current)
    const edges = bucketEdges(reference, current)
    return { value: hellingerOfCounts(masses(reference, edges), masses(current, edges)) }
  },
}

function bucketEdges(reference: Float64Array, current: Float64Array): number[] {
  const low = Math.min(reference[0]!, current[0]!)
  const greatest = Math.max(reference.at(-1)!, current.at(-1)!)
  const high = greatest + (greatest === 0 ? 1e-7 : Math.abs(greatest) * 1e-7)
  const values = reference.length + current.length
  const wanted = Math.max(2, Math.min(mostBuckets, Math.ceil(values / valuesABucket)))
  // Below this width two edges would be one number in single precision.
  const least = 2 ** (Math.floor(Math.log2(Math.max(Math.abs(low), Math.abs(high)))) - 23)
  const narrow = (high - low) / wanted < least
  const buckets = narrow ? Math.max(1, Math.floor((high - low) / least)) : wanted
  return Array.from({ length: buckets + 1 }, (_, i) => low + (i * (high - low)) / buckets)
}

/** Share below the first edge, between the edges, and above the last. */
function masses(sorted: Float64Array, edges: readonly number[]): number[] {
  const below = edges.map((edge) => shareBelow(sorted, edge))
  return [...below, 1].map((share, i) => share - (below[i - 1] ?? 0))
}

const chi2: PeerMethod = {
  metric: 'chi2',
  method: 'chi2/whylogs-1.6',
  reportsPValue: true,
  kinds: ['categorical'],
  operator: '<',
  threshold: 0.05,
  describe: 'P-value of χ² against the reference’s shares, expected counts rounded down.',
  number: (sample) => {
    const values = presentValues(sample)
    if (values === null) return null
    const { reference, current } = valueCounts(values)
    let statistic = 0
    for (const [i, count] of current.entries()) {
      const expected = Math.floor((reference[i]! / values.reference.length) * values.current.length)
      statistic += expected === 0 ? Infinity : (count - expected) ** 2 / expected
    }
    const seen = current.filter((count) => count > 0).length
    return { value: chi2Survival(statistic, Math.max(1, seen - 1)) }
  },
}

/**
 * whylogs 1.6's drift scores, with exact distributions in place of its KLL
 * sketches, which are exact for some hundred values and random beyond: there
 * its own p-value differs from run to run.
 */
export const whylogs: Peer = {
  name: 'whylogs',
  methods: [ks, hellinger, chi2],
  chooseTest: ({ kind }) => (kind === 'numeric' ? ks : chi2),
}
