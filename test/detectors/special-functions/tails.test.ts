import { expect, test } from 'vitest'
import { shareDeviation } from '../../../detectors/calibration/two-shares.ts'
import { cramerVonMisesSurvival } from '../../../detectors/special-functions/cramer-von-mises.ts'
import { fisherTwoSided } from '../../../detectors/special-functions/hypergeometric.ts'
import { normalDeviate, normalSurvival } from '../../../detectors/special-functions/normal.ts'
import {
  incompleteBeta,
  studentDeviate,
  studentTwoSided,
} from '../../../detectors/special-functions/student-t.ts'
import oracle from '../../fixtures/detectors/two-sample.json' with { type: 'json' }

test.each(oracle.t_tails)(
  'Student’s t at %d with %d degrees of freedom is SciPy’s',
  (t, dof, p) => {
    expect(Math.abs(studentTwoSided(t, dof) / p - 1)).toBeLessThan(
      dof > 10_000 ? (t > 8 ? 2e-4 : 1e-6) : 1e-9,
    )
    if (p > 1e-200) expect(studentDeviate(p, dof)).toBeCloseTo(t, 4)
  },
)

test.each(oracle.normal)('the normal tail at %d is SciPy’s', (z, p) => {
  expect(normalSurvival(z) / p).toBeCloseTo(1, 11)
})

test.each(oracle.beta)('the incomplete beta function of %d and %d is SciPy’s', (a, b, x, value) => {
  expect(incompleteBeta({ a, b, x, rest: 1 - x }) / value).toBeCloseTo(1, 11)
})

test.each(oracle.fisher)('%d of %d against %d of %d: twice the smaller tail', (...row) => {
  const [x, n, y, m, p] = row
  expect(fisherTwoSided({ x: x!, n: n!, y: y!, m: m! }) / p!).toBeCloseTo(1, 8)
})

test.each(oracle.cvm_tails)('the limit of Cramér–von Mises at %d is SciPy’s', (x, p) => {
  expect(cramerVonMisesSurvival(x)).toBeCloseTo(p, 12)
})

test('no chance at all and certainty have a finite deviation', () => {
  expect(normalDeviate(1)).toBe(0)
  expect(normalDeviate(0)).toBeGreaterThan(37)
  expect(normalDeviate(0)).toSatisfy(Number.isFinite)
  expect(studentTwoSided(0, 3)).toBe(1)
  expect(studentTwoSided(1e200, 3)).toBe(0)
  expect(incompleteBeta({ a: 1, b: 1, x: 0, rest: 1 })).toBe(0)
  expect(incompleteBeta({ a: 1, b: 1, x: 1, rest: 0 })).toBe(1)
  expect(cramerVonMisesSurvival(0)).toBe(1)
  expect(() => studentTwoSided(1, 0)).toThrow(RangeError)
})

test('one stray event in a hundred is worth two deviations, not seven', () => {
  expect(shareDeviation({ x: 0, n: 5000, y: 1, m: 100 })).toBeCloseTo(2.06, 2)
  expect(shareDeviation({ x: 0, n: 5000, y: 0, m: 100 })).toBe(0)
})
