import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ModelFile } from '../../core/model-spec.ts'
import { readBinning } from '../../monitor/freeze-binning.ts'
import { listMetrics } from '../../store/queries/list-metrics.ts'
import { seeded, type Seeded } from '../support/seeded.ts'
import { derived, differences, revisedWindows } from './derived.ts'
import { monitoredStore, type MonitoredStore } from './monitored-store.ts'
import { hour, streamStart, type StreamEvent } from './stream.ts'

// As the rows of the other integration tests, so that their readers of tables serve here.
const model = 'payments'
const dimensions = 8
const perHour = 150

const file: ModelFile = {
  model,
  kind: 'features',
  features: { comment: 'text', vector: { embedding: [dimensions] } },
  window: '1h',
  windows: [],
  lateness: '30m',
  min_samples: 50,
  detectors: ['psi', 'ks', 'ks/exact'],
  baselines: { training: { file: 'training.ndjson' } },
  retention: { events: '30000d', profiles: '30000d', metrics: '30000d' },
}

const usualWords = 'the box came late but all was good and I like it very much'.split(' ')
const otherWords = 'der karton kam pünktlich aber leider gefällt er mir überhaupt nicht'.split(' ')

const textOf = (random: Seeded, words: readonly string[], length: number): string =>
  Array.from({ length: random.int(length - 4, length + 4) }, () => random.pick(words)).join(' ')

const vectorOf = (random: Seeded, shift: number): number[] =>
  Array.from({ length: dimensions }, (_, k) => random.normal() + (k === 0 ? 4 + shift : 0))

interface Values {
  readonly comment?: string | null
  readonly vector?: readonly number[] | null
}

/** What each hour is like: the first as the training was, each other different in one respect. */
const hours: readonly ((random: Seeded) => Values)[] = [
  (r) => ({ comment: textOf(r, usualWords, 10), vector: vectorOf(r, 0) }),
  (r) => ({ comment: textOf(r, otherWords, 10), vector: vectorOf(r, 0) }),
  (r) => ({ comment: textOf(r, usualWords, 40), vector: vectorOf(r, 0) }),
  (r) => ({ comment: textOf(r, usualWords, 10).toUpperCase(), vector: vectorOf(r, 0) }),
  (r) => ({ comment: textOf(r, usualWords, 10), vector: vectorOf(r, 3) }),
  (r) => ({
    comment: r.next() < 0.4 ? null : textOf(r, usualWords, 10),
    ...(r.next() < 0.4 ? { vector: [1, 2] } : { vector: vectorOf(r, 0) }),
  }),
]

function stream(random: Seeded): StreamEvent[] {
  return hours.flatMap((values, h) =>
    Array.from({ length: perHour }, (_, i) => {
      const ts = streamStart + h * hour + Math.floor((i * hour) / perHour)
      const event = { model, id: `r-${h}-${i}`, ts, features: values(random) }
      return { ts, line: JSON.stringify(event) }
    }),
  )
}

let directory: string
let events: StreamEvent[]
let inOrder: MonitoredStore

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tidegauge-texts-'))
  const random = seeded(7)
  const training = Array.from({ length: 1200 }, () => JSON.stringify(hours[0]?.(random)))
  await writeFile(join(directory, 'training.ndjson'), training.join('\n'))
  events = stream(random)
  inOrder = await monitoredStore(file, directory)
  await inOrder.send(events)
  await inOrder.settle()
}, 120_000)
afterAll(async () => {
  await inOrder.opened.close()
  await rm(directory, { recursive: true, force: true })
})

/** The values of a metric by feature, in one of the hours. */
async function metricIn(h: number, metric: string, method?: string): Promise<Map<string, number>> {
  const from = new Date(streamStart + h * hour)
  const to = new Date(from.getTime() + hour)
  const rows = await inOrder.opened.store.query(
    listMetrics({ model, metric, from, to, slice: '' }, { limit: 1000, after: null }),
  )
  return new Map(
    rows
      .filter((row) => method === undefined || row.method === method)
      .map((row) => [row.feature, row.value ?? NaN]),
  )
}

test('what the baseline was is frozen with the bins', async () => {
  const { references, features } = await readBinning(inOrder.opened.store, model)
  const vocabulary = references.get('comment')
  const centre = references.get('vector')
  expect(vocabulary?.kind === 'vocabulary' && new Set(vocabulary.words)).toEqual(
    new Set(usualWords.map((word) => word.toLowerCase())),
  )
  expect(
    centre?.kind === 'centroid' && centre.components.map((x) => Math.round(Math.abs(x))),
  ).toEqual([4, 0, 0, 0, 0, 0, 0, 0])
  expect(features.has('comment:oov_share')).toBe(true)
  expect(features.has('vector:centroid_distance')).toBe(true)
  expect(features.has('comment')).toBe(false)
})

const limit = 0.25
const drifted = async (h: number): Promise<string[]> =>
  [...(await metricIn(h, 'psi'))]
    .filter(([, value]) => value > limit)
    .map(([feature]) => feature)
    .sort()

test('an hour like the training shows no drift', async () => {
  expect(await drifted(0)).toEqual([])
})

test('another language shows in the words, another length in the length, capitals in the capitals', async () => {
  expect(await drifted(1)).toEqual(
    expect.arrayContaining(['comment:nonascii_share', 'comment:oov_share']),
  )
  expect(await drifted(2)).toEqual(expect.arrayContaining(['comment:length', 'comment:words']))
  expect(await drifted(2)).not.toContain('comment:oov_share')
  expect(await drifted(3)).toEqual(['comment:upper_share'])
})

test('embeddings that move show in their distance from the centre, and nothing of the texts does', async () => {
  expect(await drifted(4)).toEqual(
    expect.arrayContaining(['vector:centroid_distance', 'vector:norm']),
  )
  expect((await drifted(4)).filter((feature) => feature.startsWith('comment'))).toEqual([])
})

test('texts that go missing and lists of another length are counted as such', async () => {
  const missing = await metricIn(5, 'missing_rate')
  const mismatched = await metricIn(5, 'type_mismatch_rate')
  expect(missing.get('comment:length')).toBeGreaterThan(0.25)
  expect(missing.get('comment:oov_share')).toBe(missing.get('comment:length'))
  expect(missing.get('vector:norm')).toBe(0)
  expect(mismatched.get('vector:norm')).toBeGreaterThan(0.25)
  expect(mismatched.get('comment:length')).toBe(0)
  expect(await drifted(5)).toEqual(expect.arrayContaining(['comment:length', 'vector:norm']))
})

test('exact tests read the rows of what is computed', async () => {
  const same = await metricIn(0, 'ks', 'ks/exact')
  const moved = await metricIn(4, 'ks', 'ks/exact')
  expect(same.get('vector:centroid_cosine_distance')).toBeLessThan(0.15)
  expect(moved.get('vector:centroid_cosine_distance')).toBeGreaterThan(0.3)
  expect(moved.get('comment:oov_share')).toBeLessThan(0.15)
})

test('order, repetition and lateness leave no trace', async () => {
  const random = seeded(3)
  const shuffled = await monitoredStore(file, directory)
  try {
    const late = events.filter((_, i) => i % 7 === 0)
    const first = random.shuffled(events.filter((_, i) => i % 7 !== 0))
    for (const part of [first.slice(0, 200), first.slice(200), first.slice(100, 250)])
      await shuffled.send(part)
    await shuffled.settle()
    await shuffled.send(random.shuffled(late))
    await shuffled.settle()
    expect(await revisedWindows(shuffled.opened.store)).toBe(hours.length)
    const [expected, found] = [
      await derived(inOrder.opened.store),
      await derived(shuffled.opened.store),
    ]
    expect(expected.profiles.length).toBeGreaterThan(60)
    expect(differences(expected.profiles, found.profiles)).toEqual([])
    expect(differences(expected.metrics, found.metrics)).toEqual([])
  } finally {
    await shuffled.opened.close()
  }
}, 120_000)
