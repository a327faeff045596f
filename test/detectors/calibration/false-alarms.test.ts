import { describe, expect, test } from 'vitest'
import { detectors } from '../../../detectors/catalogue.ts'
import { type DriftInput } from '../../../detectors/detector.ts'
import {
  categoricalProfile,
  categories,
  draw,
  equalMassBinning,
  type Generator,
  numericProfile,
  seeded,
} from '../sampling.ts'

const runs = 250
const features: Record<string, (random: Generator) => number> = {
  normal: (random) => random.normal(),
  'zero-inflated': (random) => (random.uniform() < 0.6 ? 0 : Math.exp(random.normal())),
  'partly missing': (random) => (random.uniform() < 0.02 ? Number.NaN : random.normal()),
}

/** Three standard errors above α: one correct detector in 700 would fail. */
function allowed(alpha: number): number {
  return alpha + 3 * Math.sqrt((alpha * (1 - alpha)) / runs)
}

function alarmRates(next: () => DriftInput): Map<string, number> {
  const alarms = new Map(detectors.map((detector) => [detector.method, 0]))
  for (let run = 0; run < runs; run++) {
    const input = next()
    for (const { method, compute } of detectors) {
      const alarm = (compute(input)?.pValue ?? 1) <= 0.05
      alarms.set(method, alarms.get(method)! + (alarm ? 1 : 0))
    }
  }
  return new Map([...alarms].map(([method, count]) => [method, count / runs]))
}

describe.each(Object.entries(features))('%s feature without drift', (_, value) => {
  test.each([
    [1000, 100],
    [2000, 1000],
  ])('%d reference and %d current events: no detector alarms more than stated', (n, m) => {
    const random = seeded(n + m)
    const rates = alarmRates(() => {
      const sample = draw(n, () => value(random))
      const binning = equalMassBinning(sample.filter((x) => !Number.isNaN(x)))
      const current = draw(m, () => value(random))
      return {
        reference: numericProfile(sample, binning),
        current: numericProfile(current, binning),
        binning,
      }
    })
    for (const [method, rate] of rates) expect(rate, method).toBeLessThan(allowed(0.05))
  })
})

describe.each([2, 20, 200])('%d categories without drift', (k) => {
  test.each([
    [5000, 100],
    [1000, 1000],
  ])('%d reference and %d current events: no detector alarms more than stated', (n, m) => {
    const random = seeded(31 * k + n)
    const rates = alarmRates(() => ({
      reference: categoricalProfile(n, { k, skew: 1, random }),
      current: categoricalProfile(m, { k, skew: 1, random }),
      binning: categories(k),
    }))
    for (const [method, rate] of rates) expect(rate, method).toBeLessThan(allowed(0.05))
  })
})

test('ten thousand events on both sides: no detector alarms more than stated', () => {
  const random = seeded(1)
  const stored = draw(200_000, random.normal)
  const binning = equalMassBinning(stored)
  const window = () => {
    const start = Math.floor(random.uniform() * (stored.length - 10_000))
    return numericProfile(stored.slice(start, start + 10_000), binning)
  }
  const rates = alarmRates(() => ({ reference: window(), current: window(), binning }))
  // Windows of one series overlap now and then, which only makes them more alike.
  for (const [method, rate] of rates) expect(rate, method).toBeLessThan(allowed(0.05))
})

test('a shift by half a deviation is found in 100 events four times in five', () => {
  const random = seeded(3)
  const reference = draw(2000, random.normal)
  const binning = equalMassBinning(reference)
  const profile = numericProfile(reference, binning)
  const rates = alarmRates(() => ({
    reference: profile,
    current: numericProfile(
      draw(100, () => random.normal() + 0.5),
      binning,
    ),
    binning,
  }))
  for (const [method, rate] of rates) expect(rate, method).toBeGreaterThan(0.8)
})
