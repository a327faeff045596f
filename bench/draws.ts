/** Seeded random draws of whole samples: counts a bin, so that a hundred thousand events cost no more than a hundred. */
export interface Draws {
  /** Uniform in [0, 1). */
  readonly uniform: () => number
  readonly normal: () => number
}

/** Mulberry32 and Box–Muller: small, the same on every machine. */
export function seededDraws(seed: number): Draws {
  let state = seed >>> 0
  const uniform = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
  const normal = (): number =>
    Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform())
  return { uniform, normal }
}

/**
 * Counts of `n` events over bins of these relative weights: each bin's count is binomial among what the
 * bins before it have left. O(bins · √n).
 */
export function multinomial(n: number, weights: readonly number[], draws: Draws): number[] {
  let weight = weights.reduce((sum, w) => sum + w, 0)
  let left = n
  return weights.map((w) => {
    const count = binomial(left, Math.min(1, w / weight), draws)
    left -= count
    weight -= w
    return count
  })
}

/** Events out of `n` of chance `p`, exact: the distribution function is run through from its middle outwards. */
export function binomial(n: number, p: number, draws: Draws): number {
  if (n === 0 || p <= 0) return 0
  if (p >= 1) return n
  const odds = p / (1 - p)
  const middle = Math.floor((n + 1) * p)
  const peak = Math.exp(logChoose(n, middle) + middle * Math.log(p) + (n - middle) * Math.log1p(-p))
  let rest = draws.uniform() - peak
  let [up, down] = [peak, peak]
  for (let step = 1; rest > 0 && step <= n; step++) {
    const above = middle + step
    if (above <= n) {
      up *= ((n - above + 1) / above) * odds
      rest -= up
      if (rest <= 0) return above
    }
    const below = middle - step
    if (below >= 0) {
      down *= (below + 1) / (n - below) / odds
      rest -= down
      if (rest <= 0) return below
    }
    // What is left is what rounding took.
    if (up === 0 && down === 0) break
  }
  return middle
}

const logChoose = (n: number, k: number): number =>
  logFactorial(n) - logFactorial(k) - logFactorial(n - k)

/** Stirling's series; its error is below 1e-10 from ten on. */
function logFactorial(n: number): number {
  if (n < 10) return Math.log([1, 1, 2, 6, 24, 120, 720, 5040, 40320, 362880][n] ?? 1)
  const cubed = n * n * n
  return (
    n * Math.log(n) -
    n +
    Math.log(2 * Math.PI * n) / 2 +
    1 / (12 * n) -
    1 / (360 * cubed) +
    1 / (1260 * cubed * n * n)
  )
}
