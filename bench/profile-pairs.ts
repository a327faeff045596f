/**
 * The time that detectors take for what one window of a busy model asks: 1000 (slice × feature) pairs of
 * profiles, three in four numeric with 64 bins and one in four categorical, 20 categories. No store.
 *
 *     npx tsx bench/profile-pairs.ts [pairs]      default: 1000
 *
 * The floor, in the same run, is one pass over the same counts: reading what is to be compared.
 */
import { defaultDetectors, detectors } from '../detectors/catalogue.ts'
import type { Detector, DriftInput } from '../detectors/detector.ts'
import { ProfilePair } from '../detectors/pair.ts'
import type { FeatureBinning, FeatureProfile } from '../detectors/profile.ts'
import { inputMetrics } from '../detectors/quality/input-metrics.ts'
import { multinomial, type Draws, seededDraws } from './draws.ts'
import { machine, writeReport } from './report.ts'

const rounds = 60

const numeric: FeatureBinning = {
  kind: 'numeric',
  edges: Array.from({ length: 63 }, (_, i) => (i - 31) / 16),
  coarse: Array.from({ length: 64 }, (_, i) => Math.floor((i * 10) / 64)),
  low: -4,
  high: 4,
}
const categorical: FeatureBinning = {
  kind: 'categorical',
  categories: Array.from({ length: 20 }, (_, i) => `c${i}`),
}

function profileOf(binning: FeatureBinning, n: number, draws: Draws): FeatureProfile {
  const bins = binning.kind === 'numeric' ? 64 : 21
  const shares = Array.from({ length: bins }, (_, i) =>
    binning.kind === 'numeric' ? 1 : 1 / (i + 1),
  )
  const [missing = 0, ...counts] = multinomial(n, [0.02, ...shares], draws)
  const moments = { sum: draws.normal(), sumSquares: 1.2 * n, min: -4, max: 4 }
  const none = { sum: null, sumSquares: null, min: null, max: null }
  return {
    ...{ n, missing, invalid: 0, typeMismatch: 0, unseen: 0, outOfRange: 0, counts },
    ...(binning.kind === 'numeric' ? moments : none),
  }
}

function pairsOf(count: number): DriftInput[] {
  const draws = seededDraws(7)
  return Array.from({ length: count }, (_, i) => {
    const binning = i % 4 === 3 ? categorical : numeric
    return {
      binning,
      reference: profileOf(binning, 100_000, draws),
      // Slices are of every size.
      current: profileOf(binning, Math.round(200 * 300 ** draws.uniform()), draws),
    }
  })
}

/** Least time of all rounds, ms: what it takes when nothing else happens on the machine. */
function leastMs(work: () => number): number {
  let least = Infinity
  let kept = 0
  for (let round = 0; round < rounds; round++) {
    const started = performance.now()
    kept += work()
    least = Math.min(least, performance.now() - started)
  }
  if (Number.isNaN(kept)) throw new Error('a detector answered NaN')
  return least
}

const drift = (pairs: readonly DriftInput[], used: readonly Detector[]) => (): number => {
  let total = 0
  for (const input of pairs) {
    // As the monitor does it: what detectors derive from a pair alike is worked out once.
    const pair = new ProfilePair(input)
    for (const { kinds, compute } of used) {
      if (kinds.includes(pair.binning.kind)) total += compute(pair)?.value ?? 0
    }
  }
  return total
}

const quality = (pairs: readonly DriftInput[]) => (): number => {
  let total = 0
  for (const { current, binning } of pairs)
    for (const { value } of inputMetrics({ profile: current, binning })) total += value
  return total
}

const floor = (pairs: readonly DriftInput[]) => (): number => {
  let total = 0
  for (const { reference, current } of pairs) {
    for (const count of reference.counts) total += count
    for (const count of current.counts) total += count
  }
  return total
}

const pairs = pairsOf(Number(process.argv[2] ?? 1000))
const facts = machine()
const floorMs = leastMs(floor(pairs))
const qualityMs = leastMs(quality(pairs))
const figures = {
  floorMs,
  qualityMs,
  defaultMs: qualityMs + leastMs(drift(pairs, defaultDetectors)),
  catalogueMs: qualityMs + leastMs(drift(pairs, detectors)),
}
const single = detectors.map((detector) => ({
  method: detector.method,
  ms: leastMs(drift(pairs, [detector])),
}))
const shown = (ms: number): string => `${ms.toFixed(1)} ms, ${(ms / floorMs).toFixed(0)} × floor`
console.log(`floor: one pass over the counts of ${pairs.length} pairs: ${floorMs.toFixed(3)} ms`)
console.log(`quality metrics: ${shown(figures.qualityMs)}`)
console.log(`quality and the default detectors: ${shown(figures.defaultMs)}`)
console.log(`quality and all ${detectors.length} detectors: ${shown(figures.catalogueMs)}`)
for (const { method, ms } of single) console.log(`  ${method}: ${ms.toFixed(2)} ms`)
await writeReport('profile-pairs', { ...facts, pairs: pairs.length, ...figures, single })
