/**
 * What comparisons of whole rows cost: 16 numbers and 4 categories, default samples, and an embedding of
 * 384 numbers; processor time of one comparison, its longest step between two pauses, and how often
 * each method alarms at α = 0.05 without drift and when two features go together the other way.
 *
 *     npx tsx bench/multivariate.ts [runs]      default: 200 for false alarms of the classifier, five times as many of the others
 *
 * Rows are drawn by formula with fixed seeds. Ends with status 1 where a figure of docs/detectors.md is missed.
 */
import { multivariateMethods, type MultivariateMethod } from '../core/multivariate-schema.ts'
import type { MixedSample } from '../detectors/multivariate/mixed-sample.ts'
import { finished } from '../detectors/multivariate/work.ts'
import { equalParts } from '../detectors/peers/chunk-threshold.ts'
import { pythonRandom, type RandomSource } from '../detectors/streams/random-source.ts'
import { compareRows, type KnownReference } from '../monitor/multivariate-comparison.ts'
import { sliceMs } from '../monitor/time-slices.ts'
import { machine, writeReport } from './report.ts'

const methods = Object.keys(multivariateMethods) as MultivariateMethod[]
/** Longest time that nothing else is answered, ms. */
const promisedStallMs = 50

/** Twenty features with something in common; `turned` has the first two go together the other way. */
function rows(random: RandomSource, count: number, turned = false): MixedSample {
  const common = Array.from({ length: count }, () => random.normal())
  const number = (sign: number): Float64Array =>
    Float64Array.from(common, (x) => sign * 0.7 * x + 0.7 * random.normal())
  const label = (): string => `v${Math.floor(random.next() ** 2 * 30)}`
  return {
    count,
    columns: Array.from({ length: 20 }, (_, i) =>
      i < 16
        ? { name: `n${i}`, kind: 'numeric', values: number(i === 0 && turned ? -1 : 1) }
        : { name: `c${i}`, kind: 'categorical', values: common.map(label) },
    ),
  }
}

/** Rows of an embedding: 384 numbers, in as many columns. */
function embedding(random: RandomSource, count: number): MixedSample {
  const columns = Array.from({ length: 384 }, () => ({
    name: 'e',
    kind: 'numeric' as const,
    values: Float64Array.from({ length: count }, () => random.normal()),
  }))
  return { count, columns }
}

interface Cost {
  readonly rows: number
  /** Processor time, so that other load on the machine does not count. */
  readonly milliseconds: number
  /** Between two pauses: with the slice of time before it, the longest that nothing else is answered. */
  readonly longestStepMs: number
}

/** Limits are learnt from ten parts, as those of a file. */
const knownReference = (sample: MixedSample): KnownReference => ({
  sample,
  chunks: () => equalParts(Array.from({ length: sample.count }, (_, place) => place)),
})

const processorMs = (): number => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

function cost(method: MultivariateMethod, draw: typeof rows, count: number): Cost {
  const random = pythonRandom(1)
  const [reference, current] = [draw(random, count), draw(random, count)]
  let best = Infinity
  let longest = Infinity
  for (let round = 0; round < 4; round++) {
    // The fit of the reference is part of it: a moving baseline has another one for every window.
    const known = knownReference(reference)
    const work = compareRows({ method, reference: known, current, seed: 1 }, '')
    const started = processorMs()
    let step = 0
    for (let at = started, done = false; !done;) {
      done = work.next().done === true
      const now = processorMs()
      step = Math.max(step, now - at)
      at = now
    }
    best = Math.min(best, processorMs() - started)
    longest = Math.min(longest, step)
  }
  return { rows: count, milliseconds: Math.round(best), longestStepMs: Math.round(longest) }
}

/** Share of comparisons with p < 0.05. */
function alarms(method: MultivariateMethod, runs: number, turned: boolean): number {
  const random = pythonRandom(7)
  let alarms_ = 0
  for (let run = 0; run < runs; run++) {
    const reference = knownReference(rows(random, 300))
    const comparison = { method, reference, current: rows(random, 150, turned), seed: run }
    const [row] = finished(compareRows(comparison, ''))
    if ((row?.score.pValue ?? 1) < 0.05) alarms_++
  }
  return alarms_ / runs
}

const runs = Number(process.argv[2] ?? 200)
const before = machine()
const figures: Record<string, object> = {}
let missed = false
for (const method of methods) {
  const { rows: sample, embeddings } = multivariateMethods[method]
  const tabular = cost(method, rows, sample)
  const wide = embeddings ? cost(method, embedding, Math.min(sample, 780)) : null
  // A classifier is fitted five times a run: the others afford more runs.
  const calm = method === 'domain-classifier' ? runs : 5 * runs
  const falseAlarms = alarms(method, calm, false)
  const detected = alarms(method, Math.min(runs, 50), true)
  // Three standard errors of a share of 0.05.
  missed ||= falseAlarms > 0.05 + 3 * Math.sqrt((0.05 * 0.95) / calm)
  missed ||= Math.max(tabular.longestStepMs, wide?.longestStepMs ?? 0) + sliceMs > promisedStallMs
  figures[method] = { tabular, embedding: wide, runs: calm, falseAlarms, detected }
  console.log(method.padEnd(22), JSON.stringify(figures[method]))
}
await writeReport('multivariate', { machine: before, promisedStallMs, figures })
process.exitCode = missed ? 1 : 0
