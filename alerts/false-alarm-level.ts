import type { CorrectionName } from '../core/model-spec.ts'

/** The greatest p-value of a breach where nobody says otherwise; no budget makes a monitor more lenient. */
export const defaultAlpha = 0.05

/** The p-values of one window that were adjusted together: one version, variant, baseline and method. */
export interface TestFamily {
  readonly tests: number
  readonly correction: CorrectionName
}

export interface FalseAlarmRule {
  /** False pages that one window may bring, all families together: a rate, mostly far below 1. */
  readonly perWindow: number
  readonly families: readonly TestFamily[]
  readonly k: number
  readonly n: number
}

/**
 * The significance level α that keeps the false pages of a monitor within its
 * budget: the greatest one, at most 0.05, with
 *
 *     Σ over families of pageRate ≤ perWindow
 *
 * A false page is a window at which an alarm begins or gets worse although
 * nothing changed, whatever number of series it tells of. An alarm of one series
 * begins, or gets worse, at a window that breaches together with at least k − 1
 * of the n − 1 before it. Where a window breaches with probability a, that
 * happens at a rate of
 *
 *     r(a) = a · P(Binomial(n − 1, a) ≥ k − 1)
 *
 * and in a family of m series
 *
 *     benjamini-hochberg   r(α)         any of the m rejected: probability at most α
 *     bonferroni           m · r(α/m)   each rejected with probability α/m
 *     none                 m · r(α)
 *
 * With 1 of 1 these are sums of probabilities, so they hold however series and
 * windows hang together (Benjamini–Hochberg: for independent and positively
 * dependent series). k of n assumes that one window's chance says nothing about
 * the next one's: true for windows that share no events and a reference much
 * larger than they are. A small reference makes all windows wrong together, and
 * false pages then come in groups.
 *
 * Conservative otherwise: it takes every significant value to be over the
 * threshold, and families to page one by one.
 *
 * @example falseAlarmLevel({ perWindow: 1 / 168, families: [{ tests: 20, correction: 'bonferroni' }], k: 1, n: 1 }) // 0.00595
 */
export function falseAlarmLevel({ perWindow, families, k, n }: FalseAlarmRule): number {
  const expected = (alpha: number): number =>
    families.reduce((sum, family) => sum + familyRate(family, alpha, { k, n }), 0)
  if (expected(defaultAlpha) <= perWindow) return defaultAlpha
  let [low, high] = [0, defaultAlpha]
  // Rates grow with α. Doubles are told apart by 60 halvings; the lower end keeps the promise.
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2
    if (expected(middle) <= perWindow) low = middle
    else high = middle
  }
  return low
}

interface RunRule {
  readonly k: number
  readonly n: number
}

function familyRate({ tests, correction }: TestFamily, alpha: number, rule: RunRule): number {
  switch (correction) {
    case 'benjamini-hochberg':
      return startRate(alpha, rule)
    case 'bonferroni':
      return tests * startRate(alpha / tests, rule)
    case 'none':
      return tests * startRate(alpha, rule)
  }
}

/** r(a) of the header. */
export function startRate(a: number, { k, n }: RunRule): number {
  let tail = 0
  // C(n − 1, i) · aⁱ · (1 − a)ⁿ⁻¹⁻ⁱ, the binomial coefficient carried along.
  let choose = 1
  for (let i = 0; i <= n - 1; i++) {
    if (i >= k - 1) tail += choose * a ** i * (1 - a) ** (n - 1 - i)
    choose = (choose * (n - 1 - i)) / (i + 1)
  }
  return a * Math.min(1, tail)
}
