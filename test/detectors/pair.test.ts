import { expect, test } from 'vitest'
import { detectors } from '../../detectors/catalogue.ts'
import { coarseBins, fineBins, ProfilePair, profilePair } from '../../detectors/pair.ts'
import { draw, emptyProfile, equalMassBinning, numericProfile, seeded } from './sampling.ts'

const random = seeded(5)
const sample = draw(3000, () => random.normal())
const binning = equalMassBinning(sample)
const input = {
  reference: numericProfile(sample, binning),
  current: numericProfile(
    draw(400, () => 0.1 + random.normal()),
    binning,
  ),
  binning,
}

test('a detector answers the same alone, after all others and before them', () => {
  const inOrder = new ProfilePair(input)
  const forwards = detectors.map((detector) => detector.compute(inOrder))
  const reversed = new ProfilePair(input)
  const backwards = [...detectors].reverse().map((detector) => detector.compute(reversed))
  expect(forwards).toEqual(detectors.map((detector) => detector.compute(input)))
  expect(backwards.reverse()).toEqual(forwards)
})

test('a derivation runs once for a pair, whatever it returns', () => {
  const pair = new ProfilePair(input)
  for (const value of [0, null, 'text']) {
    let runs = 0
    const derive = () => {
      runs++
      return value
    }
    expect([pair.once(derive), pair.once(derive)]).toEqual([value, value])
    expect(runs).toBe(1)
    expect(new ProfilePair(input).once(derive)).toBe(value)
    expect(runs).toBe(2)
  }
})

test('a pair of a pair is itself, so that bins are counted once', () => {
  const pair = new ProfilePair(input)
  expect(profilePair(pair)).toBe(pair)
  expect(fineBins(pair)).toBe(fineBins(pair))
  expect(coarseBins(pair)).toBe(coarseBins(pair))
  expect(fineBins(input)).toEqual(fineBins(pair))
})

test('a side without events has no bins to compare', () => {
  const none = { ...emptyProfile, counts: input.reference.counts.map(() => 0) }
  expect(fineBins({ ...input, current: none })).toBeNull()
  expect(coarseBins({ ...input, reference: none })).toBeNull()
})
