/**
 * P-values adjusted after Benjamini and Hochberg: rejecting where the adjusted
 * value is at most q keeps the expected share of false alarms among the alarms
 * at most q. Of k p-values the i-th smallest becomes
 *
 *     min over j ≥ i of pⱼ · k / j
 *
 * In the order given; never below the p-value, at most 1. Absent and NaN
 * entries stay undefined and do not count. Valid for independent and for
 * positively dependent statistics, which features × slices are.
 *
 * O(k log k).
 *
 * Ref: Y. Benjamini, Y. Hochberg, J. R. Stat. Soc. B 57 (1995), 289–300;
 * SciPy's `stats.false_discovery_control`.
 *
 * @example benjaminiHochberg([0.01, 0.02, 0.5])[0] // 0.03
 */
export function benjaminiHochberg(
  pValues: readonly (number | null | undefined)[],
): (number | undefined)[] {
  const ranked = present(pValues).sort((a, b) => a.p - b.p)
  const adjusted = pValues.map((): number | undefined => undefined)
  let least = 1
  for (let rank = ranked.length; rank >= 1; rank--) {
    const { p, at } = ranked[rank - 1]!
    least = Math.min(least, (p * ranked.length) / rank)
    adjusted[at] = least
  }
  return adjusted
}

/**
 * P-values multiplied by their number: rejecting where the result is at most α
 * keeps the chance of even one false alarm at most α, however the statistics
 * hang together. Stricter than Benjamini–Hochberg, with less power. Absent and
 * NaN entries stay undefined and do not count. O(k).
 *
 * Ref: O. J. Dunn, J. Am. Stat. Assoc. 56 (1961), 52–64.
 *
 * @example bonferroni([0.01, 0.02, 0.5])[1] // 0.06
 */
export function bonferroni(
  pValues: readonly (number | null | undefined)[],
): (number | undefined)[] {
  const ranked = present(pValues)
  const adjusted = pValues.map((): number | undefined => undefined)
  for (const { p, at } of ranked) adjusted[at] = Math.min(1, p * ranked.length)
  return adjusted
}

/**
 * P-values of one family adjusted as a model asks for it. `none` leaves them as
 * they are: whoever judges by the adjusted one then judges each alone. O(k log k).
 *
 * @example adjustedPValues('none', [0.01, 0.02])[1] // 0.02
 */
export function adjustedPValues(
  correction: 'benjamini-hochberg' | 'bonferroni' | 'none',
  pValues: readonly (number | null | undefined)[],
): (number | undefined)[] {
  switch (correction) {
    case 'benjamini-hochberg':
      return benjaminiHochberg(pValues)
    case 'bonferroni':
      return bonferroni(pValues)
    case 'none':
      return pValues.map((p) => (p === null || p === undefined || Number.isNaN(p) ? undefined : p))
  }
}

function present(pValues: readonly (number | null | undefined)[]): { p: number; at: number }[] {
  return pValues.flatMap((p, at) =>
    p === null || p === undefined || Number.isNaN(p) ? [] : [{ p, at }],
  )
}
