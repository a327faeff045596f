import { type Detector } from '../detector.ts'
import { profilePair } from '../pair.ts'
import { noiseLevel } from '../score.ts'
import { studentDeviate, studentTwoSided } from '../special-functions/student-t.ts'
import { placedValues } from './wasserstein.ts'

/** Size, mean and population standard deviation of a sample. */
export interface SampleMoments {
  readonly values: number
  readonly mean: number
  readonly deviation: number
}

export interface TTest {
  /** Difference of the means in standard errors, signed: positive when current lies higher. */
  readonly t: number
  readonly dof: number
  readonly pValue: number
  /** Cohen's d: the difference in root-mean-square sample deviations, signed. */
  readonly d: number
}

/** Sums in double precision tell means apart down to this part of their size. */
const resolution = 1e-9

/**
 * Welch's t-test for a difference of two means, from moments alone:
 *
 *     t = (y̅ − x̅) / √(s²/n + u²/m)
 *
 * with s² and u² the sample variances; the degrees of freedom are Welch's and
 * Satterthwaite's. Unbounded, signed; exchanging the samples turns the sign.
 * Variances may differ. Two constant samples differ without doubt as soon as
 * their means do; the standard error then is the rounding error of the means,
 * so nothing becomes infinite. Throws `RangeError` for fewer than two values.
 *
 * Means of fewer than some hundred values of a very skewed feature are not
 * normal, and p is then too small; outliers blunt it. It is blind to a change
 * that leaves the mean alone. O(1).
 *
 * Ref: B. L. Welch, Biometrika 34 (1947), 28–35; SciPy's
 * `ttest_ind(current, reference, equal_var=False)`.
 *
 * @example welch({ values: 4, mean: 2.5, deviation: 1.118 }, { values: 4, mean: 4.5, deviation: 1.118 }).t // 2.1910
 */
export function welch(reference: SampleMoments, current: SampleMoments): TTest {
  const { values: n, mean, deviation } = reference
  const { values: m, mean: meanNow, deviation: deviationNow } = current
  if (n < 2 || m < 2) throw new RangeError('welch requires two values on each side')
  const difference = meanNow - mean
  if (difference === 0) return { t: 0, dof: n + m - 2, pValue: 1, d: 0 }
  const least = resolution * Math.max(Math.abs(mean), Math.abs(meanNow))
  const a = deviation / Math.sqrt(n - 1)
  const b = deviationNow / Math.sqrt(m - 1)
  const error = Math.hypot(a, b)
  const dof = error > least ? satterthwaite(a / error, b / error, { n, m }) : n + m - 2
  const t = difference / Math.max(error, least)
  const spread = Math.hypot(a * Math.sqrt(n), b * Math.sqrt(m)) / Math.SQRT2
  return {
    t,
    dof,
    pValue: studentTwoSided(t, dof),
    d: difference / Math.max(spread, least),
  }
}

function satterthwaite(a: number, b: number, { n, m }: { n: number; m: number }): number {
  return 1 / (a ** 4 / (n - 1) + b ** 4 / (m - 1))
}

/**
 * Student's t with one variance for both samples: of `reference` and `current`
 * as `welch`. Stays sane where one sample happens to hold no variation.
 *
 * Ref: Student, Biometrika 6 (1908), 1–25; SciPy's `ttest_ind(current, reference)`.
 *
 * @example student({ values: 4, mean: 2.5, deviation: 1.118 }, { values: 4, mean: 4.5, deviation: 1.118 }).pValue // 0.0710
 */
export function student(reference: SampleMoments, current: SampleMoments): TTest {
  const { values: n, mean } = reference
  const { values: m, mean: meanNow } = current
  if (n + m < 3) throw new RangeError('student requires three values')
  const difference = meanNow - mean
  if (difference === 0) return { t: 0, dof: n + m - 2, pValue: 1, d: 0 }
  const least = resolution * Math.max(Math.abs(mean), Math.abs(meanNow))
  const dof = n + m - 2
  const within = Math.hypot(
    reference.deviation * Math.sqrt(n / dof),
    current.deviation * Math.sqrt(m / dof),
  )
  const t = difference / Math.max(within * Math.sqrt(1 / n + 1 / m), least)
  return { t, dof, pValue: studentTwoSided(t, dof), d: difference / Math.max(within, least) }
}

const noMoments = { moments: null, momentsNow: null }

/**
 * The p-value is the greater of Welch's and Student's. A window of 30 that
 * happens to hold none of a rare value has no variance, and Welch takes it at
 * its word: for a share of 3 % that makes 39 false alarms in 100.
 *
 * Only values have a mean: events without one do not take part, and where a
 * side holds fewer than two values the answer is null. Watch missing values by
 * `missing_rate`, or by a statistic that gives them a bin.
 */
export const tDetector: Detector = {
  metric: 't',
  method: 't/welch',
  kinds: ['numeric'],
  direction: 'greater_is_worse',
  minReference: 100,
  describe:
    'Welch’s t (its size) of the difference of the means, values only; the effect is Cohen’s d (its size).',
  compute: (input) => {
    const { reference, current } = input
    const { moments: before, momentsNow: now } = profilePair(input).once(placedValues) ?? noMoments
    if (before === null || now === null || before.values < 2 || now.values < 2) return null
    const { t, dof, pValue, d } = welch(before, now)
    const calm = student(before, now)
    const floor =
      calm.pValue > pValue
        ? Math.abs(t / calm.t) * studentDeviate(noiseLevel, calm.dof)
        : studentDeviate(noiseLevel, dof)
    return {
      method: 't/welch',
      value: Math.abs(t),
      direction: 'greater_is_worse',
      pValue: Math.max(pValue, calm.pValue),
      effect: Math.abs(d),
      nReference: reference.n,
      nCurrent: current.n,
      noiseFloor: floor,
    }
  },
}
