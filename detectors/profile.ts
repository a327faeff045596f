/** Fine bins of a numeric feature: left-closed, the outer two open-ended. */
export interface NumericBinning {
  readonly kind: 'numeric'
  /** Ascending, distinct inner edges; n edges make n + 1 bins. A value x falls into bin `#{edge <= x}`. */
  readonly edges: readonly number[]
  /** The coarse bin (0 …) of each fine bin, ascending: about ten of equal reference mass, for PSI and JS. */
  readonly coarse: readonly number[]
  /** Least and greatest finite reference value. */
  readonly low: number
  readonly high: number
}

/** One bin a category by falling reference frequency, then one for known categories beyond the cap. */
export interface CategoricalBinning {
  readonly kind: 'categorical'
  readonly categories: readonly string[]
}

export type FeatureBinning = NumericBinning | CategoricalBinning

/**
 * Mergeable summary of one feature in one (window, version, variant, slice), or of a baseline.
 * `n` events in all: n = Σ counts + missing + invalid + typeMismatch + unseen.
 */
export interface FeatureProfile {
  readonly n: number
  readonly missing: number
  readonly invalid: number
  readonly typeMismatch: number
  /** Categorical only: values that the reference never held. */
  readonly unseen: number
  /** Numeric only: values outside the declared or the reference range; they are in `counts` too. */
  readonly outOfRange: number
  /** Values a bin: numeric edges.length + 1 bins; categorical categories.length + 1, the last one `__other__`. */
  readonly counts: readonly number[]
  /** Moments of the numeric values, null where there are none. */
  readonly sum: number | null
  readonly sumSquares: number | null
  readonly min: number | null
  readonly max: number | null
}
