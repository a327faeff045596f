import { expect, test } from 'vitest'
import type { ModelFile } from '../../core/model-spec.ts'
import { rowMethods } from '../../detectors/catalogue.ts'
import type { MetricRow } from '../../store/queries/metric-row.ts'
import { seeded } from '../support/seeded.ts'
import { watchedModels, type WatchedEvent } from './watched-models.ts'

const hour = 3_600_000
const start = Date.parse('2026-03-01T10:00:00Z')
const iso = (ms: number): string => new Date(ms).toISOString()

/** Baselines of every kind; the sample is smaller than some of them. */
const modelOf = (model: string): ModelFile => ({
  model,
  kind: 'features',
  features: { x: 'numeric', c: 'categorical' },
  window: '1h',
  windows: ['2h'],
  lateness: '1m',
  min_samples: 10,
  retention: { events: '30000d', profiles: '30000d', metrics: '30000d' },
  detectors: [...rowMethods, 'psi/evidently-0.7', 'js/nannyml-0.13', 'chi2/nannyml-0.13'],
  preset: 'nannyml',
  row_methods: { sample: 100 },
  baselines: {
    training: { file: 'training.csv' },
    opening: { range: { from: iso(start), to: iso(start + hour) } },
    lately: { trailing: '2h' },
    champion: { version: '1' },
  },
})

const random = seeded(11)
const events: WatchedEvent[] = Array.from({ length: 480 }, (_, i) => {
  const ts = start + Math.floor((i * 4 * hour) / 480)
  const shift = ts >= start + 3 * hour ? 1 : 0
  const x = random.next() < 0.05 ? null : Math.round(100 * (random.normal() + shift)) / 100
  const features = { x, c: random.next() < 0.7 - 0.3 * shift ? 'a' : 'b' }
  return { id: `e-${i}`, ts, version: random.next() < 0.4 ? '2' : '1', features }
})
const training = [
  'x,c',
  ...Array.from({ length: 300 }, () => `${random.normal()},${random.next() < 0.7 ? 'a' : 'b'}`),
]

/** What methods over rows have written of one model, without what tells of the way there. */
const derived = (rows: readonly MetricRow[], model: string): object[] =>
  rows
    .filter((row) => row.model === model && row.baseline !== '' && row.status !== 'retracted')
    .map((row) => ({ ...row, model: '', revision: 0 }))

test('methods over rows say the same whenever events came, against baselines of every kind', async () => {
  const models = [modelOf('in-order'), modelOf('out-of-order')]
  const watched = await watchedModels(models, { 'training.csv': training }, start + 5 * hour)
  try {
    await watched.send('in-order', events)
    // The fixed interval is complete before it is frozen; of the rest a third comes after it was judged.
    const late = events.filter(({ ts }, i) => ts >= start + hour && i % 3 === 0)
    const early = events.filter((event) => !late.includes(event))
    await watched.send('out-of-order', random.shuffled(early))
    await watched.settle()
    await watched.send('out-of-order', random.shuffled([...late, ...late.slice(0, 20)]))
    await watched.settle()

    const rows = await watched.metrics()
    expect(rows.some(({ model, revision }) => model === 'out-of-order' && revision > 1)).toBe(true)
    const expected = derived(rows, 'in-order')
    expect(derived(rows, 'out-of-order')).toEqual(expected)

    const told = rows.filter(({ model, status }) => model === 'in-order' && status === 'ok')
    for (const baseline of ['training', 'opening', 'lately', 'champion'])
      for (const method of [...rowMethods, 'psi/evidently-0.7', 'drifted/js/nannyml-0.13'])
        expect(
          told.some((row) => row.baseline === baseline && row.method === method),
          `${method} against ${baseline}`,
        ).toBe(true)
    // A version is not compared with itself.
    expect(told.some((row) => row.baseline === 'champion' && row.version === '1')).toBe(false)
  } finally {
    await watched.close()
  }
}, 240_000)

test('a test that late events of a moving reference make another one leaves no trace', async () => {
  const file = (model: string): ModelFile => ({
    ...modelOf(model),
    features: { x: 'numeric' },
    windows: [],
    detectors: [],
    preset: 'evidently',
    baselines: {
      opening: { range: { from: iso(start), to: iso(start + hour) } },
      lately: { trailing: '1h' },
    },
  })
  // Few different values, so that χ² is chosen; the late ones before the last window are many.
  const few = Array.from({ length: 180 }, (_, i): WatchedEvent => {
    return { id: `f-${i}`, ts: start + i * 60_000, features: { x: i % 4 } }
  })
  const many = Array.from({ length: 40 }, (_, i): WatchedEvent => {
    return { id: `m-${i}`, ts: start + hour + i, features: { x: i / 7 } }
  })
  const watched = await watchedModels([file('at-once'), file('late')], {}, start + 4 * hour)
  try {
    await watched.send('at-once', [...few, ...many])
    await watched.send('late', few)
    await watched.settle()
    const chosen = async (model: string) =>
      (await watched.metrics())
        .filter((row) => row.model === model && row.baseline === 'lately' && row.status === 'ok')
        .filter((row) => row.windowStart === start + 2 * hour && row.metric !== 'drifted')
        .flatMap(({ feature, method }) => (feature === '' ? [] : method))
    expect(await chosen('late')).toEqual(['chi2/evidently-0.7'])
    await watched.send('late', many)
    await watched.settle()
    expect(await chosen('late')).toEqual(['ks/evidently-0.7'])
    const rows = await watched.metrics()
    expect(derived(rows, 'late')).toEqual(derived(rows, 'at-once'))
  } finally {
    await watched.close()
  }
}, 240_000)
