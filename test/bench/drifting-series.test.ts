import { expect, test } from 'vitest'
import { scenarios, seriesLength } from '../../bench/drifting-series.ts'

test.each(scenarios)(
  '$name: the same seed draws the same series, another one another',
  (scenario) => {
    const series = scenario.values(3)
    expect(series.length).toBe(seriesLength)
    expect(scenario.values(3)).toEqual(series)
    expect(scenario.values(4)).not.toEqual(series)
  },
)

test.each(scenarios)(
  '$name: values change where the drift is said to be, and there alone',
  (scenario) => {
    const seeds = [1, 2, 3, 4]
    const mean = (from: number, to: number): number => {
      const values = seeds.flatMap((seed) => scenario.values(seed).slice(from, to))
      return values.reduce((sum, value) => sum + value, 0) / values.length
    }
    const [drift] = scenario.drifts
    const [start, end] = [drift?.start ?? 4500, drift?.end ?? 5500]
    const early = mean(0, 2000)
    const before = mean(start - 2000, start)
    const after = mean(end + 1, end + 2001)
    const noise = scenario.kind === 'error' ? 0.03 : 0.15
    expect(Math.abs(before - early)).toBeLessThan(noise)
    if (drift === undefined) expect(Math.abs(after - before)).toBeLessThan(noise)
    else expect(after - before).toBeGreaterThan(2 * noise)
  },
)
