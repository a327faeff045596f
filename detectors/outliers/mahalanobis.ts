import { cholesky, factorInto, invertLower, solveLower } from './linear-algebra.ts'
import { type Scorer } from './scorer.ts'
import { shrinkageIntensity, shrunk } from './shrinkage.ts'

/** What the reference says of the encoded features together. */
export interface JointMoments {
  readonly n: number
  readonly means: readonly number[]
  /** Population standard deviations; 0 for a feature that never varied. */
  readonly deviations: readonly number[]
  /**
   * Covariances of the standardised features with 0 for a missing value, and of
   * each pair the share of rows that have both, row by row.
   */
  readonly covariance: readonly number[]
  readonly bothPresent: readonly number[]
  /** Mean of the squared length, squared, of the standardised rows. */
  readonly fourth: number
}

/** Plain JSON. */
export interface Mahalanobis {
  readonly kind: 'mahalanobis'
  readonly means: readonly number[]
  readonly scales: readonly number[]
  /** Weight of the identity in the correlations. */
  readonly shrinkage: number
  /** The inverse of the shrunk correlations' Cholesky factor: its lower triangle, row by row. */
  readonly whitening: readonly number[]
}

/**
 * Fits a Mahalanobis distance with shrunk correlations. Missing values shrink
 * a covariance of rows that have 0 in their place by the share of rows that
 * have both values, so it is divided by that share. Such a matrix may fail to
 * be one of correlations; the shrinkage then grows until it is. O(features³).
 */
export function fitMahalanobis(moments: JointMoments): Mahalanobis {
  const size = moments.means.length
  const correlation = correlations(moments)
  const { n, fourth } = moments
  let shrinkage = shrinkageIntensity({ correlation, size, n, fourth })
  let lower = cholesky(shrunk(correlation, size, shrinkage), size)
  while (lower === null) {
    shrinkage = Math.min(1, Math.max(1e-6, shrinkage * 2))
    lower = cholesky(shrunk(correlation, size, shrinkage), size)
  }
  const whitening = invertLower(lower, size)
  return {
    kind: 'mahalanobis',
    means: moments.means,
    scales: moments.deviations.map((deviation, i) => scaleOf(deviation, moments.means[i]!)),
    shrinkage,
    whitening: moments.means.flatMap((_, i) =>
      Array.from(whitening.subarray(i * size, i * size + i + 1)),
    ),
  }
}

/** A feature that never varied makes any other value an outlier. */
const scaleOf = (deviation: number, mean: number): number =>
  deviation > 0 ? deviation : Math.max(1e-9, 1e-6 * Math.abs(mean))

function correlations({ means, deviations, covariance, bothPresent }: JointMoments): Float64Array {
  const size = means.length
  const full = Float64Array.from(covariance, (c, i) => {
    const both = bothPresent[i]!
    return both > 0 ? Math.min(1, Math.max(-1, c / both)) : 0
  })
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < size; j++) {
      if (i === j) full[i * size + j] = 1
      else if (deviations[i] === 0 || deviations[j] === 0) full[i * size + j] = 0
    }
  }
  return full
}

/** Standardised values are cut here, so that no square overflows. */
const farthest = 1e6

/**
 * The squared Mahalanobis distance zᵀ·R⁻¹·z of a row's standardised values from
 * the mean: about the number of features for a usual row, without upper limit;
 * greater is stranger. It sees values that are each usual and never occur
 * together. Heavy tails make many rows strange, and categories count by rarity.
 *
 * A missing value takes no side: the distance is the mean over what it may have
 * been given the others, which is the distance of those alone plus 1 for each
 * that is missing. A row without any value scores the number of features.
 *
 * A feature's contribution is zᵢ·(R⁻¹z)ᵢ, which add up to the distance; those
 * below 0 (a value that makes the others less strange) count as 0.
 *
 * Cost: features²/2 multiplications; with missing values features² + missing³/6.
 * Not for two callers at once: buffers are reused.
 *
 * Ref: P. C. Mahalanobis, Proc. Nat. Inst. Sci. India 2 (1936), 49–55.
 */
export function mahalanobisScorer(model: Mahalanobis): Scorer {
  const size = model.means.length
  const means = Float64Array.from(model.means)
  const scales = Float64Array.from(model.scales)
  const whitening = Float64Array.from(model.whitening)
  const precision = precisionOf(whitening, size)
  const z = new Float64Array(size)
  const pull = new Float64Array(size)
  const gaps = gapsOf(size)

  /** Fills z, with 0 where a value is missing; answers how many are. */
  const standardise = (values: Float64Array): number => {
    let missing = 0
    for (let i = 0; i < size; i++) {
      const x = (values[i]! - means[i]!) / scales[i]!
      if (x === x) z[i] = x > farthest ? farthest : x < -farthest ? -farthest : x
      else {
        z[i] = 0
        gaps.places[missing++] = i
      }
    }
    return missing
  }

  /** Fills the missing values with what the others say of them, and pull with R⁻¹·z. */
  const pulled = (missing: number): void => {
    multiply(precision, z, pull)
    if (missing === 0) return
    expected(precision, pull, missing, gaps)
    for (let k = 0; k < missing; k++) z[gaps.places[k]!] = -gaps.solution[k]!
    multiply(precision, z, pull)
  }

  return {
    raw: (values) => {
      const missing = standardise(values)
      if (missing === 0) return squaredLength(whitening, z, size)
      pulled(missing)
      let distance = missing
      for (let i = 0; i < size; i++) distance += z[i]! * pull[i]!
      return distance
    },
    contribute: (values, into) => {
      pulled(standardise(values))
      for (let i = 0; i < size; i++) into[i] = values[i] === values[i] ? z[i]! * pull[i]! : 0
      for (let i = 0; i < size; i++) if (!(into[i]! > 0)) into[i] = 0
    },
  }
}

/** ‖W·z‖², W a packed lower triangle. */
function squaredLength(whitening: Float64Array, z: Float64Array, size: number): number {
  let total = 0
  let at = 0
  for (let i = 0; i < size; i++) {
    let sum = 0
    for (let j = 0; j <= i; j++) sum += whitening[at++]! * z[j]!
    total += sum * sum
  }
  return total
}

/** Wᵀ·W, row by row. */
function precisionOf(whitening: Float64Array, size: number): Float64Array {
  const precision = new Float64Array(size * size)
  for (let k = 0; k < size; k++) {
    const row = (k * (k + 1)) / 2
    for (let i = 0; i <= k; i++) {
      for (let j = 0; j <= k; j++) {
        precision[i * size + j]! += whitening[row + i]! * whitening[row + j]!
      }
    }
  }
  return precision
}

function multiply(matrix: Float64Array, vector: Float64Array, into: Float64Array): void {
  const size = vector.length
  for (let i = 0; i < size; i++) {
    let sum = 0
    for (let j = 0; j < size; j++) sum += matrix[i * size + j]! * vector[j]!
    into[i] = sum
  }
}

/** Buffers for the features that a row lacks. */
interface Gaps {
  readonly places: Int32Array
  readonly block: Float64Array
  readonly lower: Float64Array
  readonly solution: Float64Array
}

const gapsOf = (size: number): Gaps => ({
  places: new Int32Array(size),
  block: new Float64Array(size * size),
  lower: new Float64Array(size * size),
  solution: new Float64Array(size),
})

/** Solves P_mm·u = (P·z)_m for the missing features m: −u is their mean given the others. */
function expected(precision: Float64Array, pull: Float64Array, missing: number, gaps: Gaps): void {
  const { places, block, lower, solution } = gaps
  const size = pull.length
  for (let a = 0; a < missing; a++) {
    solution[a] = pull[places[a]!]!
    for (let b = 0; b < missing; b++) {
      block[a * missing + b] = precision[places[a]! * size + places[b]!]!
    }
  }
  // A block of a positive definite matrix is one.
  factorInto(block, missing, lower)
  solveLower(lower, missing, solution)
  for (let i = missing - 1; i >= 0; i--) {
    let sum = solution[i]!
    for (let k = i + 1; k < missing; k++) sum -= lower[k * missing + i]! * solution[k]!
    solution[i] = sum / lower[i * missing + i]!
  }
}
