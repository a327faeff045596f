/** Mean of the values so far, without their sum: it is exact for a constant stream. */
export interface RunningMean {
  readonly n: number
  readonly mean: number
}

export const noMean: RunningMean = { n: 0, mean: 0 }

export function addToMean({ n, mean }: RunningMean, value: number): RunningMean {
  return { n: n + 1, mean: mean + (1 / (n + 1)) * (value - mean) }
}

/** Mean and sum of squared deviations, after Welford: never negative, zero for a constant. */
export interface RunningVariance extends RunningMean {
  readonly squares: number
}

export const noVariance: RunningVariance = { n: 0, mean: 0, squares: 0 }

export function addToVariance(moments: RunningVariance, value: number): RunningVariance {
  const next = addToMean(moments, value)
  // Rounding may move the mean past the value by the last bit.
  const product = Math.max(0, (value - moments.mean) * (value - next.mean))
  return { ...next, squares: moments.squares + product }
}

/** Standard deviation with n − 1; 0 of fewer than two values. */
export function deviation({ n, squares }: RunningVariance): number {
  return n > 1 ? Math.sqrt(squares / (n - 1)) : 0
}
