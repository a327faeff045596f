import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { seeded, type Seeded } from '../support/seeded.ts'
import { derived, differences, revisedWindows } from './derived.ts'
import { monitoredStore } from './monitored-store.ts'
import {
  eventStream,
  hour,
  labelStream,
  openingHours,
  streamModel,
  streamStart,
  trainingFile,
  type LabelledStream,
  type StreamEvent,
} from './stream.ts'

const events = 4000

/**
 * The same events and labels reach two databases: in order and at once, and shuffled, repeated, in small
 * requests, a part of them long after their windows were closed and judged. What is derived from
 * them must be the same to the last bit, however often it had to be revised.
 */
test.each([1, 2])(
  'order, repetition and lateness leave no trace (seed %i)',
  async (seed) => {
    const random = seeded(seed)
    const directory = await mkdtemp(join(tmpdir(), 'tidegauge-order-'))
    const training = join(directory, 'training.csv')
    await writeFile(training, trainingFile(random, 2000))
    const model = streamModel(training)
    const inOrder = await monitoredStore(model, directory)
    const outOfOrder = await monitoredStore(model, directory)
    try {
      const stream = eventStream(random, events)
      const told = labelStream(random, stream)
      await inOrder.send(stream)
      await inOrder.send(told.labels)
      await inOrder.send(told.corrections)
      await inOrder.settle()

      for (const [stage, arriving] of disorderly(random, stream, told).entries()) {
        for (const request of requests(random, arriving)) await outOfOrder.send(request)
        await outOfOrder.settle()
        if (stage === 0) outOfOrder.restartMonitor()
      }

      const [expected, found] = [
        await derived(inOrder.opened.store),
        await derived(outOfOrder.opened.store),
      ]
      // The test would prove nothing of revisions, alerts or metrics that there are none of.
      expect(await revisedWindows(inOrder.opened.store)).toBe(0)
      expect(await revisedWindows(outOfOrder.opened.store)).toBeGreaterThan(10)
      expect(expected.metrics.length).toBeGreaterThan(10_000)
      expect(expected.transitions.length).toBeGreaterThan(10)
      expect(expected.transitions.some((row) => row.includes('"contributions"'))).toBe(true)

      expect(await revisedWindows(inOrder.opened.store, 'outcome_windows')).toBe(0)
      expect(await revisedWindows(outOfOrder.opened.store, 'outcome_windows')).toBeGreaterThan(10)
      expect(expected.metrics.filter((row) => row.includes("'ece'")).length).toBeGreaterThan(100)
      for (const monitor of ['calibration', 'unusual', 'not-as-at-first'])
        expect(expected.transitions.some((row) => row.includes(`'${monitor}'`))).toBe(true)

      for (const followed of ['psi/', 'missing_rate', 'ece', 'errors'])
        expect(expected.sequential.some((row) => row.includes(` of ${followed}`))).toBe(true)
      expect(expected.transitions.some((row) => row.includes("'changes'"))).toBe(true)

      expect(differences(expected.events, found.events)).toEqual([])
      expect(differences(expected.labels, found.labels)).toEqual([])
      expect(differences(expected.outcomes, found.outcomes)).toEqual([])
      expect(differences(expected.windows, found.windows)).toEqual([])
      expect(differences(expected.profiles, found.profiles)).toEqual([])
      expect(differences(expected.metrics, found.metrics)).toEqual([])
      expect(differences(expected.sequential, found.sequential)).toEqual([])
      expect(differences(expected.transitions, found.transitions)).toEqual([])
    } finally {
      await inOrder.opened.close()
      await outOfOrder.opened.close()
      await rm(directory, { recursive: true, force: true })
    }
  },
  600_000,
)

/**
 * What arrives together: first most events, then two parts that are late. The interval of the baseline
 * `opening` is complete before anything is computed, because a baseline is frozen once. The last part
 * is one whole window, computed for the first time after those that look back on it, and repetitions
 * in these: they are looked at again, hold what they held, and are compared with something else.
 */
function disorderly(
  random: Seeded,
  stream: readonly StreamEvent[],
  told: LabelledStream,
): StreamEvent[][] {
  const stages: [StreamEvent[], StreamEvent[], StreamEvent[], StreamEvent[]] = [[], [], [], []]
  const gap = streamStart + 16 * hour
  const isIn = ({ ts }: StreamEvent, from: number, to: number): boolean => ts >= from && ts < to
  const opening = stream.filter((event) => event.ts < streamStart + openingHours * hour)
  const gone = stream.filter((event) => isIn(event, gap, gap + hour))
  const others = stream.filter((event) => !opening.includes(event) && !gone.includes(event))
  stages[0].push(...opening)
  stages[3].push(...gone)
  for (const event of others) stages[random.next() < 0.9 ? 0 : random.int(1, 2)]?.push(event)
  // A sender that was not answered sends again, at once or much later.
  for (const stage of [0, 1, 2]) {
    for (const event of [...(stages[stage] ?? [])])
      if (random.next() < 0.1) stages[random.int(stage, 2)]?.push(event)
  }
  for (const event of others)
    if (isIn(event, gap, gap + 4 * hour) && random.next() < 0.1) stages[3].push(event)
  labelsAnywhen(random, stages, told)
  return stages.map((stage) => random.shuffled(stage))
}

/**
 * Before their events, with them, long after their windows were judged; now and then twice. Of two labels
 * the one that is stored last counts: what is corrected has come by then.
 */
function labelsAnywhen(
  random: Seeded,
  stages: readonly StreamEvent[][],
  { labels, corrections }: LabelledStream,
): void {
  for (const label of labels) {
    const stage = random.int(0, 2)
    stages[stage]?.push(label)
    if (random.next() < 0.1) stages[random.int(stage, 2)]?.push(label)
  }
  for (const label of corrections)
    stages.at(-1)?.push(...(random.next() < 0.2 ? [label, label] : [label]))
}

function requests(random: Seeded, arriving: readonly StreamEvent[]): StreamEvent[][] {
  const cut: StreamEvent[][] = []
  for (let at = 0; at < arriving.length;) {
    const size = random.int(1, 100)
    cut.push(arriving.slice(at, at + size))
    at += size
  }
  return cut
}
