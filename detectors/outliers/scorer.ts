/**
 * How strange rows are by one method. Values come encoded (encoding.ts), NaN
 * where missing. The answers are on the method's own scale; `reference-scores.ts`
 * turns them into percentiles.
 */
export interface Scorer {
  /** Greater is stranger; finite for any numbers, NaN among them. Allocates nothing. */
  readonly raw: (values: Float64Array) => number
  /** How much of it each value accounts for, 0 or more; only their proportions mean anything. */
  readonly contribute: (values: Float64Array, into: Float64Array) => void
}
