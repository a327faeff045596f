/** Second and fourth moments of standardised rows (mean 0, variance 1 each). */
export interface Moments {
  /** Correlations, `size` × `size`, row by row. */
  readonly correlation: Float64Array
  readonly size: number
  /** Rows. */
  readonly n: number
  /** Mean over the rows of the squared length, squared: what tells how noisy the correlations are. */
  readonly fourth: number
}

/**
 * Ledoit and Wolf's shrinkage intensity towards the identity,
 *
 *     λ = min(1, β / δ),  β = (E‖z‖⁴ − ‖R‖²) / n,  δ = ‖R − m·I‖²
 *
 * with R the correlations and m the mean of its diagonal: the weight that
 * minimises the expected error of (1 − λ)·R + λ·m·I. From 0, many rows, to 1,
 * so few that the correlations are noise. It makes the matrix invertible even
 * where features depend on each other or outnumber the rows.
 *
 * The correlations are shrunk and not the covariances, so no unit of any
 * feature matters. O(size²).
 *
 * Ref: O. Ledoit, M. Wolf, J. Multivariate Analysis 88 (2004), 365–411.
 */
export function shrinkageIntensity({ correlation, size, n, fourth }: Moments): number {
  const mean = diagonalMean(correlation, size)
  let squares = 0
  for (const r of correlation) squares += r * r
  const delta = squares - mean * mean * size
  const beta = Math.min(Math.max(0, (fourth - squares) / n), delta)
  return beta === 0 ? 0 : beta / delta
}

/** (1 − λ)·R + λ·m·I. */
export function shrunk(correlation: Float64Array, size: number, intensity: number): Float64Array {
  const mean = diagonalMean(correlation, size)
  const result = correlation.map((r) => r * (1 - intensity))
  for (let i = 0; i < size; i++) result[i * size + i]! += intensity * mean
  return result
}

function diagonalMean(matrix: Float64Array, size: number): number {
  let sum = 0
  for (let i = 0; i < size; i++) sum += matrix[i * size + i]!
  return sum / size
}
