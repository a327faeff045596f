import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { modelSpec, type ModelFile } from '../../../core/model-spec.ts'
import { ece } from '../../../detectors/performance/ece.ts'
import { noBinning } from '../../../store/binning.ts'
import type { Store } from '../../../store/client.ts'
import { measuresOf } from '../../../store/queries/outcome-measures.ts'
import { outcomeWindows } from '../../../store/queries/outcome-windows.ts'
import { freezeSlice } from '../../../store/slices.ts'
import oracle from '../../fixtures/detectors/calibration.json' with { type: 'json' }
import { withStore, type TestStore } from '../../support/store.ts'
import { insertLabels, merged, sumOutcomes } from './outcome-fixture.ts'
import { binningOf, createModel, insertEvents } from './profile-fixture.ts'

let store: Store
let opened: TestStore
beforeAll(async () => {
  opened = await withStore('embedded')
  store = opened.store
})
afterAll(() => opened.close())

const minute = 60_000
const start = Date.parse('2026-03-01T10:00:00Z')
const file: ModelFile = {
  model: 'm',
  task: 'binary_classification',
  window: '1m',
  features: { country: 'categorical' },
  slices: ['country'],
}
const unsliced = { binning: noBinning }
const byCountry = {
  binning: binningOf(
    new Map(),
    new Map([['country', freezeSlice([{ name: 'country', edges: null }], [['DE'], ['FR']])]]),
  ),
}

test('events and labels are joined, and summed by bin in every slice', async () => {
  const spec = await createModel(store, { ...file, model: 'joined' })
  const event = (id: string, score: number | null, country: string, ts = start) => ({
    id,
    ts,
    score,
    features: { country },
  })
  await insertEvents(store, spec, [
    event('a', 0.75, 'DE'),
    event('b', 0.75, 'DE'),
    event('c', 0.1, 'FR'),
    event('d', 0.5, 'DE'),
    event('no score', null, 'DE'),
    event('no probability', 17, 'FR'),
    event('elsewhere', 0.9, 'FR', start + minute),
  ])
  const label = (id: string, text: string, ingestedAt = start) => ({
    id,
    label: text,
    ts: start,
    ingestedAt,
  })
  await insertLabels(store, 'joined', [
    label('a', '1', start - minute),
    label('b', '1', start),
    label('b', '0', start + 1),
    label('c', 'maybe'),
    label('no score', '1'),
    label('no probability', '1'),
    label('nobody', '1'),
  ])
  await insertLabels(store, 'another model', [label('d', '1')])
  await sumOutcomes(store, { spec, ...byCountry }, [start, start + minute])

  const found = await merged(store, spec, minute, [start, start + minute])
  const told = found.map((o) => [o.slice, o.predicted, o.labelled])
  expect(told).toEqual([
    ['', 6, 5],
    ['country=DE', 4, 3],
    ['country=FR', 2, 2],
  ])
  const sums = Array<number>(30).fill(0)
  // 0.1 is the upper edge of the first bin, 0.75 is in the eighth.
  ;[sums[0], sums[7]] = [1, 2]
  ;[sums[10], sums[17]] = [Math.round(0.1 * 2 ** 52), 1.5 * 2 ** 52]
  sums[27] = 1
  expect(found[0]).toMatchObject({ measure: 'reliability/10', version: '1', variant: 'live', sums })
})

test.each(oracle.cases)(
  'the error of stored rows is that of scikit-learn: $name',
  async ({ name, scores, labels, ece: expected }) => {
    const model = `oracle ${name}`
    const spec = await createModel(store, { ...file, model })
    const rows = scores.map((score, i) => ({ id: `e${i}`, ts: start + i, score, features: {} }))
    await insertEvents(store, spec, rows)
    await insertLabels(
      store,
      model,
      labels.map((label, i) => ({ id: `e${i}`, label: `${label}`, ts: start, ingestedAt: start })),
    )
    await sumOutcomes(store, { spec, ...unsliced }, [start])
    const [found] = await merged(store, spec, minute, [start])
    expect(ece.compute(found!.sums)?.value).toBeCloseTo(expected, 12)
    expect(found).toMatchObject({ predicted: scores.length, labelled: scores.length })
  },
)

test('wide windows are the sums of their base windows, those without labels included', async () => {
  const spec = await createModel(store, { ...file, model: 'wide' })
  const at = [start, start + minute, start + 2 * minute]
  await insertEvents(
    store,
    spec,
    at.map((ts, i) => ({ id: `w${i}`, ts, score: 0.35, features: {} })),
  )
  await insertLabels(store, 'wide', [
    { id: 'w0', label: '1', ts: start, ingestedAt: start },
    { id: 'w2', label: '0', ts: start, ingestedAt: start },
  ])
  await sumOutcomes(store, { spec, ...unsliced }, at)
  const [whole] = await merged(store, spec, 5 * minute, [start])
  expect(whole).toMatchObject({ predicted: 3, labelled: 2 })
  expect(whole?.sums.filter((sum) => sum > 0)).toEqual([2, 2 * Math.round(0.35 * 2 ** 52), 1])
})

describe('what a window holds', () => {
  test('is new with a label that is new or another one, and with nothing else', async () => {
    const spec = await createModel(store, { ...file, model: 'content' })
    const events = ['a', 'b'].map((id) => ({ id, ts: start, score: 0.5, features: {} }))
    await insertEvents(store, spec, events)
    let computation = 0
    const content = async () =>
      (await sumOutcomes(store, { spec, ...unsliced }, [start], ++computation))[0]
    const told = (id: string, label: string, ingestedAt: number) =>
      insertLabels(store, 'content', [{ id, label, ts: start, ingestedAt }])

    const none = await content()
    expect(none?.n).toBe(0)
    await told('a', '1', start + 1)
    await told('b', '0', start + 1)
    const first = await content()
    expect(first?.n).toBe(2)
    expect(first?.content).not.toBe(none?.content)

    await told('a', '1', start + 2)
    await insertEvents(store, spec, events)
    expect(await content()).toEqual(first)

    // Every sum stays as it was: one more positive, one less.
    await told('a', '0', start + 3)
    await told('b', '1', start + 3)
    expect((await content())?.content).not.toBe(first?.content)
  })

  test('is what the newest computation says', async () => {
    const spec = await createModel(store, { ...file, model: 'newest' })
    const event = (country: string) => ({ id: 'a', ts: start, score: 0.5, features: { country } })
    await insertLabels(store, 'newest', [{ id: 'a', label: '1', ts: start, ingestedAt: start }])
    await insertEvents(store, spec, [{ ...event('DE'), ingestedAt: start }])
    await sumOutcomes(store, { spec, ...byCountry }, [start], 1)
    await insertEvents(store, spec, [{ ...event('FR'), ingestedAt: start + 1 }])
    await sumOutcomes(store, { spec, ...byCountry }, [start], 2)
    const slices = (await merged(store, spec, minute, [start])).map(({ slice }) => slice)
    expect(slices).toEqual(['', 'country=FR'])
  })
})

test('probabilities by class count that of the positive class', async () => {
  const spec = await createModel(store, { ...file, model: 'classes', positive_class: 'fraud' })
  await insertEvents(store, spec, [
    { id: 'a', ts: start, score: 0.8, scores: { fraud: 0.2, fine: 0.8 }, features: {} },
    { id: 'b', ts: start, score: 1, scores: { fine: 1 }, features: {} },
  ])
  await insertLabels(
    store,
    'classes',
    ['a', 'b'].map((id) => ({ id, label: 'fraud', ts: start, ingestedAt: start })),
  )
  await sumOutcomes(store, { spec, ...unsliced }, [start])
  const [found] = await merged(store, spec, minute, [start])
  expect(found).toMatchObject({ predicted: 2, labelled: 2 })
  expect(ece.compute(found!.sums)).toMatchObject({ n: 1, value: 0.8 })
})

test.each([
  { name: 'a regression', file: { ...file, task: 'regression' as const } },
  { name: 'several classes', file: { ...file, task: 'multiclass_classification' as const } },
  { name: 'a feature stream', file: { ...file, kind: 'features' as const } },
])('$name has no calibration', ({ file: declared }) => {
  expect(measuresOf(modelSpec(declared))).toEqual([])
})

test('a statement takes a million events, or so many windows apart', () => {
  const spec = modelSpec(file)
  const sizes = (count: number, apart: number, n: number) =>
    outcomeWindows({
      spec,
      ...unsliced,
      windows: Array.from({ length: count }, (_, i) => ({
        start: start + i * apart * minute,
        revision: 1,
        n,
      })),
    }).map(({ params }) => (params?.['starts'] as number[]).length)
  expect(sizes(400, 1, 10)).toEqual([400])
  expect(sizes(150, 2, 10)).toEqual([64, 64, 22])
  expect(sizes(5, 1, 400_000)).toEqual([2, 2, 1])
  expect(sizes(2, 1, 3_000_000)).toEqual([1, 1])
})
