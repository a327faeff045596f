import { jensenShannon } from '../drift/js.ts'
import { largestShareGap } from '../drift/linf.ts'
import { equalWidthEdges, extent, histogramCounts } from './numpy-histogram.ts'
import { type Peer, type PeerMethod } from './peer.ts'
import { presentNumbers, presentValues, valueCounts } from './present-values.ts'

/** Buckets that each sample is stored in. */
const buckets = 10

const js: PeerMethod = {
  metric: 'js',
  method: 'js/vertex',
  kinds: ['numeric'],
  operator: '>',
  threshold: 0.3,
  describe: 'Jensen–Shannon divergence, base 2, of two histograms of ten bins of equal width.',
  number: (sample) => {
    const values = presentNumbers(sample)
    if (values === null) return null
    const before = histogram(values.reference)
    const now = histogram(values.current)
    const bounds = [...new Set([...before.edges, ...now.edges])].sort((a, b) => a - b)
    const distance = jensenShannon(spreadOver(before, bounds), spreadOver(now, bounds))
    return { value: distance * distance }
  },
}

interface Histogram {
  readonly edges: readonly number[]
  readonly shares: readonly number[]
}

function histogram(values: readonly number[]): Histogram {
  const [low, high] = extent(values)
  const edges = low === high ? [low, low] : equalWidthEdges(low, high, buckets)
  const shares = low === high ? [1] : histogramCounts(values, edges).map((k) => k / values.length)
  return { edges, shares }
}

/**
 * The shares between all bounds of both histograms, each bucket's spread evenly
 * over its width; a constant sample keeps its mass in the gap that begins there.
 */
function spreadOver({ edges, shares }: Histogram, bounds: readonly number[]): number[] {
  const constant = edges[0] === edges.at(-1)
  let bucket = 0
  return bounds.map((low, i) => {
    if (constant) return low === edges[0] ? 1 : 0
    const high = bounds[i + 1] ?? low
    while (bucket + 1 < shares.length && edges[bucket + 1]! <= low) bucket++
    if (low < edges[0]! || high > edges.at(-1)!) return 0
    return (shares[bucket]! * (high - low)) / (edges[bucket + 1]! - edges[bucket]!)
  })
}

const linf: PeerMethod = {
  metric: 'linf',
  method: 'linf/vertex',
  kinds: ['categorical'],
  operator: '>',
  threshold: 0.3,
  describe: 'Largest change of a category’s share.',
  number: (sample) => {
    const values = presentValues(sample)
    if (values === null) return null
    const { reference, current } = valueCounts(values)
    return { value: largestShareGap(reference, current) }
  },
}

/** Vertex AI Model Monitoring's skew and drift scores, after its documentation. */
export const vertex: Peer = {
  name: 'vertex',
  methods: [js, linf],
  chooseTest: ({ kind }) => (kind === 'numeric' ? js : linf),
}
