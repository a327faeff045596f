/**
 * Largest gap of the empirical distribution functions of two samples of equal
 * size, 0 to 1. Sorts both in place. O(n log n).
 */
export function equalSamplesGap(first: Float64Array, second: Float64Array): number {
  const n = first.length
  first.sort()
  second.sort()
  let gap = 0
  let i = 0
  let j = 0
  while (i < n && j < n) {
    const value = Math.min(first[i]!, second[j]!)
    while (i < n && first[i] === value) i++
    while (j < n && second[j] === value) j++
    gap = Math.max(gap, Math.abs(i / n - j / n))
  }
  return gap
}

/**
 * Exact two-sided p-value of the Kolmogorov–Smirnov statistic D = h/n of two
 * samples of n values each, no ties: the share of lattice paths that leave a
 * strip,
 *
 *     p = 2·Σ (−1)^(k−1) · C(2n, n − kh) / C(2n, n),   k = 1, 2, … ≤ n/h
 *
 * nested, so that nothing cancels. In [0, 1]; 1 for D = 0. With ties it is too
 * great, and a test by it quiet. O(n).
 *
 * Ref: B. V. Gnedenko, V. S. Korolyuk (1951); SciPy's `ks_2samp`, `exact`.
 *
 * @example equalSamplesSurvival(30, 0.4) // 0.01564
 */
export function equalSamplesSurvival(n: number, d: number): number {
  const h = Math.round(d * n)
  if (h === 0) return 1
  let p = 0
  for (let k = Math.floor(n / h); k >= 1; k--) {
    let term = 1
    for (let j = 0; j < h; j++) term *= (n - (k - 1) * h - j) / (n + (k - 1) * h + j + 1)
    p = term * (1 - p)
  }
  return Math.min(1, Math.max(0, 2 * p))
}
