import { effectiveSize, nonValues, total } from '../bins.ts'
import { bridgeNull } from '../calibration/bridge-null.ts'
import { levelOfFewEvents, withFewEvents } from '../calibration/few-events.ts'
import { gammaQuantile, gammaSurvival } from '../calibration/permutation-null.ts'
import { withRareRest } from '../calibration/rare-rest.ts'
import { type Detector, type DriftInput } from '../detector.ts'
import { fineBins, profilePair } from '../pair.ts'
import { noiseLevel } from '../score.ts'
import { distributionGaps } from './distribution-gaps.ts'
import { placedValues } from './wasserstein.ts'

/**
 * Energy distance of two histograms whose bins sit at ascending positions:
 *
 *     E = √( 2·Σ (Fᵢ − Gᵢ)²·(xᵢ₊₁ − xᵢ) )
 *
 * with Fᵢ and Gᵢ the share of reference and current events up to bin i and xᵢ
 * its position. In the square root of the positions' unit; zero only for equal
 * shares, symmetric, a metric, without an upper bound; greater is worse. Against
 * Wasserstein it squares the gaps, and so is calmer about thin, long tails.
 * An empty sample counts as share 0 everywhere. O(bins).
 *
 * Ref: G. J. Székely, M. L. Rizzo, J. Stat. Plan. Inference 143 (2013),
 * 1249–1272; SciPy's `stats.energy_distance`.
 *
 * @example energyDistance([1, 1, 0], [0, 1, 1], [0, 1, 3]) // 1.2247
 */
export function energyDistance(
  reference: readonly number[],
  current: readonly number[],
  positions: readonly number[],
): number {
  if (reference.length !== current.length || reference.length !== positions.length) {
    throw new RangeError('energyDistance requires two histograms over the same positions')
  }
  const n = Math.max(1, total(reference))
  const m = Math.max(1, total(current))
  return rootArea(distributionGaps({ reference, current, n, m }).gaps, positions)
}

function rootArea(gaps: readonly number[], positions: readonly number[]): number {
  let sum = 0
  for (let i = 0; i < gaps.length; i++) {
    sum += gaps[i]! * gaps[i]! * (positions[i + 1]! - positions[i]!)
  }
  return Math.sqrt(2 * sum)
}

/**
 * Positions of the bins in use, in reference deviations; unseen, mismatched, invalid
 * and missing events follow after the greatest value, a deviation apart each.
 */
function placesInUse({ reference, current }: DriftInput, positions: readonly number[]): number[] {
  // A constant reference has one position for all bins; another value then lies a deviation off.
  const flat = positions[0] === positions.at(-1)
  const places: number[] = []
  let last = 0
  for (let i = 0; i < positions.length; i++) {
    last = flat ? i : positions[i]!
    if (reference.counts[i]! + current.counts[i]! > 0) places.push(last)
  }
  const now = nonValues(current)
  for (const [i, count] of nonValues(reference).entries()) {
    if (count + now[i]! > 0) places.push(last + 1 + i)
  }
  return places
}

export const energyDetector: Detector = {
  metric: 'energy',
  method: 'energy/normed-64',
  kinds: ['numeric'],
  direction: 'greater_is_worse',
  minReference: 100,
  describe:
    'Energy distance over up to 64 bins, values in standard deviations of the reference; missing and invalid follow after the greatest value.',
  compute: (input) => {
    const pair = profilePair(input)
    const bins = fineBins(pair)
    const values = pair.once(placedValues)
    if (bins === null || values === null) return null
    const { n, m } = bins
    const { gaps, heights } = bins.once(distributionGaps)
    const places = placesInUse(pair, values.positions)
    const value = rootArea(gaps, places)
    const nothing = bridgeNull(
      heights,
      heights.map((_, i) => 2 * (places[i + 1]! - places[i]!)),
    )
    const size = effectiveSize(n, m)
    const judgement = {
      pValue: withFewEvents(gammaSurvival(value * value * size, nothing), n, m),
      noiseFloor: Math.sqrt(gammaQuantile(levelOfFewEvents(noiseLevel, n, m), nothing) / size),
    }
    return {
      method: 'energy/normed-64',
      value,
      direction: 'greater_is_worse',
      effect: value,
      nReference: n,
      nCurrent: m,
      ...withRareRest(judgement, value, bins),
    }
  },
}
