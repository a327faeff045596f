import { normalDeviate } from './normal.ts'

/**
 * Regularised upper incomplete gamma function:
 *
 *     Q(a, x) = Γ(a, x) / Γ(a)
 *
 * It falls from 1 at x = 0 to 0. Half of it is the χ² distribution: the
 * survival function of χ² with k degrees of freedom at s is Q(k/2, s/2); and
 * Q(1/2, z²/2) is the two-sided tail of the normal distribution at z.
 *
 * A series left of a + 1, a continued fraction right of it. Relative error
 * is about 1e-13 for a below a few hundred, tails included, until the result
 * underflows. O(√a) steps.
 *
 * Ref: Abramowitz & Stegun 6.5.29 and 6.5.31; the leading factor as in
 * C. Loader, Fast and accurate computation of binomial probabilities (2000).
 *
 * @example gammaQ(1, 2) // 0.1353
 */
export function gammaQ(a: number, x: number): number {
  if (!(a > 0)) throw new RangeError('gammaQ requires a positive shape')
  if (!(x > 0)) return 1
  if (x === Infinity) return 0
  return upperTail(a, x, massScale(a) * Math.exp(-deviance(a, x)))
}

/** Q(a, x) from xᵃ e⁻ˣ / Γ(a + 1), which whoever asks for slopes has at hand. */
function upperTail(a: number, x: number, mass: number): number {
  return x < a + 1 ? 1 - mass * lowerSeries(a, x) : a * mass * upperFraction(a, x)
}

/** Chance that χ² with `dof` degrees of freedom exceeds `statistic`; 1 when there is no freedom. */
export function chi2Survival(statistic: number, dof: number): number {
  return dof > 0 ? gammaQ(dof / 2, statistic / 2) : 1
}

/**
 * The x with Q(a, x) = `level`, to about 1e-12 of x. Wilson and Hilferty's cube
 * starts it; Taylor's series of the quantile to the fifth order, kept inside a
 * shrinking bracket, ends it: in one step from a shape of two, below in a few. O(√a) a step.
 *
 * Ref: E. B. Wilson, M. M. Hilferty, PNAS 17 (1931), 684–688; D. J. Best,
 * D. E. Roberts, algorithm AS 91, Appl. Stat. 24 (1975), 385–388.
 *
 * @example upperGammaQuantile(0.5, 0.05) // 1.9207
 */
export function upperGammaQuantile(a: number, level: number): number {
  const key = level === quantileCache.level ? a : Number.NaN
  const known = quantileCache.byShape.get(key)
  if (known !== undefined) return known
  const x = findUpperQuantile(a, level)
  rememberQuantile(a, level, x)
  return x
}

/** Tables of the same number of bins share their shape, and all ask for one level. */
const quantileCache = { level: Number.NaN, byShape: new Map<number, number>() }
const mostQuantiles = 1024

function rememberQuantile(a: number, level: number, x: number): void {
  // Only χ² shapes come again: other shapes are of one table each.
  if (!Number.isInteger(2 * a)) return
  if (quantileCache.level !== level || quantileCache.byShape.size >= mostQuantiles) {
    quantileCache.level = level
    quantileCache.byShape.clear()
  }
  quantileCache.byShape.set(a, x)
}

function findUpperQuantile(a: number, level: number): number {
  let low = 0
  let high = Infinity
  let x = Math.max(a * (1 - 1 / (9 * a) + upperDeviate(level) / (3 * Math.sqrt(a))) ** 3, 1e-3)
  const scale = massScale(a)
  for (let step = 0; step < 100; step++) {
    const mass = scale * Math.exp(-deviance(a, x))
    const excess = upperTail(a, x, mass) - level
    if (excess > 0) low = x
    else high = x
    const newton = (excess * x) / (a * mass)
    const { way, last } = quantileSeries(a, x, newton)
    const inside = x + way > low && x + way < high
    const next = inside ? x + way : high === Infinity ? 2 * x : (low + high) / 2
    // The series goes on from its last term at the ratio of the step to x.
    if (inside && Math.abs(last * newton) <= 1e-12 * x * Math.min(1, x)) return next
    if (Math.abs(next - x) <= 1e-12 * x) return next
    x = next
  }
  return x
}

/**
 * How far the quantile lies from x by Taylor's series in Newton's step, and its
 * last term: each derivative is a polynomial in the slope of the density's
 * logarithm and the derivatives of that.
 */
function quantileSeries(a: number, x: number, newton: number): { way: number; last: number } {
  const bend = (a - 1) / x
  const r = 1 - bend
  const r1 = bend / x
  const r2 = (-2 * r1) / x
  const r3 = (-3 * r2) / x
  const third = r1 + 2 * r * r
  const fourth = r2 + r * (7 * r1 + 6 * r * r)
  const fifth = r3 + 7 * r1 * r1 + r * (11 * r2 + r * (46 * r1 + 24 * r * r))
  const last = (fifth * newton ** 5) / 120
  const way = newton * (1 + newton * (r / 2 + newton * (third / 6 + (newton * fourth) / 24))) + last
  return { way, last }
}

/** The normal value exceeded with chance `level`. */
function upperDeviate(level: number): number {
  return level > 0.5 ? -normalDeviate(2 * (1 - level)) : normalDeviate(2 * level)
}

/** Σ xᵏ / ((a+1)…(a+k)): times xᵃe⁻ˣ/Γ(a+1) it is P(a, x) = 1 − Q. */
function lowerSeries(a: number, x: number): number {
  let term = 1
  let sum = 1
  for (let k = 1; term > sum * 1e-17; k++) {
    term *= x / (a + k)
    sum += term
  }
  return sum
}

/**
 * The continued fraction of Q, times xᵃe⁻ˣ/Γ(a) that is, by the recurrence of its numerators and
 * denominators, which waits for no division; both shrink together in time.
 */
function upperFraction(a: number, x: number): number {
  const huge = 2 ** 500
  let above = 1
  let below = x + 1 - a
  let earlierAbove = 0
  let earlierBelow = 1
  let fraction = above / below
  for (let k = 1; k < 100_000; k++) {
    const partial = k * (a - k)
    const step = x + 2 * k + 1 - a
    const nextAbove = step * above + partial * earlierAbove
    const nextBelow = step * below + partial * earlierBelow
    earlierAbove = above
    earlierBelow = below
    above = nextAbove
    below = nextBelow
    const next = above / below
    const settled = Math.abs(next - fraction) <= 1e-16 * next
    fraction = next
    if (settled) break
    if (below > huge) {
      above /= huge
      below /= huge
      earlierAbove /= huge
      earlierBelow /= huge
    }
  }
  return fraction
}

/**
 * xᵃ e⁻ˣ / Γ(a + 1) is this times e^(−deviance). Written out, its three factors
 * are huge and cancel; so only the small differences are exponentiated.
 */
function massScale(a: number): number {
  return Math.exp(-stirlingError(a)) / Math.sqrt(2 * Math.PI * a)
}

/** a·ln(a/x) + x − a, never negative: how far x lies from a, as a Poisson mean sees it. */
export function deviance(a: number, x: number): number {
  const gap = x - a
  // The logarithm of a ratio near one would lose what the subtraction kept.
  const log = Math.abs(gap) < 0.5 * a ? Math.log1p(gap / a) : Math.log(x / a)
  return a > 0 ? Math.max(0, gap - a * log) : x
}

/**
 * ln Γ(a+1) − ((a+½)·ln a − a + ½·ln 2π): what Stirling's formula leaves out,
 * for a > 0. O(1).
 *
 * Ref: C. Loader (2000), as above.
 */
export function stirlingError(a: number): number {
  if (a < 10) {
    const past = lanczosOffset - 0.5
    return (a - 0.5) * Math.log1p(past / a) - past + Math.log(lanczosSum(a)) - halfLogTwoPi
  }
  const s = 1 / (a * a)
  const far = 1 / 1188 - s * (691 / 360360 - s * (1 / 156 - (s * 3617) / 122400))
  return (1 / 12 - s * (1 / 360 - s * (1 / 1260 - s * (1 / 1680 - s * far)))) / a
}

const halfLogTwoPi = 0.5 * Math.log(2 * Math.PI)

/** Lanczos' series as a ratio of polynomials, its coefficients from the constant upwards. */
const lanczosOffset = 6.02468004077673
const lanczosAbove = [
  23531376880.41076, 42919803642.6491, 35711959237.35567, 17921034426.03721, 6039542586.352028,
  1439720407.3117218, 248874557.86205414, 31426415.585400194, 2876370.6289353725,
  186056.26539522348, 8071.672002365816, 210.82427775157936, 2.5066282746310002,
]
const lanczosBelow = [
  0, 39916800, 120543840, 150917976, 105258076, 45995730, 13339535, 2637558, 357423, 32670, 1925,
  66, 1,
]

function lanczosSum(a: number): number {
  let above = 0
  let below = 0
  for (let k = lanczosAbove.length - 1; k >= 0; k--) {
    above = above * a + lanczosAbove[k]!
    below = below * a + lanczosBelow[k]!
  }
  return above / below
}

/**
 * Natural logarithm of the gamma function for positive arguments, to about
 * 1e-15: Stirling's series, below 10 Lanczos' (g = 6.0247, 13 terms). O(1).
 *
 * Ref: C. Lanczos, SIAM J. Numer. Anal. B 1 (1964), 86–96; the coefficients
 * that Boost.Math's `lanczos13m53` has.
 *
 * @example logGamma(5) // 3.1781
 */
export function logGamma(a: number): number {
  if (!(a > 0)) throw new RangeError('logGamma requires a positive argument')
  if (a >= 10) return (a - 0.5) * Math.log(a) - a + halfLogTwoPi + stirlingError(a)
  const t = a + lanczosOffset - 0.5
  return (a - 0.5) * Math.log(t) - t + Math.log(lanczosSum(a))
}
