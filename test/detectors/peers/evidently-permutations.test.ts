import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { dealtValue } from '../../../detectors/multivariate/mmd.ts'
import { finished } from '../../../detectors/multivariate/work.ts'
import { peerMethodNamed } from '../../../detectors/peers/catalogue.ts'
import { mmdPermutationP, mostComparedRows } from '../../../detectors/peers/evidently-mmd.ts'
import { mostDealtRows, tvdPermutationP } from '../../../detectors/peers/evidently-tvd.ts'
import { numpyShuffle } from '../../../detectors/peers/numpy-shuffle.ts'
import { peerScore, type PeerSample } from '../../../detectors/peers/peer.ts'
import { numpyRandom } from '../../../detectors/streams/random-source.ts'
import { seeded } from '../../support/seeded.ts'

/** 1 is every deal as far apart: p in thousandths, or in hundredths. */
const tvd = (reference: readonly string[], current: readonly string[]): number =>
  finished(tvdPermutationP({ reference, current }))
const mmd = (reference: readonly number[], current: readonly number[]): number | null =>
  finished(mmdPermutationP({ reference, current }))

const random = seeded(20261123)
const draw = (count: number, share: number): string[] =>
  Array.from({ length: count }, () => (random.next() < share ? 'a' : 'b'))
const normals = (count: number, mean = 0): number[] =>
  Array.from({ length: count }, () => mean + random.normal())

test('a list is shuffled as NumPy’s seed 0 shuffles it', () => {
  // np.random.seed(0); np.random.permutation(10), twice
  const generator = numpyRandom(0)
  const ten = (): Int32Array => Int32Array.from({ length: 10 }, (_, i) => i)
  expect([...numpyShuffle(ten(), generator)]).toEqual([2, 8, 4, 9, 1, 6, 7, 3, 0, 5])
  expect([...numpyShuffle(ten(), generator)]).toEqual([3, 5, 1, 2, 9, 8, 0, 6, 7, 4])
  expect([...numpyShuffle(Int32Array.of(7), generator)]).toEqual([7])
})

describe.each([
  ['TVD', () => tvd(draw(40, 0.5), draw(30, 0.5))],
  ['MMD', () => mmd(normals(20), normals(15))],
] as const)('%s without drift', (_, once) => {
  test('lies below 0.1 in about a tenth of all windows', () => {
    const runs = 200
    let below = 0
    for (let run = 0; run < runs; run++) if (once()! < 0.1) below++
    // Binomial(200, 0.1): 20 ± 4.2.
    expect(below).toBeGreaterThan(5)
    expect(below).toBeLessThan(36)
  })
})

test('with drift no deal is as far apart', () => {
  expect(tvd(draw(200, 0.9), draw(200, 0.3))).toBe(0)
  expect(mmd(normals(80), normals(80, 3))).toBe(0)
})

test('another order of the rows changes a p-value by chance alone', () => {
  const [reference, current] = [draw(60, 0.6), draw(60, 0.5)]
  const p = tvd(reference, current)
  const turned = tvd([...reference].reverse(), [...current].reverse())
  expect(turned).not.toBe(p)
  expect(Math.abs(turned - p)).toBeLessThan(5 * Math.sqrt((2 * p * (1 - p)) / 1000))
})

test('of more rows than are compared the first ones are', () => {
  const many = draw(mostDealtRows + 500, 0.5)
  const few = draw(50, 0.4)
  expect(tvd(many, few)).toBe(tvd(many.slice(0, mostDealtRows), few))
  const numbers = normals(mostComparedRows + 50)
  const some = normals(20)
  expect(mmd(numbers, some)).toBe(mmd(numbers.slice(0, mostComparedRows), some))
  expect(mmd(some, numbers)).toBe(mmd(some, numbers.slice(0, mostComparedRows)))
})

test.each([
  [
    'tvd/evidently-0.7',
    { kind: 'categorical', reference: draw(5000, 0.5), current: draw(5000, 0.5) },
  ],
  ['mmd/evidently-0.7', { kind: 'numeric', reference: normals(500), current: normals(500) }],
] as const)('%s pauses a hundred times and more on its way', (id, sample) => {
  const method = peerMethodNamed(id)!
  const work = method.steps!(sample)
  let pauses = 0
  let step = work.next()
  for (; step.done !== true; step = work.next()) pauses++
  expect(pauses).toBeGreaterThanOrEqual(100)
  expect(step.value).toEqual(method.number(sample as PeerSample))
})

const degenerate: readonly (readonly [string, number[], number[], number | null])[] = [
  ['one value on a side', [1], [1, 2, 3], null],
  ['one constant', [3, 3, 3, 3], [3, 3, 3], 1],
  ['two constants', [...new Array<number>(20).fill(3)], [...new Array<number>(20).fill(4)], 0],
  // Evidently's squares overflow, and it calls that drift.
  ['numbers whose squares overflow', [1e200, -1e200, 2e200], [1e200, 3e200], 0],
]

test.each(degenerate)('MMD of %s', (_, reference, current, p) => {
  expect(mmd(reference, current)).toBe(p)
})

test('TVD of a category that is everywhere is certain, of two that never meet impossible', () => {
  expect(tvd(['a', 'a', 'a'], ['a'])).toBe(1)
  expect(tvd(new Array<string>(30).fill('a'), new Array<string>(30).fill('b'))).toBe(0)
})

test('at the threshold itself no p-value is drift', () => {
  for (const id of ['tvd/evidently-0.7', 'mmd/evidently-0.7', 'epps-singleton/evidently-0.7']) {
    const method = peerMethodNamed(id)!
    const sample: PeerSample =
      method.kinds[0] === 'numeric'
        ? { kind: 'numeric', reference: normals(30), current: normals(30) }
        : { kind: 'categorical', reference: draw(30, 0.5), current: draw(30, 0.5) }
    const { value } = peerScore(method, sample)!
    expect(peerScore(method, sample, value)!.drifted).toBe(false)
    expect(peerScore(method, sample, value + 1e-9)!.drifted).toBe(true)
  }
})

test('what a block’s sum and row sums tell is MMD² by its definition', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: 5, maxLength: 9 }),
      (points) => {
        const count = points.length
        const k = (i: number, j: number): number =>
          i === j ? 0 : Math.exp(-((points[i]! - points[j]!) ** 2))
        const kernel = Float64Array.from({ length: count ** 2 }, (_, at) =>
          k(Math.floor(at / count), at % count),
        )
        const mean = (is: readonly number[], js: readonly number[], pairs: number): number =>
          is.flatMap((i) => js.map((j) => k(i, j))).reduce((sum, x) => sum + x, 0) / pairs
        const [few, others] = [[0, 1], points.map((_, i) => i).slice(2)]
        const m = others.length
        const expected =
          mean(few, few, 2) + mean(others, others, m * (m - 1)) - 2 * mean(few, others, 2 * m)
        expect(dealtValue(kernel, 2)(Int32Array.from(few))).toBeCloseTo(expected, 12)
      },
    ),
  )
})
