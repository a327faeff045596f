/** Where two samples hold one value: how often, and how many lie at or below it. */
export interface PooledStep {
  readonly value: number
  readonly inReference: number
  readonly inCurrent: number
  readonly upToReference: number
  readonly upToCurrent: number
}

/**
 * The distinct values of two lists of finite numbers in ascending order: every
 * rank statistic reads off them. The lists may be in any order. Throws
 * `RangeError` when one is empty or holds NaN or an infinity. O(n log n).
 */
export function pooledSteps(
  reference: readonly number[],
  current: readonly number[],
): PooledStep[] {
  const a = sortedSample(reference)
  const b = sortedSample(current)
  const steps: PooledStep[] = []
  let i = 0
  let j = 0
  while (i < a.length || j < b.length) {
    const value = Math.min(a[i] ?? Infinity, b[j] ?? Infinity)
    const [from, fromNow] = [i, j]
    while (i < a.length && a[i] === value) i++
    while (j < b.length && b[j] === value) j++
    steps.push({
      value,
      inReference: i - from,
      inCurrent: j - fromNow,
      upToReference: i,
      upToCurrent: j,
    })
  }
  return steps
}

/** An ascending copy of a sample of finite values. */
export function sortedSample(values: readonly number[]): Float64Array {
  if (values.length === 0 || !values.every(Number.isFinite)) {
    throw new RangeError('a two-sample statistic requires finite values on each side')
  }
  return Float64Array.from(values).sort()
}
