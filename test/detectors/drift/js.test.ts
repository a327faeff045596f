import { expect, test } from 'vitest'
import { total } from '../../../detectors/bins.ts'
import { dealtCounts } from '../../../detectors/calibration/dealt-counts.ts'
import { jensenShannon, jensenShannonNull } from '../../../detectors/drift/js.ts'
import conventions from '../../fixtures/detectors/conventions.json' with { type: 'json' }
import oracle from '../../fixtures/detectors/drift.json' with { type: 'json' }

test.each(oracle.histograms)('the distance is SciPy’s in base 2: %#', (row) => {
  expect(jensenShannon(row.reference, row.current)).toBeCloseTo(row.js, 10)
})

test.each(conventions.categorical)('the distance is NannyML’s: $name', (row) => {
  expect(jensenShannon(row.reference, row.current)).toBeCloseTo(row.js, 10)
})

test('an empty sample is nowhere near a full one', () => {
  expect(jensenShannon([0, 0], [1, 2])).toBe(1)
  expect(jensenShannon([0, 0], [0, 0])).toBe(0)
})

const dealt = (reference: readonly number[], current: readonly number[]) =>
  dealtCounts({ reference, current, n: total(reference), m: total(current) })

test('the null of large samples is χ² with a degree of freedom less than bins', () => {
  const even = new Array<number>(10).fill(10_000)
  const { shape, scale } = jensenShannonNull(dealt(even, even))
  expect(shape).toBeCloseTo(4.5, 2)
  expect(scale).toBeCloseTo(2, 2)
})

test('the null of rare categories lies far above χ²', () => {
  const reference = new Array<number>(200).fill(50)
  const current = reference.map((_, i) => (i % 2 === 0 ? 1 : 2))
  const { shape, scale } = jensenShannonNull(dealt(reference, current))
  expect((shape * scale) / 199).toBeGreaterThan(1.3)
})
