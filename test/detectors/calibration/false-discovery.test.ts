import { expect, test } from 'vitest'
import { benjaminiHochberg, bonferroni } from '../../../detectors/calibration/false-discovery.ts'
import { seeded } from '../sampling.ts'
import oracle from '../../fixtures/detectors/drift.json' with { type: 'json' }

test('adjusted values are those of SciPy’s false_discovery_control', () => {
  for (const [i, adjusted] of benjaminiHochberg(oracle.p_values).entries()) {
    expect(adjusted).toBeCloseTo(oracle.benjamini_hochberg[i]!, 12)
  }
})

test('entries without a p-value neither count nor gain one', () => {
  const sparse = [undefined, 0.01, Number.NaN, 0.02, null]
  expect(benjaminiHochberg(sparse)).toEqual([undefined, 0.02, undefined, 0.02, undefined])
  expect(bonferroni(sparse)).toEqual([undefined, 0.02, undefined, 0.04, undefined])
})

test('bonferroni never passes one and nothing gives nothing', () => {
  expect(bonferroni([0.6, 0.7])).toEqual([1, 1])
  expect(benjaminiHochberg([])).toEqual([])
})

test('a family without drift rarely raises even one alarm', () => {
  const { uniform } = seeded(11)
  let families = 0
  for (let run = 0; run < 2000; run++) {
    const adjusted = benjaminiHochberg(Array.from({ length: 50 }, uniform))
    if (adjusted.some((p) => p! <= 0.05)) families++
  }
  expect(families / 2000).toBeLessThan(0.05 + 3 * Math.sqrt((0.05 * 0.95) / 2000))
})
