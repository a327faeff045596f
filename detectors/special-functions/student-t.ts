import { logGamma } from './incomplete-gamma.ts'
import { normalDeviate, normalTwoSided } from './normal.ts'

/**
 * Chance that Student's t with `dof` degrees of freedom lies at least |t| from
 * zero, either way; `dof` need not be whole. From 1 at t = 0 to 0. Relative
 * error below 1e-9 for up to 10,000 degrees of freedom; beyond, where Wallace's
 * normal value takes over, below 1e-6 for |t| up to 8, 2e-4 for 30. O(√dof) steps at most.
 *
 * Ref: Abramowitz & Stegun 26.5.27; D. L. Wallace, Ann. Math. Stat. 30 (1959),
 * 1121–1130; SciPy's `2 * stats.t.sf(|t|, dof)`.
 *
 * @example studentTwoSided(2.228, 10) // 0.0500
 */
export function studentTwoSided(t: number, dof: number): number {
  if (!(dof > 0)) throw new RangeError('studentTwoSided requires positive degrees of freedom')
  if (t === 0) return 1
  const ratio = t * (t / dof)
  if (dof > 10_000) {
    const scale = (8 * dof + 1) / (8 * dof + 3)
    return normalTwoSided(scale * Math.sqrt(dof * Math.log1p(ratio)))
  }
  if (ratio === Infinity) return 0
  return incompleteBeta({ a: dof / 2, b: 0.5, x: 1 / (1 + ratio), rest: ratio / (1 + ratio) })
}

/**
 * The |t| exceeded, either way, with chance `level`: Newton's method on the
 * logarithm of the chance, inside a shrinking bracket, from Fisher's expansion
 * about the normal value. To about 1e-12 of t; two or three steps for more than
 * a few degrees of freedom.
 *
 * Ref: R. A. Fisher, E. A. Cornish, Technometrics 2 (1960), 209–225.
 */
export function studentDeviate(level: number, dof: number): number {
  const target = Math.log(level)
  const z = normalDeviate(level)
  let low = z
  let high = Infinity
  let t = z + (z ** 3 + z) / (4 * dof) + (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * dof * dof)
  for (let step = 0; step < 200; step++) {
    const chance = studentTwoSided(t, dof)
    const excess = Math.log(chance) - target
    if (excess > 0) low = t
    else high = t
    const newton = t + (excess * chance) / (2 * studentDensity(t, dof))
    const inside = newton > low && newton < high
    const next = inside ? newton : high === Infinity ? 2 * t : (low + high) / 2
    // Newton's next error is about the square of this step.
    if (inside && Math.abs(next - t) <= 1e-7 * t) return next
    if (Math.abs(next - t) <= 1e-13 * t) return next
    t = next
  }
  return t
}

function studentDensity(t: number, dof: number): number {
  const half = dof / 2
  // For many degrees the two logarithms of Γ cancel to the half power of their argument.
  const ratio = dof > 10_000 ? 0.5 * Math.log(half - 0.25) : logGamma(half + 0.5) - logGamma(half)
  return Math.exp(ratio - (half + 0.5) * Math.log1p((t * t) / dof)) / Math.sqrt(Math.PI * dof)
}

interface BetaArguments {
  readonly a: number
  readonly b: number
  readonly x: number
  /** 1 − x, given apart because the difference would lose its digits. */
  readonly rest: number
}

/**
 * Regularised incomplete beta function Iₓ(a, b), by the continued fraction on
 * whichever side of the mean x lies. From 0 to 1. O(√max(a, b)) steps.
 *
 * Ref: Abramowitz & Stegun 26.5.8; SciPy's `special.betainc`.
 *
 * @example incompleteBeta({ a: 2, b: 3, x: 0.4, rest: 0.6 }) // 0.5248
 */
export function incompleteBeta({ a, b, x, rest }: BetaArguments): number {
  if (x <= 0) return 0
  if (rest <= 0) return 1
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta({ a: b, b: a, x: rest, rest: x })
  const logFactor =
    a * Math.log(x) + b * Math.log(rest) + logGamma(a + b) - logGamma(a) - logGamma(b)
  return (Math.exp(logFactor) * betaFraction(a, b, x)) / a
}

function betaFraction(a: number, b: number, x: number): number {
  let c = 1
  let d = 1 / kept(1 - ((a + b) * x) / (a + 1))
  let product = d
  for (let k = 1; k < 10_000; k++) {
    const even = (k * (b - k) * x) / ((a + 2 * k - 1) * (a + 2 * k))
    d = 1 / kept(1 + even * d)
    c = kept(1 + even / c)
    product *= c * d
    const odd = (-(a + k) * (a + b + k) * x) / ((a + 2 * k) * (a + 2 * k + 1))
    d = 1 / kept(1 + odd * d)
    c = kept(1 + odd / c)
    product *= c * d
    if (Math.abs(c * d - 1) < 1e-16) break
  }
  return product
}

/** Lentz's method must not divide by nothing. */
function kept(value: number): number {
  return Math.abs(value) < 1e-300 ? 1e-300 : value
}
