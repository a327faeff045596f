import { expect, test } from 'vitest'
import { agrawal, type AgrawalOptions } from '../../../detectors/streams/agrawal.ts'
import { conceptDrift, driftSpan } from '../../../detectors/streams/concept-drift.ts'
import { friedman, type FriedmanDrift } from '../../../detectors/streams/friedman.ts'
import { led, ledLabel } from '../../../detectors/streams/led.ts'
import { mersenneTwister, seededLikePython } from '../../../detectors/streams/mersenne-twister.ts'
import {
  numpyRandom,
  pythonRandom,
  type RandomSource,
} from '../../../detectors/streams/random-source.ts'
import { type RowStream, take } from '../../../detectors/streams/row.ts'
import { sea, type SeaOptions } from '../../../detectors/streams/sea.ts'
import { sine, type SineOptions } from '../../../detectors/streams/sine.ts'
import { stagger, type StaggerOptions } from '../../../detectors/streams/stagger.ts'
import oracle from '../../fixtures/detectors/river-streams.json' with { type: 'json' }

/** Options as the oracle wrote them; which generator reads them says what they hold. */
type Options = Readonly<Record<string, unknown>>
type Make = (options: Options, random: RandomSource, seed: number) => RowStream

const generators: Readonly<Record<string, Make>> = {
  sea: (options, random) => sea(options as unknown as SeaOptions, random),
  stagger: (options, random) => stagger(options as unknown as StaggerOptions, random),
  sine: (options, random) => sine(options as unknown as SineOptions, random),
  led: (options, random) => led(options, random),
  agrawal: (options, random) =>
    agrawal({ ...(options as unknown as AgrawalOptions), edition: 'revised' }, random),
  friedman: (options, random, seed) => {
    const bits = mersenneTwister(seededLikePython(seed))
    const coin = (): boolean => bits.next32() >>> 31 === 1
    return friedman(random, { ...options, coin } as unknown as FriedmanDrift)
  },
  'concept-drift': (options, _, seed) => {
    const { before, after, position, width } = options as {
      before: SeaOptions
      after: SeaOptions
      position: number
      width: number
    }
    return conceptDrift(
      {
        before: sea(before, pythonRandom(seed)),
        after: sea(after, pythonRandom(seed)),
        position,
        width,
      },
      pythonRandom(Number(options['seed'])),
    )
  },
}

const cases = oracle.cases as unknown as {
  generator: string
  options: Options
  source: string
  seed: number
  rows: [number[], number][]
}[]

test.each(cases)(
  '$generator $options has river’s rows with numbers from $source',
  ({ generator, options, source, seed, rows }) => {
    const random = source === 'python' ? pythonRandom(seed) : numpyRandom(seed)
    const made = take(generators[generator]!(options, random, seed), rows.length)
    expect(made.map(({ x }) => x)).toEqual(rows.map(([x]) => x))
    for (const [i, [, y]] of rows.entries()) {
      // Sines and logarithms of two libraries differ in the last bit.
      if (generator === 'friedman') expect(made[i]!.y).toBeCloseTo(y, 12)
      else expect(made[i]!.y).toBe(y)
    }
  },
)

test('Agrawal’s original edition starts with the row that was published', () => {
  const [row] = take(agrawal({ concept: 0 }, numpyRandom(42)), 1)
  const published = [68690.2154, 81303.5729, 62, 4, 6, 2, 419982.441, 11, 433088.0728]
  expect(row!.x.map((value) => Math.floor(value * 1e4 + 1e-6) / 1e4)).toEqual(published)
  expect(row!.y).toBe(1)
})

test('a balanced stream alternates its labels', () => {
  const labels = take(stagger({ concept: 0, balance: true }, pythonRandom(3)), 50).map(({ y }) => y)
  expect(labels).toEqual(labels.map((_, i) => (i + 1) % 2))
})

test('an abrupt drift hands over within a row', () => {
  const rows = take(
    conceptDrift(
      {
        before: sine({ concept: 0 }, pythonRandom(1)),
        after: sine({ concept: 1 }, pythonRandom(2)),
        position: 51,
        width: 0.01,
      },
      pythonRandom(4),
    ),
    101,
  )
  const old = take(sine({ concept: 0 }, pythonRandom(1)), 50)
  const lone = take(sine({ concept: 1 }, pythonRandom(2)), 51)
  expect(rows.slice(0, 50)).toEqual(old)
  // Row 51 itself may be of either stream.
  const used = rows[50]!.x[0] === lone[0]!.x[0] ? 1 : 0
  expect(rows.slice(51)).toEqual(lone.slice(used, used + 50))
})

test('a gradual drift hands over within its span, four rows in five', () => {
  const { start, end } = driftSpan(501, 200)
  expect([start, end]).toEqual([400, 600])
  expect(driftSpan(501, 1)).toEqual({ start: 500, end: 500 })
  function* labels(y: number): RowStream {
    for (;;) yield { x: [], y }
  }
  const share = (from: number, to: number): number => {
    const sums = Array.from({ length: 40 }, (_, seed) => {
      const drift = { before: labels(0), after: labels(1), position: 501, width: 200 }
      return take(conceptDrift(drift, pythonRandom(seed)), 1000)
        .slice(from, to)
        .reduce((sum, { y }) => sum + y, 0)
    })
    return sums.reduce((sum, one) => sum + one, 0) / (40 * (to - from))
  }
  expect(share(0, start)).toBeLessThan(0.05)
  expect(share(start, end + 1)).toBeCloseTo(0.5, 1)
  expect(share(end + 1, 1000)).toBeGreaterThan(0.95)
})

test('the nearest digit is right for clean segments, and in three of four at noise', () => {
  for (const { x, y } of take(led({}, pythonRandom(5)), 200)) expect(ledLabel(x)).toBe(y)
  const noisy = take(led({ noise: 0.11 }, pythonRandom(6)), 20_000)
  const right = noisy.filter(({ x, y }) => ledLabel(x) === y).length / noisy.length
  // Breiman's optimum for segments that are wrong one time in ten.
  expect(right).toBeCloseTo(0.74, 1)
})

test('every rule of Agrawal’s has applicants of both groups', () => {
  for (const concept of [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] as const) {
    const labels = take(agrawal({ concept }, pythonRandom(8)), 500).map(({ y }) => y)
    expect(new Set(labels)).toEqual(new Set([0, 1]))
  }
})
