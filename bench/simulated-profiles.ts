import type { CategoricalBinning, FeatureProfile, NumericBinning } from '../detectors/profile.ts'
import { multinomial, type Draws } from './draws.ts'

/** A distribution of numbers as equally likely atoms, ascending; NaN is a missing value. */
export type Atoms = Float64Array

const atomCount = 2048

/** Atoms of a distribution given by its quantile function. */
export const atomsOf = (quantile: (share: number) => number): Atoms =>
  Float64Array.from({ length: atomCount }, (_, i) => quantile((i + 0.5) / atomCount))

/** How often each atom came. A large sample costs no more than a small one. */
export function sample(atoms: Atoms, n: number, draws: Draws): number[] {
  if (n > atoms.length) {
    return multinomial(
      n,
      Array.from(atoms, () => 1),
      draws,
    )
  }
  const counts = Array.from(atoms, () => 0)
  for (let i = 0; i < n; i++) {
    const at = Math.floor(draws.uniform() * atoms.length)
    counts[at] = (counts[at] ?? 0) + 1
  }
  return counts
}

/** Up to 64 bins of equal mass, atoms with a bin of their own, ten coarse ones: as a baseline freezes them. */
export function frozenBinning(atoms: Atoms, counts: readonly number[]): NumericBinning {
  const present = [...atoms].flatMap((value, i) =>
    Number.isNaN(value) || counts[i] === 0 ? [] : [{ value, count: counts[i] ?? 0 }],
  )
  const n = present.reduce((sum, { count }) => sum + count, 0)
  const edges = new Set<number>()
  let below = 0
  let next = 1
  for (const { value, count } of present) {
    below += count
    for (; next < 64 && below > (next * n) / 64; next++) edges.add(value)
  }
  const low = present[0]?.value ?? 0
  edges.delete(low)
  const list = [...edges].sort((a, b) => a - b)
  return {
    kind: 'numeric',
    edges: list,
    coarse: [...list, 0].map((_, i) => Math.floor((i * 10) / (list.length + 1))),
    low,
    high: present.at(-1)?.value ?? 0,
  }
}

/** The profile of a sample whose values lie `shift` higher. */
export function numericProfile(
  { atoms, shift = 0 }: { readonly atoms: Atoms; readonly shift?: number },
  drawn: readonly number[],
  binning: NumericBinning,
): FeatureProfile {
  const counts = new Array<number>(binning.edges.length + 1).fill(0)
  const facts = { n: 0, missing: 0, sum: 0, sumSquares: 0, min: Infinity, max: -Infinity }
  let bin = 0
  let last = -Infinity
  for (const [i, atom] of atoms.entries()) {
    const count = drawn[i] ?? 0
    facts.n += count
    if (count === 0) continue
    if (Number.isNaN(atom)) {
      facts.missing += count
      continue
    }
    const value = atom + shift
    if (value < last) bin = 0
    last = value
    while (bin < binning.edges.length && (binning.edges[bin] ?? Infinity) <= value) bin++
    counts[bin] = (counts[bin] ?? 0) + count
    facts.sum += count * value
    facts.sumSquares += count * value * value
    facts.min = Math.min(facts.min, value)
    facts.max = Math.max(facts.max, value)
  }
  return { ...facts, counts, ...noIssues, outOfRange: 0 }
}

const noIssues = { invalid: 0, typeMismatch: 0, unseen: 0 }

export const categories = (count: number): CategoricalBinning => ({
  kind: 'categorical',
  categories: Array.from({ length: count }, (_, i) => `c${i}`),
})

export function categoricalProfile(
  n: number,
  shares: readonly number[],
  draws: Draws,
): FeatureProfile {
  const counts = [...multinomial(n, shares, draws), 0]
  return {
    ...{ n, missing: 0, ...noIssues, outOfRange: 0, counts },
    ...{ sum: null, sumSquares: null, min: null, max: null },
  }
}
