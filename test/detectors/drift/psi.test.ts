import { expect, test } from 'vitest'
import { psi, psiDetector } from '../../../detectors/drift/psi.ts'
import conventions from '../../fixtures/detectors/conventions.json' with { type: 'json' }
import oracle from '../../fixtures/detectors/drift.json' with { type: 'json' }
import { categories, deciles, emptyProfile, histogram } from '../sampling.ts'

test.each(oracle.histograms)('half a pseudo-count a bin: %#', (row) => {
  expect(psi(row.reference, row.current)).toBeCloseTo(row.psi_jeffreys, 12)
})

test.each(conventions.categorical)('without pseudo-counts it is the plain sum: $name', (row) => {
  expect(psi(row.reference, row.current, 0)).toBeCloseTo(row.psi, 12)
})

test.each(conventions.numeric)('deciles with one pseudo-count: $name', (row) => {
  const edges = deciles(conventions.reference)
  const reference = histogram(conventions.reference, edges)
  const current = histogram(row.current, edges)
  expect(psi(reference, current, 1)).toBeCloseTo(row.psiDecileLaplace, 10)
})

test('one stray event in an empty bin does not decide the score', () => {
  const score = psiDetector.compute({
    reference: { ...emptyProfile, n: 1000, counts: [500, 500, 0] },
    current: { ...emptyProfile, n: 1000, counts: [500, 499, 1] },
    binning: categories(2),
  })
  expect(score?.value).toBeLessThan(score!.noiseFloor!)
})

test('missing values that appear are drift', () => {
  const score = psiDetector.compute({
    reference: { ...emptyProfile, n: 1000, counts: [500, 500, 0] },
    current: { ...emptyProfile, n: 1000, counts: [450, 450, 0], missing: 100 },
    binning: categories(2),
  })
  expect(score?.pValue).toBeLessThan(1e-6)
})

test('histograms over other bins are the caller’s mistake', () => {
  expect(() => psi([1, 2], [1, 2, 3])).toThrow('same bins')
})
