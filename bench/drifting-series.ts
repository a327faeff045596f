import type { DriftSpan } from '../detectors/evaluate.ts'
import { agrawalLabel, type Applicant } from '../detectors/streams/agrawal-concepts.ts'
import { agrawal } from '../detectors/streams/agrawal.ts'
import { conceptDrift, driftSpan } from '../detectors/streams/concept-drift.ts'
import { friedman, friedmanValue } from '../detectors/streams/friedman.ts'
import { led, ledLabel } from '../detectors/streams/led.ts'
import { pythonRandom, type RandomSource } from '../detectors/streams/random-source.ts'
import { type Row, type RowStream, take } from '../detectors/streams/row.ts'
import { sea, seaLabel } from '../detectors/streams/sea.ts'
import { sine, sineLabel } from '../detectors/streams/sine.ts'
import { stagger, staggerLabel } from '../detectors/streams/stagger.ts'

/** Values of every series; the drift, where there is one, is in the middle. */
export const seriesLength = 10_000
/** Values from the drift on in which an alarm is about it. */
export const late = 2000

const middle = seriesLength / 2
const gradualWidth = 1000
/** Share of labels that are wrong, so that no model is without errors. */
const labelNoise = 0.1

/** A series with a known drift, or none; another seed is another draw of the same. */
export interface Scenario {
  readonly name: string
  /** What the series is, in a sentence. */
  readonly describe: string
  /** `error`: 0 and 1. `number`: any. */
  readonly kind: 'error' | 'number'
  readonly drifts: readonly DriftSpan[]
  readonly values: (seed: number) => readonly number[]
}

/** A model that knew the concept before the drift, and what its errors are made of. */
interface Task {
  readonly name: string
  readonly change: string
  readonly before: (random: RandomSource) => RowStream
  readonly after: (random: RandomSource) => RowStream
  readonly predict: (x: readonly number[]) => number
  /** Whether the generator has noise of its own. */
  readonly noisy?: boolean
}

const tasks: readonly Task[] = [
  {
    name: 'SEA',
    change: 'threshold 7 → 9.5',
    before: (random) => sea({ variant: 2 }, random),
    after: (random) => sea({ variant: 3 }, random),
    predict: (x) => seaLabel(x, 2),
  },
  {
    name: 'STAGGER',
    change: 'small and red → medium or large',
    before: (random) => stagger({ concept: 0 }, random),
    after: (random) => stagger({ concept: 2 }, random),
    predict: (x) => staggerLabel(x, 0),
  },
  {
    name: 'Agrawal',
    change: 'function 0 → 2',
    before: (random) => agrawal({ concept: 0 }, random),
    after: (random) => agrawal({ concept: 2 }, random),
    // Function 0 asks for the age alone.
    predict: (x) => agrawalLabel({ age: x[2] ?? 0 } as Applicant, 0),
  },
  {
    name: 'Sine',
    change: 'sin(x₁) → ½ + 0.3·sin(3πx₁)',
    before: (random) => sine({ concept: 0 }, random),
    after: (random) => sine({ concept: 2 }, random),
    predict: (x) => sineLabel(x, 0),
  },
  {
    name: 'LED',
    change: 'one of seven segments swapped for a random bit',
    before: (random) => led({ noise: 0.1, irrelevant: true }, random),
    after: (random) => led({ noise: 0.1, irrelevant: true, swapped: 1 }, random),
    predict: ledLabel,
    noisy: true,
  },
]

function errors(task: Task, width: number, seed: number): number[] {
  const before = task.before(pythonRandom(4 * seed))
  const after = task.after(pythonRandom(4 * seed + 1))
  const stream = conceptDrift(
    { before, after, position: middle + 1, width },
    pythonRandom(4 * seed + 2),
  )
  const noise = pythonRandom(4 * seed + 3)
  const wrong = ({ x, y }: Row): number => {
    const error = task.predict(x) === y ? 0 : 1
    return task.noisy !== true && noise.next() < labelNoise ? 1 - error : error
  }
  return take(stream, seriesLength).map(wrong)
}

const classification = tasks.flatMap((task): Scenario[] =>
  [
    { speed: 'abrupt', width: 1 },
    { speed: 'gradual', width: gradualWidth },
  ].map(({ speed, width }) => ({
    name: `${task.name}, ${speed}`,
    describe: `Errors of a model that knows the concept before the drift: ${task.change}.`,
    kind: 'error',
    drifts: [driftSpan(middle + 1, width)],
    values: (seed) => errors(task, width, seed),
  })),
)

const residual = ({ x, y }: Row): number => Math.abs(y - friedmanValue(x))

const numeric: readonly Scenario[] = [
  {
    name: 'Friedman, abrupt',
    describe: 'Absolute errors of a regression that knows the formula before the drift.',
    kind: 'number',
    drifts: [{ start: middle, end: middle }],
    values: (seed) =>
      take(
        friedman(pythonRandom(seed), { kind: 'recurring', at: [middle, seriesLength] }),
        seriesLength,
      ).map(residual),
  },
  {
    name: 'Friedman, gradual',
    describe: 'The same; during the drift every other row is of the old formula.',
    kind: 'number',
    drifts: [{ start: middle, end: middle + gradualWidth }],
    values: (seed) => {
      const coin = pythonRandom(1000 + seed)
      return take(
        friedman(pythonRandom(seed), {
          kind: 'gradual',
          at: [middle, seriesLength],
          width: gradualWidth,
          coin: () => coin.next() < 0.5,
        }),
        seriesLength,
      ).map(residual)
    },
  },
  {
    name: 'Normal, half a deviation',
    describe: 'Independent normal values whose mean rises by half a standard deviation.',
    kind: 'number',
    drifts: [{ start: middle, end: middle }],
    values: (seed) => normals(seed, 0.5),
  },
]

const quiet: readonly Scenario[] = [
  {
    name: 'Errors without drift',
    describe: 'Independent errors at a rate of 0.1: every alarm is false.',
    kind: 'error',
    drifts: [],
    values: (seed) => {
      const random = pythonRandom(seed)
      return Array.from({ length: seriesLength }, () => (random.next() < labelNoise ? 1 : 0))
    },
  },
  {
    name: 'Normal without drift',
    describe: 'Independent normal values: every alarm is false.',
    kind: 'number',
    drifts: [],
    values: (seed) => normals(seed, 0),
  },
]

function normals(seed: number, rise: number): number[] {
  const random = pythonRandom(seed)
  return Array.from({ length: seriesLength }, (_, i) => random.normal() + (i < middle ? 0 : rise))
}

export const scenarios: readonly Scenario[] = [...classification, ...numeric, ...quiet]
