import fc from 'fast-check'
import { expect, test } from 'vitest'
import { binLabel } from '../../detectors/bin-label.ts'
import { coarseInput } from '../../detectors/coarse-input.ts'
import { binContributions } from '../../detectors/contribution.ts'
import { psiDetector } from '../../detectors/drift/psi.ts'
import { tvdDetector } from '../../detectors/drift/tvd.ts'
import { explainedBy } from '../../detectors/explained-by.ts'
import type { NumericBinning } from '../../detectors/profile.ts'
import { categories, emptyProfile } from './sampling.ts'

const binning = (edges: readonly number[]): NumericBinning => ({
  kind: 'numeric',
  edges,
  coarse: [0, ...edges.map((_, i) => i + 1)],
  low: -1e9,
  high: 1e9,
})

const labels = (edges: readonly number[]): string[] =>
  [null, ...edges].map((from, i) =>
    binLabel({ kind: 'range', from, to: edges[i] ?? null }, binning(edges)),
  )

test.each<[what: string, edges: number[], expected: string[]]>([
  ['whole numbers as they are', [3, 45], ['< 3', '3 … 45', '≥ 45']],
  ['years, not decades', [1995, 2015, 2022], ['< 1995', '1995 … 2015', '2015 … 2022', '≥ 2022']],
  ['three digits', [0.123456, 12.3456], ['< 0.123', '0.123 … 12.3', '≥ 12.3']],
  [
    'as many digits as tell neighbours apart',
    [1.23401, 1.23409, 7.7777],
    ['< 1.234', '1.234 … 1.2341', '1.2341 … 7.78', '≥ 7.78'],
  ],
  ['negative ones', [-2.5, 0], ['< -2.5', '-2.5 … 0', '≥ 0']],
  ['great ones', [123456789.5, 5e21], ['< 123000000', '123000000 … 5e+21', '≥ 5e+21']],
  ['one edge', [0.5], ['< 0.5', '≥ 0.5']],
  ['no edge', [], ['any number']],
  ['a constant', [5, 5.000000000000001], ['< 5', '5', '> 5']],
])('ranges are labelled by %s', (_, edges, expected) => {
  expect(labels(edges)).toEqual(expected)
})

test('no two bins of a number have one label', () => {
  const edges = fc
    .uniqueArray(fc.double({ noNaN: true, noDefaultInfinity: true }), { maxLength: 20 })
    .map((list) => [...new Set(list.map((x) => x + 0))].sort((a, b) => a - b))
  fc.assert(
    fc.property(edges, (list) => {
      expect(new Set(labels(list)).size).toBe(list.length + 1)
    }),
    { numRuns: 1000 },
  )
})

test('categories and events without a value are called what they are', () => {
  const two = categories(2)
  expect(binLabel({ kind: 'category', category: 'DE' }, two)).toBe('DE')
  expect(binLabel({ kind: 'category', category: 'a\u001b[2Jb' }, two)).toBe('a\ufffd[2Jb')
  expect(binLabel({ kind: 'category', category: '😀'.repeat(80) }, two)).toBe(`${'😀'.repeat(63)}…`)
  expect(
    (['other', 'unseen', 'type_mismatch', 'invalid', 'missing'] as const).map((kind) =>
      binLabel({ kind }, two),
    ),
  ).toEqual(['other', 'unseen', 'wrong type', 'invalid', 'missing'])
})

const fine: NumericBinning = { ...binning([1, 2, 3, 4]), coarse: [0, 0, 1, 2, 2] }
const side = (counts: number[], missing: number) => ({
  ...emptyProfile,
  counts,
  missing,
  n: counts.reduce((a, b) => a + b, missing),
})

test('coarse bins are the ones that PSI scores: their terms add up to its value', () => {
  const counts = fc.array(fc.nat(200), { minLength: 5, maxLength: 5 })
  const sides = fc.tuple(counts, fc.nat(50)).map(([list, missing]) => side(list, missing))
  fc.assert(
    fc.property(sides, sides, (reference, current) => {
      const input = { reference, current, binning: fine }
      const terms = binContributions(coarseInput(input), 'psi')
      const score = psiDetector.compute(input)
      if (terms === null || score === null) {
        expect(terms).toBe(score)
        return
      }
      const sum = terms.reduce((whole, { contribution }) => whole + contribution, 0)
      expect(sum).toBeCloseTo(score.value, 9)
    }),
  )
})

test('gaps of shares add up to twice the total variation', () => {
  const input = {
    reference: side([400, 100, 300, 100, 50], 50),
    current: side([100, 250, 340, 210, 50], 50),
    binning: fine,
  }
  const terms = binContributions(coarseInput(input), explainedBy('tvd')!)!
  const sum = terms.reduce((whole, { contribution }) => whole + contribution, 0)
  expect(sum / 2).toBeCloseTo(tvdDetector.compute(input)!.value, 9)
  expect(terms.map(({ bin }) => binLabel(bin, coarseInput(input).binning))).toEqual([
    '< 2',
    '≥ 3',
    '2 … 3',
    'missing',
  ])
})

test('a profile of other bins is refused', () => {
  const input = { reference: side([1, 2], 0), current: side([1, 2], 0), binning: fine }
  expect(() => coarseInput(input)).toThrow(RangeError)
  expect(() => coarseInput({ ...input, binning: { ...fine, coarse: [0] } })).toThrow(RangeError)
})

test.each([
  ['psi', 'psi'],
  ['js', 'js'],
  ['linf', 'linf'],
  ['tvd', 'linf'],
  ['ks', 'psi'],
  ['wasserstein', 'psi'],
  ['missing_rate', null],
  ['accuracy', null],
])('%s is explained by %s', (metric, by) => {
  expect(explainedBy(metric)).toBe(by)
})
