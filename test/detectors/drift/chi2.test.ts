import { expect, test } from 'vitest'
import { chi2Contingency, chi2Detector } from '../../../detectors/drift/chi2.ts'
import conventions from '../../fixtures/detectors/conventions.json' with { type: 'json' }
import oracle from '../../fixtures/detectors/drift.json' with { type: 'json' }
import { categories, emptyProfile } from '../sampling.ts'

test.each(oracle.histograms)('table, p-value and Cramér’s V are SciPy’s: %#', (row) => {
  const table = chi2Contingency(row.reference, row.current)
  expect(table.dof).toBe(row.dof)
  expect(table.statistic).toBeCloseTo(row.chi2, 9)
  expect(table.pValue / row.chi2_p).toBeCloseTo(1, 9)
  expect(table.cramersV).toBeCloseTo(row.cramers_v, 12)
})

test.each(conventions.categorical)('alibi-detect and NannyML agree: $name', (row) => {
  const table = chi2Contingency(row.reference, row.current)
  expect(table.statistic).toBeCloseTo(row.chi2, 9)
  expect(table.pValue / row.chi2PValue).toBeCloseTo(1, 9)
})

test('the detector’s p-value is the table’s when no category is rare', () => {
  const reference = [758, 430, 243, 69]
  const current = [384, 352, 153, 111]
  const score = chi2Detector.compute({
    reference: { ...emptyProfile, n: 1500, counts: [...reference, 0] },
    current: { ...emptyProfile, n: 1000, counts: [...current, 0] },
    binning: categories(4),
  })
  expect(score?.pValue).toBe(chi2Contingency(reference, current).pValue)
  expect(score?.effect).toBeLessThan(1)
})

test('one bin in use or an empty side leaves nothing to compare', () => {
  const nothing = { statistic: 0, dof: 0, pValue: 1, cramersV: 0 }
  expect(chi2Contingency([5, 0], [9, 0])).toEqual(nothing)
  expect(chi2Contingency([0, 0], [1, 1])).toEqual(nothing)
})
