import { expect, test } from 'vitest'
import { binnedKs, ksDetector, ksExactScore, ksTwoSample } from '../../../detectors/drift/ks.ts'
import conventions from '../../fixtures/detectors/conventions.json' with { type: 'json' }
import oracle from '../../fixtures/detectors/drift.json' with { type: 'json' }
import { categories, emptyProfile, equalMassBinning, numericProfile } from '../sampling.ts'

test.each(oracle.samples)('gap and p-value are those of SciPy’s ks_2samp: %#', (row) => {
  const d = ksTwoSample(row.reference, row.current)
  expect(d).toBeCloseTo(row.d, 12)
  const score = ksExactScore({ d, n: row.reference.length, m: row.current.length })
  expect(score.pValue).toBeCloseTo(row.p, 5)
  expect(score.method).toBe('ks/exact')
})

test.each(conventions.numeric)('gap and p-value are alibi-detect’s: $name', (row) => {
  const d = ksTwoSample(conventions.reference, row.current)
  expect(d).toBeCloseTo(row.ksD, 12)
  const { pValue } = ksExactScore({ d, n: conventions.reference.length, m: row.current.length })
  expect(pValue! / row.ksPValue).toBeCloseTo(1, 5)
})

test.each(conventions.numeric)(
  'binned, it is below the exact gap by at most a bin: $name',
  (row) => {
    const binning = equalMassBinning(conventions.reference)
    const score = ksDetector.compute({
      reference: numericProfile(conventions.reference, binning),
      current: numericProfile(row.current, binning),
      binning,
    })
    expect(score!.value).toBeLessThanOrEqual(row.ksD + 1e-12)
    expect(score!.value).toBeGreaterThan(row.ksD - 0.05)
  },
)

test('an empty side has no share anywhere and an empty list no distribution', () => {
  expect(binnedKs([0, 0], [1, 1])).toBe(1)
  expect(() => ksTwoSample([], [1])).toThrow(RangeError)
})

test('categories have no order, so the statistic does not apply', () => {
  const profile = { ...emptyProfile, n: 2, counts: [1, 1, 0] }
  expect(
    ksDetector.compute({ reference: profile, current: profile, binning: categories(2) }),
  ).toBeNull()
})
