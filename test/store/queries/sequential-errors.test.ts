import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ModelFile, ModelSpec } from '../../../core/model-spec.ts'
import { noBinning } from '../../../store/binning.ts'
import { sequentialErrorWindows } from '../../../store/queries/sequential-error-windows.ts'
import { sequentialErrors } from '../../../store/queries/sequential-errors.ts'
import { withStore, type TestStore } from '../../support/store.ts'
import { insertLabels, sumOutcomes } from './outcome-fixture.ts'
import { createModel, insertEvents } from './profile-fixture.ts'

let opened: TestStore
beforeAll(async () => {
  opened = await withStore('embedded')
})
afterAll(() => opened.close())

const minute = 60_000
const start = Date.parse('2026-03-01T10:00:00Z')
const model = (name: string, rest: Partial<ModelFile>): Promise<ModelSpec> =>
  createModel(opened.store, {
    ...{ model: name, window: '1m', sequential: [{ stream: 'errors', method: 'adwin' }] },
    ...rest,
  })
const label = (id: string, text: string) => ({ id, label: text, ts: start, ingestedAt: start })

test('errors come in the order of time, then of ids, whatever the order of arrival', async () => {
  const spec = await model('classes', { task: 'multiclass_classification' })
  const event = (id: string, prediction: string | null, ms: number, version = '1') => ({
    ...{ id, prediction, version, ts: start + ms, features: {} },
  })
  await insertEvents(opened.store, spec, [
    event('c', 'cat', 5),
    event('b', 'dog', 5),
    event('a', 'cat', 7),
    event('not labelled', 'cat', 8),
    event('nothing predicted', null, 8),
    event('d', 'owl', minute),
    event('e', 'owl', 9, '2'),
  ])
  const labels = [label('b', 'cat'), label('a', 'cat'), label('c', 'cat'), label('d', 'dog')]
  await insertLabels(opened.store, 'classes', [
    ...labels,
    label('e', 'owl'),
    label('nothing predicted', 'cat'),
  ])
  const arms = await opened.store.query(sequentialErrors(spec, minute, [start, start + minute]))
  expect(arms).toEqual([
    { version: '1', variant: 'live', start, predicted: 5, errors: [1, 0, 0] },
    { version: '2', variant: 'live', start, predicted: 1, errors: [0] },
    { version: '1', variant: 'live', start: start + minute, predicted: 1, errors: [1] },
  ])
  const [wide] = await opened.store.query(sequentialErrors(spec, 60 * minute, [start]))
  expect(wide?.errors).toEqual([1, 0, 0, 1])
})

test('numbers are off by a distance, exactly; what is no number is no error', async () => {
  const spec = await model('numbers', { task: 'regression' })
  const event = (id: string, prediction: number, ms: number) => ({
    ...{ id, prediction, ts: start + ms, features: {} },
  })
  await insertEvents(opened.store, spec, [
    event('a', 0.1, 1),
    event('b', -3, 2),
    event('c', 1, 3),
    event('d', 1, 4),
  ])
  await insertLabels(opened.store, 'numbers', [
    label('a', '0.3'),
    label('b', '2'),
    label('c', 'unknown'),
    label('d', 'inf'),
  ])
  const [arm] = await opened.store.query(sequentialErrors(spec, minute, [start]))
  expect(arm?.errors).toEqual([Math.abs(0.1 - 0.3), 5])
})

test('two answers that change places are another window, though all sums agree', async () => {
  const spec = await model('swapped', { task: 'multiclass_classification' })
  const predictions = (of: Readonly<Record<string, string>>, ingestedAt: number) =>
    insertEvents(
      opened.store,
      spec,
      Object.entries(of).map(([id, prediction], i) => ({
        ...{ id, prediction, ts: start + i, features: {}, ingestedAt },
      })),
    )
  await predictions({ a: 'cat', b: 'dog' }, start)
  await insertLabels(opened.store, 'swapped', [label('a', 'cat'), label('b', 'cat')])
  const [before] = await sumOutcomes(opened.store, { spec, binning: noBinning }, [start])
  await predictions({ a: 'dog', b: 'cat' }, start + 1)
  const [after] = await sumOutcomes(opened.store, { spec, binning: noBinning }, [start], 2)
  expect(after?.content).not.toBe(before?.content)
  const windows = await opened.store.query(sequentialErrorWindows('swapped', '1m', start))
  expect(windows).toEqual([{ start, size: 2 }])
})
