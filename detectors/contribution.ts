import { nonValues, valueCounts } from './bins.ts'
import { type DriftInput } from './detector.ts'
import { type FeatureBinning, type FeatureProfile } from './profile.ts'

/** What a bin holds: a range [from, to) of numbers, a category, or events without a usable value. */
export type BinName =
  | { readonly kind: 'range'; readonly from: number | null; readonly to: number | null }
  | { readonly kind: 'category'; readonly category: string }
  | { readonly kind: 'other' | 'unseen' | 'type_mismatch' | 'invalid' | 'missing' }

export interface BinContribution {
  readonly bin: BinName
  readonly referenceShare: number
  readonly currentShare: number
  /** Current less reference share: above 0 where the bin gained events. */
  readonly change: number
  /** The bin's part of the whole statistic, not negative. */
  readonly contribution: number
  /** The same as a share of the whole, from 0 to 1; 0 when nothing differs. */
  readonly share: number
}

/** Statistics that are a sum over bins, and L∞, which is the greatest of them. */
export type Explained = 'psi' | 'js' | 'linf'

/**
 * Which bins make a drift, the greatest first, equal ones in the order of the
 * bins:
 *
 *     psi   (qᵢ − pᵢ)·ln(qᵢ/pᵢ), half a pseudo-count a bin
 *     js    ½·pᵢ·log₂(pᵢ/rᵢ) + ½·qᵢ·log₂(qᵢ/rᵢ),   rᵢ = (pᵢ + qᵢ)/2
 *     linf  |qᵢ − pᵢ|
 *
 * with pᵢ and qᵢ the reference and current share of bin i. The terms of `psi`
 * add up to PSI and those of `js` to the square of the Jensen–Shannon distance
 * over these bins. Numbers are taken by their fine bins, finer than `psi` and
 * `js` score, so that a range is named as narrowly as is known; missing,
 * invalid, mismatched and unseen events are bins of their own. Bins that both
 * sides leave empty are dropped. Null when either side holds no event.
 *
 * A bin's term is not tested on its own: with few events the greatest of many
 * bins is large by chance. Ask the detector first whether anything drifted.
 *
 * O(bins · log bins).
 *
 * Ref: as `psi`, `jensenShannon` and `largestShareGap`.
 */
export function binContributions(
  input: DriftInput,
  statistic: Explained,
): BinContribution[] | null {
  const { reference, current, binning } = input
  if (reference.n === 0 || current.n === 0) return null
  const before = allBins(reference, binning)
  const now = allBins(current, binning)
  const used = binNames(binning).flatMap((bin, i) =>
    before[i]! + now[i]! > 0 ? [{ bin, x: before[i]!, y: now[i]! }] : [],
  )
  const sides = { n: sum(before), m: sum(now), bins: used.length }
  const terms = used.map(({ x, y }) => term(statistic, { x, y, ...sides }))
  const whole = sum(terms)
  return used
    .map(({ bin, x, y }, i) => ({
      bin,
      referenceShare: x / sides.n,
      currentShare: y / sides.m,
      change: y / sides.m - x / sides.n,
      contribution: terms[i]!,
      share: whole > 0 ? terms[i]! / whole : 0,
    }))
    .sort((a, b) => b.contribution - a.contribution)
}

/** One feature, in one slice, with what a detector said about it. */
export interface FeatureFinding {
  readonly feature: string
  readonly slice: string
  /** Size of the change, in the detector's unit: the same detector for all. */
  readonly effect: number
  /** Adjusted for the number of findings, where it has been. */
  readonly pValue: number
}

export interface Ranked {
  /** From 1. */
  readonly rank: number
  /** Part of the sum of all significant effects, from 0 to 1. */
  readonly share: number
  readonly significant: boolean
}

/**
 * Features and slices by what they add to the drift: significant ones first,
 * each group by falling effect, then by rising p-value, then by name, so that
 * equal input gives equal order. `level` is what a p-value must not exceed.
 * O(k log k).
 */
export function rankFindings<Finding extends FeatureFinding>(
  findings: readonly Finding[],
  level = 0.05,
): (Finding & Ranked)[] {
  const isSignificant = ({ pValue }: FeatureFinding) => pValue <= level
  const whole = sum(findings.filter(isSignificant).map(({ effect }) => effect))
  return [...findings]
    .sort(
      (a, b) =>
        Number(isSignificant(b)) - Number(isSignificant(a)) ||
        b.effect - a.effect ||
        a.pValue - b.pValue ||
        compareNames(a, b),
    )
    .map((finding, i) => {
      const significant = isSignificant(finding)
      const share = significant && whole > 0 ? finding.effect / whole : 0
      return { ...finding, rank: i + 1, share, significant }
    })
}

function compareNames(a: FeatureFinding, b: FeatureFinding): number {
  const [left, right] = [`${a.feature}\n${a.slice}`, `${b.feature}\n${b.slice}`]
  return left < right ? -1 : left > right ? 1 : 0
}

interface Term {
  readonly x: number
  readonly y: number
  readonly n: number
  readonly m: number
  readonly bins: number
}

function term(statistic: Explained, { x, y, n, m, bins }: Term): number {
  const [p, q] = [x / n, y / m]
  switch (statistic) {
    case 'psi': {
      const before = (x + 0.5) / (n + bins / 2)
      const now = (y + 0.5) / (m + bins / 2)
      return (now - before) * Math.log(now / before)
    }
    case 'js': {
      const middle = (p + q) / 2
      const part = (share: number) => (share > 0 ? share * Math.log2(share / middle) : 0)
      return Math.max(0, (part(p) + part(q)) / 2)
    }
    case 'linf':
      return Math.abs(q - p)
  }
}

function allBins(profile: FeatureProfile, binning: FeatureBinning): number[] {
  return [...valueCounts(profile, binning), ...nonValues(profile)]
}

/** The names of the bins, in the order of `allBins`. */
function binNames(binning: FeatureBinning): BinName[] {
  const values: BinName[] =
    binning.kind === 'categorical'
      ? [
          ...binning.categories.map((category) => ({ kind: 'category' as const, category })),
          { kind: 'other' },
        ]
      : [null, ...binning.edges].map((from, i) => ({
          kind: 'range',
          from,
          to: binning.edges[i] ?? null,
        }))
  return [
    ...values,
    { kind: 'unseen' },
    { kind: 'type_mismatch' },
    { kind: 'invalid' },
    { kind: 'missing' },
  ]
}

function sum(list: readonly number[]): number {
  let total = 0
  for (const value of list) total += value
  return total
}
