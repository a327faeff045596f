import { expect, test } from 'vitest'
import { defaultAlpha, falseAlarmLevel, startRate } from '../../alerts/false-alarm-level.ts'
import type { CorrectionName } from '../../core/model-spec.ts'
import { seeded, type Seeded } from '../support/seeded.ts'

const weekly = 1 / 168
const family = (tests: number, correction: CorrectionName = 'benjamini-hochberg') => ({
  tests,
  correction,
})
const level = (perWindow: number, families: ReturnType<typeof family>[], k = 1, n = 1) =>
  falseAlarmLevel({ perWindow, families, k, n })

test('one false alarm a week of hourly windows is a level of 1/168, however many series are corrected together', () => {
  for (const tests of [1, 20, 500]) {
    expect(level(weekly, [family(tests)])).toBeCloseTo(weekly, 12)
    expect(level(weekly, [family(tests, 'bonferroni')])).toBeCloseTo(weekly, 12)
  }
})

test('without correction every series takes its part', () => {
  expect(level(weekly, [family(20, 'none')])).toBeCloseTo(weekly / 20, 12)
})

test('families share alike: two versions under two methods are four', () => {
  expect(
    level(
      weekly,
      [1, 20, 20, 500].map((tests) => family(tests)),
    ),
  ).toBeCloseTo(weekly / 4, 12)
})

test('a window that tests nothing, or a generous budget, leaves the default', () => {
  expect(level(weekly, [])).toBe(defaultAlpha)
  expect(level(7, [family(3)])).toBe(defaultAlpha)
  expect(level(defaultAlpha, [family(3)])).toBe(defaultAlpha)
})

test('the chance of a run is that of its last window and enough of those before it', () => {
  expect(startRate(0.1, { k: 1, n: 1 })).toBe(0.1)
  // 0.1 · (1 − 0.9²)
  expect(startRate(0.1, { k: 2, n: 3 })).toBeCloseTo(0.019, 12)
  // 0.1 · (6 · 0.1² · 0.9² + 4 · 0.1³ · 0.9 + 0.1⁴)
  expect(startRate(0.1, { k: 3, n: 5 })).toBeCloseTo(0.00523, 12)
  expect(startRate(0.1, { k: 3, n: 3 })).toBeCloseTo(0.001, 12)
})

test('runs are rarer than windows, so they may be judged less strictly', () => {
  const [one, two] = [level(0.001, [family(20)]), level(0.001, [family(20)], 2, 3)]
  expect(two).toBeGreaterThan(20 * one)
  expect(startRate(two, { k: 2, n: 3 })).toBeLessThanOrEqual(0.001)
  expect(startRate(two * 1.0001, { k: 2, n: 3 })).toBeGreaterThan(0.001)
})

// The table of docs/explanation/statistics.md, and the example of docs/how-to/choose-thresholds.md.
test.each([
  [1, 1, 1, 0.00595, 0.00595, 0.00595],
  [1, 1, 20, 0.00595, 0.00595, 0.000298],
  [1, 1, 500, 0.00595, 0.00595, 0.0000119],
  [2, 3, 1, 0.05, 0.05, 0.05],
  [2, 3, 20, 0.05, 0.05, 0.0122],
  [2, 3, 500, 0.05, 0.05, 0.00244],
  [3, 5, 500, 0.05, 0.05, 0.0126],
])('one page a week, %i of %i, %i series', (k, n, series, ...levels) => {
  const found = (['benjamini-hochberg', 'bonferroni', 'none'] as const).map((correction) =>
    level(weekly, [family(series, correction)], k, n),
  )
  expect(found.map((alpha) => Number(alpha.toPrecision(3)))).toEqual(levels)
})

test('half a page a week and two of three windows', () => {
  expect(level(weekly / 2, [family(1)], 2, 3)).toBeCloseTo(0.039, 3)
})

const rules = [
  { k: 1, n: 1, perWindow: 0.01, windows: 60_000 },
  { k: 2, n: 3, perWindow: 0.002, windows: 150_000 },
  { k: 3, n: 5, perWindow: 0.0005, windows: 300_000 },
] as const
const cases = rules.flatMap((rule) =>
  [1, 20, 500].flatMap((series) =>
    (['benjamini-hochberg', 'bonferroni', 'none'] as const).map((correction) => ({
      ...rule,
      series,
      correction,
    })),
  ),
)

test.each(cases)(
  '$k of $n, $series series, $correction: without drift no more pages than the budget',
  ({ k, n, perWindow, windows, series, correction }) => {
    const alpha = level(perWindow, [family(series, correction)], k, n)
    // The cap would hide what is tested.
    if (correction !== 'bonferroni') expect(alpha).toBeLessThan(defaultAlpha)
    const random = seeded(series * 10 + k)
    const tested = { alpha, series, correction }
    const draw = (): number[] => rejected(smallPs(random, series, alpha), tested)
    const pages = simulated({ k, n, windows, draw })
    const budget = perWindow * windows
    expect(pages).toBeLessThanOrEqual(budget + 4 * Math.sqrt(budget))
    const tight = alpha < defaultAlpha && (correction !== 'benjamini-hochberg' || series === 1)
    // The level is the greatest one that keeps the promise: not much of the budget is left unused.
    if (tight) expect(pages).toBeGreaterThan(0.9 * budget - 4 * Math.sqrt(budget))
  },
)

test.each(rules)(
  '$k of $n: series that move together page together, within the budget',
  ({ k, n, perWindow, windows }) => {
    const alpha = level(perWindow, [family(500)], k, n)
    const random = seeded(7)
    // One p-value for all 500: the correction then rejects all of them or none.
    const together = { k, n, windows, draw: () => (random.next() <= alpha ? [0] : []) }
    const budget = perWindow * windows
    expect(simulated(together)).toBeLessThanOrEqual(budget + 4 * Math.sqrt(budget))
    expect(simulated(together)).toBeGreaterThan(0.9 * budget - 4 * Math.sqrt(budget))
  },
)

interface Simulation {
  readonly k: number
  readonly n: number
  readonly windows: number
  /** Which series are rejected in the next window. */
  readonly draw: () => readonly number[]
}

/** How many windows there are at which an alarm of any series begins. */
function simulated({ k, n, windows, draw }: Simulation): number {
  const breaches = new Map<number, number[]>()
  let pages = 0
  for (let window = 0; window < windows; window++) {
    let begins = false
    for (const index of draw()) {
      // The n windows up to the one before this, and the n up to this one.
      const before = (breaches.get(index) ?? []).filter((at) => at >= window - n)
      const now = [...before.filter((at) => at > window - n), window]
      if (now.length >= k && before.length < k) begins = true
      breaches.set(index, [...before, window])
    }
    if (begins) pages += 1
  }
  return pages
}

/** The p-values of some series that are at most α: the others take no part in any rejection. */
function smallPs(random: Seeded, series: number, alpha: number): { index: number; p: number }[] {
  const small: { index: number; p: number }[] = []
  const skip = (): number => Math.floor(Math.log(1 - random.next()) / Math.log(1 - alpha))
  for (let index = skip(); index < series; index += 1 + skip())
    small.push({ index, p: random.next() * alpha })
  return small
}

interface Tested {
  readonly alpha: number
  readonly series: number
  readonly correction: CorrectionName
}

function rejected(
  small: readonly { readonly index: number; readonly p: number }[],
  { alpha, series, correction }: Tested,
): number[] {
  const ranked = small.toSorted((a, b) => a.p - b.p)
  const limit = (rank: number): number =>
    correction === 'none' ? alpha : (alpha * (correction === 'bonferroni' ? 1 : rank + 1)) / series
  const last = ranked.findLastIndex(({ p }, rank) => p <= limit(rank))
  return ranked.slice(0, last + 1).map(({ index }) => index)
}
