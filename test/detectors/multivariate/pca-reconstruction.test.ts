import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { MixedSample } from '../../../detectors/multivariate/mixed-sample.ts'
import {
  components,
  pcaReconstruction,
  pcaReference,
  reconstructionErrors,
} from '../../../detectors/multivariate/pca-reconstruction.ts'
import { finished } from '../../../detectors/multivariate/work.ts'
import type { Score } from '../../../detectors/score.ts'
import { numpyRandom } from '../../../detectors/streams/random-source.ts'
import oracle from '../../fixtures/detectors/multivariate.json' with { type: 'json' }
import { seeded } from '../../support/seeded.ts'
import { beside, between, categoricalSample, numericSample, week, weeklyData } from './samples.ts'

/** Correlated numbers and two categories, a tenth missing, one category that the reference lacks. */
function mixedData(): MixedSample {
  const random = numpyRandom(7)
  const draw = <T>(next: () => T): T[] => Array.from({ length: 4 * week }, next)
  const common = draw(random.normal)
  const own = Array.from({ length: 5 }, () => draw(random.normal))
  const labels = [draw(() => random.below(8)), draw(() => random.below(8))]
  const last = (row: number): boolean => row >= 3 * week
  const numbers = common.map((c, row) =>
    own.map((o, k) => {
      const missing = random.next() < 0.1
      return missing ? null : (c * k + o[row]!) * (last(row) && k === 1 ? -1 : 1)
    }),
  )
  const categories = common.map((_, row) =>
    labels.map((label, c) => {
      if (label[row] === 7) return null
      return last(row) && c === 0 && label[row] === 2 ? 'new' : `c${label[row]!}`
    }),
  )
  return beside(numericSample(numbers), categoricalSample(categories))
}

const mean = (values: Float64Array): number => values.reduce((sum, x) => sum + x, 0) / values.length

describe.each([
  ['NannyML’s sample data', weeklyData(), 10, oracle.pca.weekly],
  ['mixed columns with missing values', mixedData(), 2, oracle.pca.mixed],
] as const)('%s', (_, data, weeks, expected) => {
  const fitted = finished(components(between(data, 0, weeks * week)))!

  test('as many components are kept as scikit-learn keeps', () => {
    expect(fitted.components).toBe(expected.components)
  })

  test.each(expected.errors.map((error, i) => [i, error] as const))(
    'chunk %i has NannyML’s error',
    (i, error) => {
      const chunk = between(data, i * week, (i + 1) * week)
      expect(Math.abs(mean(finished(reconstructionErrors(fitted, chunk))) - error)).toBeLessThan(
        1e-11,
      )
    },
  )
})

test('NannyML 0.13 itself printed these ten for the reference', () => {
  const printed = [
    0.795939312162986, 0.7840110463966236, 0.8119098730091425, 0.7982130082187159,
    0.807815521612754, 0.8492042669464963, 0.7814127409090083, 0.8022621626300768,
    0.8104742129966831, 0.7703901270625767,
  ]
  printed.forEach((error, i) => {
    expect(Math.abs(oracle.pca.weekly.errors[i]! - error)).toBeLessThan(1e-9)
  })
})

function scored(reference: MixedSample, current: MixedSample): Score | null {
  const fitted = finished(pcaReference(reference))
  return fitted === null ? null : finished(pcaReconstruction(fitted, current))
}

/** Two pairs of correlated features. */
function pairs(count: number, seed: number, sign = 1): MixedSample {
  const random = seeded(seed)
  return numericSample(
    Array.from({ length: count }, () => {
      const [a, b] = [random.normal(), random.normal()]
      return [a, sign * 0.9 * a + 0.436 * random.normal(), b, 0.9 * b + 0.436 * random.normal()]
    }),
  )
}

test('two features that go together the other way raise it beyond doubt', () => {
  const score = scored(pairs(2000, 1), pairs(500, 2, -1))!
  expect(score.value).toBeGreaterThan(score.noiseFloor!)
  expect(score.pValue).toBeLessThan(1e-9)
  expect(score.effect).toBeGreaterThan(1)
})

test('features that go together more closely lower it, and that is a change too', () => {
  const random = seeded(3)
  const closer = numericSample(
    Array.from({ length: 500 }, () => {
      const [a, b] = [random.normal(), random.normal()]
      return [a, a, b, b]
    }),
  )
  const score = scored(pairs(2000, 1), closer)!
  expect(score.effect).toBeLessThan(-0.5)
  expect(score.pValue).toBeLessThan(1e-9)
})

test('without drift one in twenty p-values lies below 0.05, and one value in twenty above the floor', () => {
  let below = 0
  let above = 0
  for (let run = 0; run < 400; run++) {
    const score = scored(pairs(200, 2 * run + 100), pairs(100, 2 * run + 101))!
    if (score.pValue! < 0.05) below++
    if (score.value > score.noiseFloor!) above++
  }
  // Binomial(400, 0.05): 20 ± 4.4.
  expect(below).toBeGreaterThan(6)
  expect(below).toBeLessThan(34)
  expect(above).toBeGreaterThan(3)
  expect(above).toBeLessThan(34)
})

test('no order of the current rows, no unit and no order of the columns matters', () => {
  const reference = pairs(300, 5)
  const current = pairs(60, 6, -1)
  const value = scored(reference, current)!.value
  fc.assert(
    fc.property(
      fc.array(
        fc.tuple(
          fc.integer({ min: -40, max: 40 }),
          fc.double({ min: -100, max: 100, noNaN: true }),
        ),
        { minLength: 4, maxLength: 4 },
      ),
      fc.shuffledSubarray([0, 1, 2, 3], { minLength: 4 }),
      (units, order) => {
        const turned = (sample: MixedSample): MixedSample => ({
          count: sample.count,
          columns: order.map((c) => {
            const [power, offset] = units[c]!
            const values = sample.columns[c]!.values as Float64Array
            return {
              name: `f${c}`,
              kind: 'numeric' as const,
              values: values.map((x) => x * 2 ** power + offset * 2 ** power).reverse(),
            }
          }),
        })
        // Which half of the reference a row is in depends on its place: the value does not.
        expect(scored(turned(reference), turned(current))!.value).toBeCloseTo(value, 8)
      },
    ),
    { numRuns: 30 },
  )
})

const degenerate: readonly (readonly [string, MixedSample])[] = [
  ['constant', numericSample(Array.from({ length: 40 }, () => [7, 7]))],
  ['all missing', numericSample(Array.from({ length: 40 }, () => [null, null]))],
  [
    'one number, one column missing',
    numericSample(Array.from({ length: 40 }, (_, i) => [i, null])),
  ],
  [
    'fewer rows than columns',
    numericSample(
      Array.from({ length: 5 }, (_, i) => Array.from({ length: 20 }, (_, c) => (i * c) % 3)),
    ),
  ],
  [
    'huge numbers',
    numericSample(Array.from({ length: 40 }, (_, i) => [i % 2 ? 1.7e308 : -1.7e308, 5e-324 * i])),
  ],
]

test.each(degenerate)(
  '%s: every answer is a number, and its own like changes nothing',
  (_, sample) => {
    const score = scored(sample, sample)
    if (score === null) return
    for (const number of [score.value, score.pValue, score.noiseFloor, score.effect ?? 0])
      expect(Number.isFinite(number)).toBe(true)
    expect(score.value).toBeGreaterThanOrEqual(0)
    expect(score.pValue).toBeGreaterThan(0.04)
  },
)

test('where there is nothing to compare there is no answer', () => {
  expect(finished(pcaReference(numericSample([])))).toBeNull()
  expect(finished(pcaReference(degenerate[1]![1]))).toBeNull()
  const fitted = finished(pcaReference(pairs(50, 1)))!
  expect(finished(pcaReconstruction(fitted, pairs(1, 2)))).toBeNull()
})

test('a constant that becomes another one is an error of its distance', () => {
  const constant = (x: number): MixedSample => numericSample(Array.from({ length: 20 }, () => [x]))
  const score = scored(constant(3), constant(5))!
  expect(score.value).toBe(2)
  expect(score.pValue).toBeLessThan(1e-9)
})

test('a hundred columns are enough, and the error says so', () => {
  const wide = numericSample([Array.from({ length: 101 }, () => 1)])
  expect(() => finished(components(wide))).toThrow('100 columns at most')
})
