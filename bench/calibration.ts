/**
 * How often each drift detector alarms when nothing has drifted, and how often when something has.
 *
 *     npx tsx bench/calibration.ts [runs]      default: 2000 a cell
 *
 * Profiles are drawn, binned and frozen as the service does it; an alarm is p ≤ α of one comparison, with
 * no correction for many. Seeded: the same figures on every machine. Writes docs/reference/calibration.md.
 */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { detectors } from '../detectors/catalogue.ts'
import type { DriftInput } from '../detectors/detector.ts'
import { profilePair } from '../detectors/pair.ts'
import { normalDeviate } from '../detectors/special-functions/normal.ts'
import {
  calibrationPage,
  type AlarmTable,
  type CalibrationResults,
  type Cell,
} from './calibration-page.ts'
import { seededDraws, type Draws } from './draws.ts'
import { machine, writeReport } from './report.ts'
import {
  atomsOf,
  categoricalProfile,
  categories,
  frozenBinning,
  numericProfile,
  sample,
  type Atoms,
} from './simulated-profiles.ts'

const alphas = [0.05, 0.01] as const
const sizes = [30, 100, 300, 1_000, 10_000, 100_000]
const reference = 10_000

/** The value that a standard normal one is below with chance `share`. */
const normalQuantile = (share: number): number =>
  share < 0.5 ? -normalDeviate(2 * share) : normalDeviate(2 * (1 - share))

const normal = atomsOf(normalQuantile)
/** Three in five are zero, one in fifty is missing, the rest is log-normal. */
const zeroInflated = atomsOf((share) => {
  if (share < 0.6) return 0
  return share < 0.98 ? Math.exp(normalQuantile((share - 0.6) / 0.38)) : Number.NaN
})

interface Comparison {
  readonly n: number
  readonly m: number
  readonly next: (draws: Draws) => DriftInput
}

function numericComparison(atoms: Atoms, sides: { n: number; m: number }, shift = 0): Comparison {
  return {
    ...sides,
    next: (draws) => {
      const frozen = sample(atoms, sides.n, draws)
      const binning = frozenBinning(atoms, frozen)
      return {
        binning,
        reference: numericProfile({ atoms }, frozen, binning),
        current: numericProfile({ atoms, shift }, sample(atoms, sides.m, draws), binning),
      }
    },
  }
}

/** Zipf's shares: a few common categories and many rare ones. `moved` goes from the first to the last. */
function categoryComparison(k: number, sides: { n: number; m: number }, moved = 0): Comparison {
  const weights = Array.from({ length: k }, (_, i) => 1 / (i + 1))
  const whole = weights.reduce((sum, w) => sum + w, 0)
  const shares = weights.map((w) => w / whole)
  const drifted = shares.map((share, i) =>
    i === 0 ? share - moved : i === k - 1 ? share + moved : share,
  )
  const binning = categories(k)
  return {
    ...sides,
    next: (draws) => ({
      binning,
      reference: categoricalProfile(sides.n, shares, draws),
      current: categoricalProfile(sides.m, drifted, draws),
    }),
  }
}

/** Share of comparisons with p ≤ α, by method; null where a method does not apply or wants more reference. */
function alarmRates({ n, next }: Comparison, runs: number, seed: number): Cell {
  const draws = seededDraws(seed)
  const alarms = detectors.map(() => alphas.map(() => 0))
  const able = detectors.map(({ minReference = 0 }) => n >= minReference)
  for (let run = 0; run < runs; run++) {
    const input = profilePair(next(draws))
    for (const [d, { kinds, compute }] of detectors.entries()) {
      if (!able[d] || !kinds.includes(input.binning.kind)) {
        able[d] = false
        continue
      }
      const p = compute(input)?.pValue ?? 1
      for (const [a, alpha] of alphas.entries()) {
        const counts = alarms[d]
        if (p <= alpha && counts !== undefined) counts[a] = (counts[a] ?? 0) + 1
      }
    }
  }
  return Object.fromEntries(
    detectors.map(({ method }, d) => [
      method,
      able[d] ? (alarms[d] ?? []).map((count) => count / runs) : null,
    ]),
  )
}

let seed = 1
function table(
  name: string,
  comparisons: readonly (readonly [label: string, comparison: Comparison])[],
  runs: number,
): AlarmTable {
  const started = performance.now()
  const columns = comparisons.map(([label, comparison]) => ({
    label,
    rates: alarmRates(comparison, runs, seed++),
  }))
  console.log(`${name}: ${((performance.now() - started) / 1000).toFixed(1)} s`)
  return { name, columns }
}

const equalOrFrozen = (make: (sides: { n: number; m: number }) => Comparison) => [
  ...sizes.map((m) => [`${m}`, make({ n: reference, m })] as const),
  ...sizes.filter((m) => m !== reference).map((m) => [`${m}, ${m}`, make({ n: m, m })] as const),
]

const runs = Number(process.argv[2] ?? 2000)
const facts = machine()
const results: CalibrationResults = {
  runs,
  alphas: [...alphas],
  reference,
  falseAlarms: [
    table(
      'normal',
      equalOrFrozen((sides) => numericComparison(normal, sides)),
      runs,
    ),
    table(
      'zero-inflated, log-normal, partly missing',
      equalOrFrozen((sides) => numericComparison(zeroInflated, sides)),
      runs,
    ),
    ...[2, 10, 50, 500].map((k) =>
      table(
        `${k} categories`,
        equalOrFrozen((sides) => categoryComparison(k, sides)),
        runs,
      ),
    ),
  ],
  power: [
    ...[100, 1_000, 10_000].map((m) =>
      table(
        `a shift of the mean, ${m} events`,
        [0.05, 0.1, 0.2, 0.3, 0.5].map((shift) => [
          `${shift} σ`,
          numericComparison(normal, { n: reference, m }, shift),
        ]),
        runs,
      ),
    ),
    ...[100, 1_000, 10_000].map((m) =>
      table(
        `a share that moves between two of ten categories, ${m} events`,
        [0.01, 0.02, 0.05, 0.1].map((moved) => [
          `${100 * moved} %`,
          categoryComparison(10, { n: reference, m }, moved),
        ]),
        runs,
      ),
    ),
  ],
}
await writeReport('calibration', { ...results, machine: facts })
await writeFile(
  join(import.meta.dirname, '..', 'docs', 'reference', 'calibration.md'),
  await calibrationPage(results),
)
