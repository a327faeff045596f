import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  mersenneTwister,
  seededByArray,
  seededByNumber,
  seededLikePython,
} from '../../../detectors/streams/mersenne-twister.ts'
import { numpyRandom, pythonRandom } from '../../../detectors/streams/random-source.ts'
import oracle from '../../fixtures/detectors/river-streams.json' with { type: 'json' }

const sources = { python: pythonRandom, numpy: numpyRandom }

const cases = (['python', 'numpy'] as const).flatMap((name) =>
  oracle.generators[name].map((expected) => ({ name, ...expected })),
)

test.each(cases)('numbers of $name with seed $seed, bit for bit', (expected) => {
  const made = (draw: (random: ReturnType<typeof pythonRandom>) => number, count: number) => {
    const random = sources[expected.name](expected.seed)
    return Array.from({ length: count }, () => draw(random))
  }
  expect(made((random) => random.next(), 350).slice(-30)).toEqual(expected.next)
  expect(made((random) => random.below(1000), expected.below.length)).toEqual(expected.below)
  for (const [i, value] of made((random) => random.normal(), expected.normal.length).entries()) {
    expect(value).toBeCloseTo(expected.normal[i]!, 13)
  }
})

test('the first numbers of the published seeding by four words', () => {
  const twister = mersenneTwister(seededByArray([0x123, 0x234, 0x345, 0x456]))
  const made = Array.from({ length: 5 }, () => twister.next32())
  expect(made).toEqual([1067595299, 955945823, 477289528, 4107218783, 4228976476])
})

test('a state that went through JSON goes on with the same numbers', () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), fc.integer({ min: 0, max: 1300 }), (seed, used) => {
      const twister = mersenneTwister(seededLikePython(seed))
      for (let i = 0; i < used; i++) twister.next32()
      const copy = mersenneTwister(JSON.parse(JSON.stringify(twister.state())) as never)
      expect(copy.next()).toBe(twister.next())
    }),
    { numRuns: 30 },
  )
})

test('drawing leaves the state that it started from alone', () => {
  const state = seededByNumber(7)
  const before = JSON.stringify(state)
  const first = mersenneTwister(state)
  for (let i = 0; i < 1000; i++) first.next32()
  expect(JSON.stringify(state)).toBe(before)
})

test('whole numbers below n reach every one of them and no other', () => {
  fc.assert(
    fc.property(fc.nat(), fc.integer({ min: 1, max: 40 }), (seed, n) => {
      for (const make of [pythonRandom, numpyRandom]) {
        const random = make(seed)
        const drawn = new Set(Array.from({ length: 60 * n }, () => random.below(n)))
        expect([...drawn].sort((a, b) => a - b)).toEqual(Array.from({ length: n }, (_, i) => i))
      }
    }),
    { numRuns: 20 },
  )
})

test('seeds that a generator cannot take are refused', () => {
  expect(() => seededByNumber(-1)).toThrow(RangeError)
  expect(() => seededByNumber(2 ** 32)).toThrow(RangeError)
  expect(() => seededLikePython(0.5)).toThrow(RangeError)
  expect(() => seededByArray([])).toThrow(RangeError)
})

test('one of one draws nothing with NumPy, and a bit at least with Python', () => {
  const drawn = numpyRandom(1)
  expect([drawn.below(1), drawn.next()]).toEqual([0, numpyRandom(1).next()])
  expect(pythonRandom(1).below(1)).toBe(0)
})
