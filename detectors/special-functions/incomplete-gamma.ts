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
  return x < a + 1 ? 1 - lowerSeries(a, x) : upperFraction(a, x)
}

/** Chance that χ² with `dof` degrees of freedom exceeds `statistic`; 1 when there is no freedom. */
export function chi2Survival(statistic: number, dof: number): number {
  return dof > 0 ? gammaQ(dof / 2, statistic / 2) : 1
}

/** Chance that a normal value lies at least `z` standard deviations from its mean, either way. */
export function normalTwoSided(z: number): number {
  return gammaQ(0.5, (z * z) / 2)
}

/**
 * The x with Q(a, x) = `level`. Wilson and Hilferty's cube starts it, Halley's
 * method inside a shrinking bracket ends it, to about 1e-12 of x. Two or three
 * steps.
 *
 * Ref: E. B. Wilson, M. M. Hilferty, PNAS 17 (1931), 684–688.
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
  for (let step = 0; step < 100; step++) {
    const excess = gammaQ(a, x) - level
    if (excess > 0) low = x
    else high = x
    const newton = (excess * x) / (a * poissonMass(a, x))
    // Half of the density's logarithmic slope turns Newton's step into Halley's.
    const halley = newton / (1 + Math.max(-0.5, Math.min(0.5, (newton * ((a - 1) / x - 1)) / 2)))
    const inside = x + halley > low && x + halley < high
    const next = inside ? x + halley : high === Infinity ? 2 * x : (low + high) / 2
    // The next error is about the cube of this step.
    if (inside && Math.abs(halley) <= 1e-5 * x) return next
    if (Math.abs(next - x) <= 1e-12 * x) return next
    x = next
  }
  return x
}

/** The normal value exceeded with chance `level`, to 0.003: Hastings' first formula. */
function upperDeviate(level: number): number {
  if (level > 0.5) return -upperDeviate(1 - level)
  const t = Math.sqrt(-2 * Math.log(Math.max(1e-300, level)))
  return t - (2.30753 + 0.27061 * t) / (1 + t * (0.99229 + 0.04481 * t))
}

/** P(a, x) = xᵃe⁻ˣ/Γ(a+1) · Σ xᵏ / ((a+1)…(a+k)) */
function lowerSeries(a: number, x: number): number {
  let term = 1
  let sum = 1
  for (let k = 1; term > sum * 1e-17; k++) {
    term *= x / (a + k)
    sum += term
  }
  return poissonMass(a, x) * sum
}

/** The continued fraction of Q, evaluated by Lentz's method. */
function upperFraction(a: number, x: number): number {
  const tiny = 1e-300
  let b = x + 1 - a
  let c = 1 / tiny
  let d = 1 / b
  let product = d
  for (let k = 1; k < 100_000; k++) {
    const numerator = -k * (k - a)
    b += 2
    d = numerator * d + b
    c = b + numerator / c
    d = 1 / (d === 0 ? tiny : d)
    const factor = d * (c === 0 ? tiny : c)
    product *= factor
    if (Math.abs(factor - 1) < 1e-16) break
  }
  return a * poissonMass(a, x) * product
}

/**
 * xᵃ e⁻ˣ / Γ(a + 1). Written out, its three factors are huge and cancel; as a
 * deviance from the mode only the small difference is exponentiated.
 */
function poissonMass(a: number, x: number): number {
  return Math.exp(-deviance(a, x) - stirlingError(a)) / Math.sqrt(2 * Math.PI * a)
}

/** a·ln(a/x) + x − a without cancellation near x = a. */
function deviance(a: number, x: number): number {
  const gap = a - x
  if (Math.abs(gap) > 0.1 * (a + x)) return a * Math.log(a / x) + x - a
  const ratio = gap / (a + x)
  let sum = gap * ratio
  let power = 2 * a * ratio
  for (let k = 1; k < 1000; k++) {
    power *= ratio * ratio
    const next = sum + power / (2 * k + 1)
    if (next === sum) break
    sum = next
  }
  return sum
}

/** ln Γ(a+1) − ((a+½)·ln a − a + ½·ln 2π): what Stirling's formula leaves out. */
function stirlingError(a: number): number {
  if (a < 16) {
    return logGamma(a + 1) - (a + 0.5) * Math.log(a) + a - 0.5 * Math.log(2 * Math.PI)
  }
  const s = 1 / (a * a)
  return (
    (1 / 12 -
      s * (1 / 360 - s * (1 / 1260 - s * (1 / 1680 - s * (1 / 1188 - (s * 691) / 360360))))) /
    a
  )
}

const lanczos = [
  0.9999999999999971, 57.15623566586292, -59.59796035547549, 14.136097974741746,
  -0.4919138160976202, 3.399464998481189e-5, 4.652362892704858e-5, -9.837447530487956e-5,
  0.0001580887032249125, -0.00021026444172410488, 0.00021743961811521265, -0.0001643181065367639,
  8.441822398385275e-5, -2.6190838401581408e-5, 3.6899182659531625e-6,
] as const

/**
 * Natural logarithm of the gamma function for positive arguments, by the
 * Lanczos series with g = 607/128 (P. Godfrey's coefficients); about 1e-15.
 *
 * @example logGamma(5) // 3.1781
 */
export function logGamma(a: number): number {
  if (!(a > 0)) throw new RangeError('logGamma requires a positive argument')
  let sum: number = lanczos[0]
  for (let k = 1; k < lanczos.length; k++) sum += lanczos[k]! / (a - 1 + k)
  const t = a - 1 + 607 / 128 + 0.5
  return (a - 0.5) * Math.log(t) - t + Math.log(Math.sqrt(2 * Math.PI) * sum)
}
