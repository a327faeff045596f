import {
  type CategoricalBinning,
  type FeatureProfile,
  type NumericBinning,
} from '../../detectors/profile.ts'

export interface Generator {
  /** Uniform in [0, 1). */
  readonly uniform: () => number
  readonly normal: () => number
}

/** Mulberry32 and Box–Muller: small, seeded, the same on every machine. */
export function seeded(seed: number): Generator {
  let state = seed >>> 0
  const uniform = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
  const normal = () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform())
  return { uniform, normal }
}

export function draw(n: number, value: () => number): number[] {
  return Array.from({ length: n }, value)
}

/** Up to 64 bins of equal mass, ten coarse ones, as the first baseline freezes them. */
export function equalMassBinning(values: readonly number[]): NumericBinning {
  const sorted = Float64Array.from(values).sort()
  const edges = new Set<number>()
  for (let i = 1; i < 64; i++) edges.add(sorted[Math.floor((i * sorted.length) / 64)]!)
  edges.delete(sorted[0]!)
  const list = [...edges]
  const coarse = [...list, 0].map((_, i) => Math.floor((i * 10) / (list.length + 1)))
  return {
    kind: 'numeric',
    edges: list,
    coarse,
    low: sorted[0]!,
    high: sorted[sorted.length - 1]!,
  }
}

export const emptyProfile: FeatureProfile = {
  n: 0,
  missing: 0,
  invalid: 0,
  typeMismatch: 0,
  unseen: 0,
  outOfRange: 0,
  counts: [],
  sum: null,
  sumSquares: null,
  min: null,
  max: null,
}

/** NaN stands for a missing value. */
export function numericProfile(values: readonly number[], binning: NumericBinning): FeatureProfile {
  const present = values.filter((x) => !Number.isNaN(x))
  const counts = histogram(present, binning.edges)
  let sum = 0
  let sumSquares = 0
  let min = Infinity
  let max = -Infinity
  for (const x of present) {
    sum += x
    sumSquares += x * x
    min = Math.min(min, x)
    max = Math.max(max, x)
  }
  const moments = present.length > 0 ? { sum, sumSquares, min, max } : {}
  const missing = values.length - present.length
  return { ...emptyProfile, n: values.length, missing, counts, ...moments }
}

/** Events a bin over inner edges, left-closed. */
export function histogram(values: readonly number[], edges: readonly number[]): number[] {
  const counts = new Array<number>(edges.length + 1).fill(0)
  for (const x of values) counts[bin(edges, x)]!++
  return counts
}

/** Inner deciles by linear interpolation, NumPy's default. */
export function deciles(values: readonly number[]): number[] {
  const sorted = Float64Array.from(values).sort()
  return Array.from({ length: 9 }, (_, i) => {
    const at = ((i + 1) / 10) * (sorted.length - 1)
    const low = sorted[Math.floor(at)]!
    return low + (at - Math.floor(at)) * (sorted[Math.ceil(at)]! - low)
  })
}

function bin(edges: readonly number[], x: number): number {
  let low = 0
  let high = edges.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (edges[middle]! <= x) low = middle + 1
    else high = middle
  }
  return low
}

export function categories(k: number): CategoricalBinning {
  return { kind: 'categorical', categories: Array.from({ length: k }, (_, i) => `c${i}`) }
}

/** Categories with Zipf shares when `skew` is 1, with equal shares when it is 0. */
export function categoricalProfile(
  n: number,
  { k, skew, random }: { k: number; skew: number; random: Generator },
): FeatureProfile {
  const cumulative: number[] = []
  let total = 0
  for (let i = 0; i < k; i++) cumulative.push((total += 1 / (i + 1) ** skew))
  const counts = new Array<number>(k + 1).fill(0)
  for (let i = 0; i < n; i++) counts[bin(cumulative, random.uniform() * total)]!++
  return { ...emptyProfile, n, counts }
}
