import { expect, test } from 'vitest'
import { modelSpec } from '../../core/model-spec.ts'

const hour = 3_600_000

test('everything but the name has a default', () => {
  expect(modelSpec({ model: 'm' })).toEqual({
    model: 'm',
    kind: 'model',
    task: 'none',
    positiveClass: null,
    features: new Map(),
    slices: [],
    windowMs: 300_000,
    windowsMs: [300_000, hour, 24 * hour],
    latenessMs: 300_000,
    labelDelayMs: 168 * hour,
    minSamples: 100,
    detectors: [],
    preset: null,
    rowMethods: { sample: 100_000 },
    baselines: new Map([['first', { first: { events: 10_000, period: '1d' } }]]),
    multivariate: [],
    monitors: [],
    sequential: [],
    correction: 'benjamini-hochberg',
    falseAlarms: null,
    outliers: null,
    actions: new Map(),
    retentionMs: { events: 90 * 24 * hour, profiles: 400 * 24 * hour, metrics: 400 * 24 * hour },
    file: { model: 'm' },
  })
})

test('binary classification predicts "1" unless said otherwise', () => {
  expect(modelSpec({ model: 'm', task: 'binary_classification' }).positiveClass).toBe('1')
  const yes = modelSpec({ model: 'm', task: 'binary_classification', positive_class: 'yes' })
  expect(yes.positiveClass).toBe('yes')
})

test('windows of monitors are evaluated with the others, each once and ascending', () => {
  const { windowsMs } = modelSpec({
    model: 'm',
    window: '1h',
    windows: ['1d'],
    monitors: [
      { name: 'a', metric: 'psi', window: '6h' },
      { name: 'b', metric: 'psi', window: '1d' },
    ],
  })
  expect(windowsMs).toEqual([hour, 6 * hour, 24 * hour])
})

test('lateness is the base window, ten minutes at most', () => {
  expect(modelSpec({ model: 'm', window: '1m' }).latenessMs).toBe(60_000)
  expect(modelSpec({ model: 'm', window: '1d' }).latenessMs).toBe(600_000)
})

test.each([
  { file: 'a.parquet' },
  { range: { from: 'a', to: 'b' } },
  { first: { events: 100, period: '1h' } },
])('a baseline of kind %j can freeze bins, so none is added', (own) => {
  const baselines = { recent: { trailing: '7d' }, own }
  expect([...modelSpec({ model: 'm', baselines }).baselines.keys()]).toEqual(['recent', 'own'])
})

test('where no baseline can freeze bins one is added in front, and monitors keep comparing with the declared one', () => {
  const spec = modelSpec({
    model: 'm',
    baselines: { recent: { trailing: '7d' }, champion: { version: '1' } },
    monitors: [
      { name: 'a', metric: 'psi' },
      { name: 'b', metric: 'psi', baseline: 'champion' },
    ],
  })
  expect([...spec.baselines.keys()]).toEqual(['first', 'recent', 'champion'])
  expect(spec.monitors.map(({ baseline }) => baseline)).toEqual(['recent', 'champion'])
})

test('a baseline that is added does not take the name of a declared one', () => {
  const { baselines } = modelSpec({ model: 'm', baselines: { first: { trailing: '7d' } } })
  expect([...baselines.keys()]).toEqual(['first_events', 'first'])
})
