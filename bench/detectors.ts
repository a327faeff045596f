/**
 * How soon each sequential detector finds known drifts, how many it misses and how often it alarms
 * without any: every detector with its defaults on every series of bench/drifting-series.ts, several
 * seeds laid end to end.
 *
 *     npx tsx bench/detectors.ts [seeds]      default: 20, about two minutes
 *
 * Writes bench/results/detectors.json and docs/reference/sequential-detectors.md. The figures are
 * the same on every machine; only the times differ.
 */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { endToEnd, evaluate, type Trial } from '../detectors/evaluate.ts'
import {
  type AnySequentialDetector,
  replay,
  sequentialDetectors,
} from '../detectors/sequential/catalogue.ts'
import { type DetectorResults, type DetectorRow, detectorsPage } from './detectors-page.ts'
import { late, type Scenario, scenarios, seriesLength } from './drifting-series.ts'
import { machine, writeReport } from './report.ts'

interface Entrant {
  readonly detector: AnySequentialDetector
  readonly params: Readonly<Record<string, string>>
}

/** Every detector with its defaults, and the other convention of ADWIN's cuts. */
const entrants: readonly Entrant[] = sequentialDetectors.flatMap((detector) => [
  { detector, params: {} },
  ...(detector.method === 'adwin/2' ? [{ detector, params: { cuts: 'all' } }] : []),
])

function trial(entrant: Entrant, { drifts }: Scenario, series: readonly number[]): Trial {
  const { detector, params } = entrant
  const { changes } = replay(detector, detector.init(params), series)
  const alarms = changes.filter(({ change }) => change === 'drift').map(({ at }) => at)
  return { alarms, drifts, length: series.length }
}

function measure(scenario: Scenario, seeds: number): DetectorRow[] {
  const series = Array.from({ length: seeds }, (_, i) => scenario.values(i + 1))
  const able = entrants.filter(
    ({ detector }) => scenario.kind === 'error' || detector.input === 'number',
  )
  return able.map((entrant) => {
    const began = performance.now()
    const whole = endToEnd(series.map((values) => trial(entrant, scenario, values)))
    const seconds = (performance.now() - began) / 1000
    return {
      method: entrant.detector.method,
      params: entrant.params,
      evaluation: evaluate(whole, { late }),
      microsecondsPerValue: Number(((1e6 * seconds) / whole.length).toFixed(2)),
    }
  })
}

const seeds = Number(process.argv[2] ?? 20)
const before = machine()
const results: DetectorResults = {
  question: 'delay, misses and false alarms of the sequential detectors with their defaults',
  seeds,
  seriesLength,
  late,
  scenarios: scenarios.map((scenario) => {
    const rows = measure(scenario, seeds)
    console.log(`\n${scenario.name}`)
    console.table(
      rows.map(({ method, params, evaluation, microsecondsPerValue }) => ({
        method: [method, ...Object.values(params)].join(' '),
        delay: evaluation.detectionDelay,
        missed: evaluation.missedDetectionRate,
        falseAlarms: evaluation.falseAlarmsPerThousand,
        mtfa: evaluation.meanTimeBetweenFalseAlarms,
        mtr: evaluation.meanTimeRatio,
        microseconds: microsecondsPerValue,
      })),
    )
    return { name: scenario.name, describe: scenario.describe, rows }
  }),
}
await writeReport('detectors', { ...results, machine: before })
await writeFile(
  join(import.meta.dirname, '..', 'docs', 'reference', 'sequential-detectors.md'),
  await detectorsPage(results),
)
