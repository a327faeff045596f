import { sortedSample } from './pooled-steps.ts'

export interface AndersonDarlingTest {
  /** The statistic less its mean, in standard deviations. */
  readonly statistic: number
  /** The statistic as it is, A²: from 0 without bound. */
  readonly sum: number
  /** Between 0.001 and 0.25: the table it is read from ends there. */
  readonly pValue: number
}

/** Critical values by level, Scholz and Stephens' table 2: b₀ + b₁/√(k−1) + b₂/(k−1). */
const table = [
  { level: 0.25, b: [0.675, -0.245, -0.105] },
  { level: 0.1, b: [1.281, 0.25, -0.305] },
  { level: 0.05, b: [1.645, 0.678, -0.362] },
  { level: 0.025, b: [1.96, 1.149, -0.391] },
  { level: 0.01, b: [2.326, 1.822, -0.396] },
  { level: 0.005, b: [2.573, 2.364, -0.345] },
  { level: 0.001, b: [3.085, 3.615, -0.154] },
] as const

/**
 * Anderson–Darling test that k lists of finite values come from one
 * distribution, with mid-ranks for ties. The p-value is read from a table
 * through a parabola of its logarithm, and ends at 0.25 and 0.001. Greater is
 * worse. Throws `RangeError` for fewer than two lists, an empty one, fewer than
 * four values, or a single distinct one.
 *
 * O(N log N + k·N).
 *
 * Ref: F. W. Scholz, M. A. Stephens, J. Am. Stat. Assoc. 82 (1987), 918–924;
 * SciPy's `anderson_ksamp(samples)`.
 *
 * @example andersonDarlingTest([[1, 2, 3, 4, 5], [4, 5, 6, 7, 8]]).statistic // 3.1240
 */
export function andersonDarlingTest(samples: readonly (readonly number[])[]): AndersonDarlingTest {
  const sorted = samples.map(sortedSample)
  const pooled = sortedSample(samples.flat())
  if (samples.length < 2 || pooled.length < 4 || pooled[0] === pooled.at(-1)) {
    throw new RangeError('andersonDarlingTest requires two samples of different values')
  }
  const k = samples.length
  const sizes = sorted.map((sample) => sample.length)
  const sum = midrankStatistic(sorted, pooled)
  const statistic = (sum - (k - 1)) / Math.sqrt(variance(sizes, pooled.length))
  return { statistic, sum, pValue: tableChance(statistic, k - 1) }
}

function midrankStatistic(sorted: readonly Float64Array[], pooled: Float64Array): number {
  const events = pooled.length
  const at = sorted.map(() => 0)
  let sum = 0
  for (let start = 0; start < events;) {
    const value = pooled[start]!
    let end = start
    while (end < events && pooled[end] === value) end++
    const tied = end - start
    const middle = start + tied / 2
    const weight = tied / events / (middle * (events - middle) - (events * tied) / 4)
    for (const [i, sample] of sorted.entries()) {
      const from = at[i]!
      let to = from
      while (to < sample.length && sample[to] === value) to++
      at[i] = to
      sum += (weight * (events * ((from + to) / 2) - middle * sample.length) ** 2) / sample.length
    }
    start = end
  }
  return (sum * (events - 1)) / events
}

/** Variance without drift, Scholz and Stephens' equation 4. */
function variance(sizes: readonly number[], events: number): number {
  const k = sizes.length
  const inverse = sizes.reduce((sum, size) => sum + 1 / size, 0)
  let harmonic = 0
  let double = 0
  for (let i = 1; i < events - 1; i++) {
    harmonic += 1 / (events - i)
    double += harmonic / (i + 1)
  }
  const h = harmonic + 1
  const g = double
  const a = (4 * g - 6) * (k - 1) + (10 - 6 * g) * inverse
  const b = (2 * g - 4) * k * k + 8 * h * k + (2 * g - 14 * h - 4) * inverse - 8 * h + 4 * g - 6
  const c = (6 * h + 2 * g - 2) * k * k + (4 * h - 4 * g + 6) * k + (2 * h - 6) * inverse + 4 * h
  const d = (2 * h + 6) * k * k - 4 * h * k
  const cubic = ((a * events + b) * events + c) * events + d
  return cubic / ((events - 1) * (events - 2) * (events - 3))
}

function tableChance(statistic: number, freedom: number): number {
  const rows = table.map(({ level, b }) => ({
    x: b[0] + b[1] / Math.sqrt(freedom) + b[2] / freedom,
    y: Math.log(level),
  }))
  if (statistic < rows[0]!.x) return table[0].level
  if (statistic > rows.at(-1)!.x) return 0.001
  return Math.exp(parabola(rows, statistic))
}

/** The least-squares parabola through the points, at x: orthogonal polynomials, no equations to solve. */
function parabola(points: readonly { x: number; y: number }[], x: number): number {
  const mean = points.reduce((sum, point) => sum + point.x, 0) / points.length
  const moment = (power: number) =>
    points.reduce((sum, point) => sum + (point.x - mean) ** power, 0) / points.length
  const skew = moment(3) / moment(2)
  const second = (at: number) => (at - mean) ** 2 - skew * (at - mean) - moment(2)
  const basis = [() => 1, (at: number) => at - mean, second]
  return basis.reduce((sum, term) => {
    const along = points.reduce((total, point) => total + term(point.x) * point.y, 0)
    const length = points.reduce((total, point) => total + term(point.x) ** 2, 0)
    return sum + (along / length) * term(x)
  }, 0)
}
