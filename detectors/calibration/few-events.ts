import { normalDeviate, normalTwoSided } from '../special-functions/normal.ts'
import { studentDeviate, studentTwoSided } from '../special-functions/student-t.ts'

/** With more events on the smaller side nothing changes in the third digit. */
const many = 2000

/**
 * The p-value of a null whose scale was estimated from few events, by way of
 * Student: what the p-value is worth in standard deviations is asked of t with
 * min(n, m) − 1 degrees of freedom. Thirty events of a skewed feature pass a
 * normal 0.01 twice as often as they should, and this one as stated. Never
 * below `pValue`. O(1).
 *
 * Ref: Student, Biometrika 6 (1908), 1–25.
 */
export function withFewEvents(pValue: number, n: number, m: number): number {
  const dof = Math.min(n, m) - 1
  if (dof < 1 || dof > many || pValue >= 1) return pValue
  return Math.max(pValue, studentTwoSided(normalDeviate(pValue), dof))
}

/** The level at which the null itself has to be asked so that `withFewEvents` answers `level`. */
export function levelOfFewEvents(level: number, n: number, m: number): number {
  const dof = Math.min(n, m) - 1
  return dof < 1 || dof > many ? level : normalTwoSided(studentDeviate(level, dof))
}
