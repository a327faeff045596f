import fc from 'fast-check'
import { expect, test } from 'vitest'
import { binContributions, rankFindings } from '../../detectors/contribution.ts'
import { jensenShannon } from '../../detectors/drift/js.ts'
import { largestShareGap } from '../../detectors/drift/linf.ts'
import { psi } from '../../detectors/drift/psi.ts'
import { type DriftInput } from '../../detectors/detector.ts'
import { categories, emptyProfile } from './sampling.ts'

const shifted: DriftInput = {
  reference: { ...emptyProfile, n: 1000, counts: [500, 300, 200, 0] },
  current: { ...emptyProfile, n: 1000, counts: [500, 90, 160, 0], unseen: 50, missing: 200 },
  binning: categories(3),
}

test('the bin that moved most comes first, with its shares and its sign', () => {
  const ranked = binContributions(shifted, 'linf')!
  expect(ranked.map(({ bin }) => bin)).toEqual([
    { kind: 'category', category: 'c1' },
    { kind: 'missing' },
    { kind: 'unseen' },
    { kind: 'category', category: 'c2' },
    { kind: 'category', category: 'c0' },
  ])
  expect(ranked[0]).toMatchObject({ referenceShare: 0.3, currentShare: 0.09 })
  expect(ranked[0]!.change).toBeCloseTo(-0.21, 12)
  expect(ranked[1]!.change).toBeCloseTo(0.2, 12)
  expect(ranked[0]!.share).toBeCloseTo(0.42, 12)
})

test('ranges of numbers carry their ends, the outer ones none', () => {
  const ranked = binContributions(
    {
      reference: { ...emptyProfile, n: 30, counts: [10, 10, 10] },
      current: { ...emptyProfile, n: 30, counts: [2, 8, 20] },
      binning: { kind: 'numeric', edges: [1, 2], coarse: [0, 1, 2], low: 0, high: 3 },
    },
    'psi',
  )!
  expect(ranked.map(({ bin }) => bin)).toEqual([
    { kind: 'range', from: null, to: 1 },
    { kind: 'range', from: 2, to: null },
    { kind: 'range', from: 1, to: 2 },
  ])
})

const counts = fc.integer({ min: 1, max: 10 }).chain((k) => {
  const side = fc
    .tuple(fc.array(fc.nat(50), { minLength: k + 1, maxLength: k + 1 }), fc.nat(20))
    .map(([list, missing]) => ({
      ...emptyProfile,
      counts: list,
      missing,
      n: list.reduce((a, b) => a + b, missing),
    }))
  return fc.record({ reference: side, current: side, binning: fc.constant(categories(k)) })
})

test('the terms add up to the statistic, the shares to one or nothing', () => {
  fc.assert(
    fc.property(counts, (input) => {
      const both = [...input.reference.counts, input.reference.missing].map((x, i) => [
        x,
        [...input.current.counts, input.current.missing][i]!,
      ])
      const used = both.filter(([x, y]) => x! + y! > 0)
      const [a, b] = [used.map(([x]) => x!), used.map(([, y]) => y!)]
      for (const statistic of ['psi', 'js', 'linf'] as const) {
        const ranked = binContributions(input, statistic)
        if (input.reference.n === 0 || input.current.n === 0) {
          expect(ranked).toBeNull()
          continue
        }
        const terms = ranked!.map(({ contribution }) => contribution)
        const whole = terms.reduce((sum, term) => sum + term, 0)
        if (statistic === 'psi') expect(whole).toBeCloseTo(psi(a, b), 9)
        if (statistic === 'js') expect(whole).toBeCloseTo(jensenShannon(a, b) ** 2, 9)
        if (statistic === 'linf') expect(terms[0]).toBeCloseTo(largestShareGap(a, b), 12)
        expect(terms).toEqual([...terms].sort((x, y) => y - x))
        const shares = ranked!.reduce((sum, { share }) => sum + share, 0)
        expect(shares).toBeCloseTo(whole > 0 ? 1 : 0, 9)
      }
    }),
  )
})

test('significant features come first, each group by its effect', () => {
  const ranked = rankFindings([
    { feature: 'noisy', slice: '', effect: 0.9, pValue: 0.4 },
    { feature: 'b', slice: '', effect: 0.1, pValue: 0.05 },
    { feature: 'a', slice: 'x=1', effect: 0.3, pValue: 0.01 },
    { feature: 'a', slice: '', effect: 0.3, pValue: 0.01 },
  ])
  expect(ranked.map(({ feature, slice }) => [feature, slice])).toEqual([
    ['a', ''],
    ['a', 'x=1'],
    ['b', ''],
    ['noisy', ''],
  ])
  expect(ranked.map(({ rank }) => rank)).toEqual([1, 2, 3, 4])
  expect(ranked[0]!.share).toBeCloseTo(3 / 7, 12)
  expect(ranked[3]).toMatchObject({ significant: false, share: 0 })
})

test('nothing found ranks nothing, and no effect has no share', () => {
  expect(rankFindings([])).toEqual([])
  expect(rankFindings([{ feature: 'a', slice: '', effect: 0, pValue: 0.01 }])[0]?.share).toBe(0)
})
