import { total } from '../bins.ts'
import { chi2Contingency } from '../drift/chi2.ts'
import { ksTest } from '../exact/ks.ts'
import { wassersteinExact } from '../exact/wasserstein.ts'
import { psiPlain } from './evidently-shares.ts'
import { extent, linearQuantile } from './numpy-histogram.ts'
import { type Peer, type PeerMethod, type PeerSample } from './peer.ts'
import { presentNumbers, presentValues, valueCounts } from './present-values.ts'

/** deepchecks wants this many values on each side. */
const leastValues = 10
/** Categories with a smaller share of the reference count as one, "Other". */
const leastShare = 0.01
/** Shares below this count as this much in PSI. */
const shareFloor = 0.01
/** What is cut off at each end before the earth mover's distance. */
const margin = 0.025

function numbersOf(sample: PeerSample): [readonly number[], readonly number[]] | null {
  const values = presentNumbers(sample)
  if (values === null) return null
  const { reference, current } = values
  return Math.min(reference.length, current.length) < leastValues ? null : [reference, current]
}

/** Counts by category; rare ones together, and that left out again where they are rare on both sides. */
function categoryCounts(sample: PeerSample): [readonly number[], readonly number[]] | null {
  const values = presentValues(sample)
  if (values === null) return null
  const [n, m] = [values.reference.length, values.current.length]
  if (Math.min(n, m) < leastValues) return null
  const { reference, current } = valueCounts(values)
  const common = reference.map((count) => count >= n * leastShare)
  const rest = (counts: readonly number[]) => total(counts.filter((_, i) => !common[i]))
  const other = [rest(reference), rest(current)] as const
  const kept = other[0] > leastShare * n || other[1] > leastShare * m
  const pick = (counts: readonly number[], more: number) => [
    ...counts.filter((_, i) => common[i]),
    ...(kept ? [more] : []),
  ]
  return [pick(reference, other[0]), pick(current, other[1])]
}

const ks: PeerMethod = {
  metric: 'ks',
  method: 'ks/deepchecks-0.19',
  kinds: ['numeric'],
  operator: '>=',
  threshold: 0.2,
  describe: 'Kolmogorov–Smirnov’s largest gap.',
  number: (sample) => {
    const values = numbersOf(sample)
    return values && { value: ksTest(...values, 'asymptotic').d }
  },
}

const emd: PeerMethod = {
  metric: 'wasserstein',
  method: 'wasserstein/deepchecks-0.19',
  kinds: ['numeric'],
  operator: '>=',
  threshold: 0.2,
  describe: 'Earth mover’s distance of the middle 95 %, on the scale of their common range.',
  number: (sample) => {
    const values = numbersOf(sample)
    if (values === null) return null
    const [reference, current] = values.map(withoutMargins) as [number[], number[]]
    const [low, high] = extent([...reference, ...current])
    return { value: low === high ? 0 : wassersteinExact(reference, current) / (high - low) }
  },
}

function withoutMargins(values: readonly number[]): number[] {
  const sorted = [...values].sort((a, b) => a - b)
  const [low, high] = [linearQuantile(sorted, margin), linearQuantile(sorted, 1 - margin)]
  return values.filter((value) => low <= value && value <= high)
}

const cramersV: PeerMethod = {
  metric: 'cramers-v',
  method: 'cramers-v/deepchecks-0.19',
  kinds: ['categorical'],
  operator: '>=',
  threshold: 0.2,
  describe: 'Bias-corrected Cramér’s V (Yates for two categories), the larger sample scaled down.',
  number: (sample) => {
    const counts = categoryCounts(sample)
    if (counts === null) return null
    const least = Math.min(total(counts[0]), total(counts[1]))
    const [x, y] = counts.map((side) =>
      side.map((count) => roundedHalfEven((count * least) / total(side))),
    ) as [number[], number[]]
    return { value: correctedV(x, y) }
  },
}

function correctedV(x: readonly number[], y: readonly number[]): number {
  const events = total(x) + total(y)
  const bins = x.filter((count, i) => count + y[i]! > 0).length
  if (bins < 2 || total(x) === 0 || total(y) === 0) return 0
  const excess = chi2Contingency(x, y).statistic / events - (bins - 1) / (events - 1)
  const columns = bins - (bins - 1) ** 2 / (events - 1)
  return Math.sqrt(Math.max(0, excess) / Math.min(columns - 1, 1 - 1 / (events - 1)))
}

/** NumPy rounds halves to the even neighbour. */
function roundedHalfEven(x: number): number {
  const floor = Math.floor(x)
  if (x - floor !== 0.5) return Math.round(x)
  return floor % 2 === 0 ? floor : floor + 1
}

const psi: PeerMethod = {
  metric: 'psi',
  method: 'psi/deepchecks-0.19',
  kinds: ['categorical'],
  operator: '>=',
  threshold: 0.2,
  describe: 'PSI of category shares, each at least 0.01; rare categories together.',
  number: (sample) => {
    const counts = categoryCounts(sample)
    if (counts === null) return null
    const [p, q] = counts.map((side) =>
      side.map((count) => Math.max(shareFloor, count / total(side))),
    ) as [number[], number[]]
    return { value: psiPlain(p, q) }
  },
}

/** deepchecks 0.19's drift scores, without its sampling of large data. */
export const deepchecks: Peer = {
  name: 'deepchecks',
  methods: [ks, emd, cramersV, psi],
  chooseTest: ({ kind }) => (kind === 'numeric' ? ks : cramersV),
}
