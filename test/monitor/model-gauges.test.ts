import { Registry } from 'prom-client'
import { beforeEach, expect, test } from 'vitest'
import { createModelGauges, type ModelGauges } from '../../monitor/model-gauges.ts'
import type { MetricRow } from '../../store/queries/metric-row.ts'

const noon = Date.UTC(2026, 10, 20, 12)
const minute = 60_000

function row(over: Partial<MetricRow>): MetricRow {
  return {
    ...{ model: 'fraud', version: '7', variant: 'live', window: '5m', slice: '', feature: '' },
    ...{ windowStart: noon - 5 * minute, windowEnd: noon, metric: 'throughput', method: 'm' },
    ...{ value: 1, pValue: null, pAdjusted: null, effect: null, noiseFloor: null },
    ...{ nReference: 0, nCurrent: 300, labelCoverage: null, baseline: '', revision: 1 },
    status: 'ok',
    ...over,
  }
}

const drift = (feature: string, value: number, over: Partial<MetricRow> = {}): MetricRow =>
  row({ metric: 'psi', method: 'psi/q64', baseline: 'training', feature, value, ...over })

let registry: Registry
let gauges: ModelGauges
beforeEach(() => {
  registry = new Registry()
  gauges = createModelGauges(registry, 2)
})

/** Lines of one metric, without its name and the labels that are the same everywhere. */
async function lines(name: string): Promise<string[]> {
  const text = await registry.getSingleMetricAsString(`tidegauge_model_${name}`)
  return text
    .split('\n')
    .filter((line) => !line.startsWith('#') && line !== '')
    .map((line) => line.replace(/^\w+\{model="fraud",/, '{'))
}

test('the newest window is shown, a late one does not turn it back, a revision replaces it', async () => {
  gauges.observe([row({}), drift('amount', 0.1)])
  gauges.observe([
    row({ windowEnd: noon - minute, nCurrent: 9 }),
    drift('amount', 0.9, { windowEnd: noon - minute }),
  ])
  expect(await lines('window_events')).toEqual(['{version="7",variant="live",window="5m"} 300'])
  gauges.observe([row({ nCurrent: 301 }), drift('amount', 0.2)])
  expect(await lines('window_events')).toEqual(['{version="7",variant="live",window="5m"} 301'])
  expect(await lines('drift_score')).toEqual([expect.stringMatching(/feature="amount".* 0\.2$/)])
  expect(await lines('window_end_timestamp_seconds')).toEqual([`{window="5m"} ${noon / 1000}`])
})

test('what the newest window no longer holds disappears: versions, features, metrics', async () => {
  gauges.observe([row({}), drift('amount', 0.1), row({ metric: 'error_rate', value: 0.5 })])
  const later = { windowEnd: noon + 5 * minute, version: '8' }
  gauges.observe([row(later), drift('country', 0.3, later)])
  expect(await lines('window_events')).toEqual(['{version="8",variant="live",window="5m"} 300'])
  expect(await lines('drift_score')).toEqual([expect.stringContaining('feature="country"')])
  expect(await lines('error_ratio')).toEqual([])
})

test('of many windows at once the newest of each width counts', async () => {
  gauges.observe([
    row({ windowEnd: noon + minute, nCurrent: 2 }),
    row({ nCurrent: 1 }),
    row({ window: '1h', nCurrent: 3 }),
  ])
  expect(await lines('window_events')).toEqual([
    '{version="7",variant="live",window="5m"} 2',
    '{version="7",variant="live",window="1h"} 3',
  ])
})

test('too few events to judge still show how fresh the model is, and no score', async () => {
  const few = { status: 'insufficient_data' } as const
  gauges.observe([
    row({ ...few, nCurrent: 3 }),
    drift('amount', 0.7, few),
    row({ ...few, metric: 'error_rate' }),
  ])
  expect(await lines('window_events')).toEqual(['{version="7",variant="live",window="5m"} 3'])
  expect(await lines('drift_score')).toEqual([])
  expect(await lines('error_ratio')).toEqual([])
})

test('features beyond the limit count as one, by their greatest value, for as long as the process lives', async () => {
  gauges.observe([drift('a', 0.1), drift('b', 0.2), drift('c', 0.3), drift('d', 0.25)])
  const shown = await lines('drift_score')
  expect(shown.map((line) => /feature="(\w+)"/.exec(line)?.[1])).toEqual(['a', 'b', '_other'])
  expect(shown[2]).toMatch(/ 0\.3$/)
  gauges.observe([drift('d', 0.9), drift('b', 0.2)])
  expect((await lines('drift_score')).map((line) => /feature="(\w+)"/.exec(line)?.[1])).toEqual([
    '_other',
    'b',
  ])
})

test('versions without bound are not shown without bound: those with the most events are', async () => {
  gauges.observe(Array.from({ length: 100 }, (_, i) => row({ version: String(i), nCurrent: i })))
  const shown = await lines('window_events')
  expect(shown).toHaveLength(20)
  expect(shown.map((line) => Number(line.split(' ').at(-1))).toSorted((a, b) => a - b)[0]).toBe(80)
})

test('slices and retracted rows are not shown', async () => {
  gauges.observe([row({ slice: 'country=DE' }), row({ status: 'retracted' })])
  expect(await lines('window_events')).toEqual([])
})

test('labels come to windows of their own: coverage always, a score where there are enough', async () => {
  gauges.observe([row({})])
  const before = { windowEnd: noon - 60 * minute, metric: 'ece', method: 'ece/10-bins' }
  const few = { version: '8', labelCoverage: 0.01, status: 'insufficient_data' } as const
  gauges.observe([row({ ...before, value: 0.9, labelCoverage: 0.5 }), row({ ...before, ...few })])
  const arm = '{version="7",variant="live",window="5m"'
  expect(await lines('performance_score')).toEqual([
    `${arm},metric="ece",method="ece/10-bins"} 0.9`,
  ])
  expect(await lines('label_coverage_ratio')).toEqual([
    `${arm}} 0.5`,
    '{version="8",variant="live",window="5m"} 0.01',
  ])
  expect(await lines('window_end_timestamp_seconds')).toEqual([`{window="5m"} ${noon / 1000}`])
  expect(await lines('labelled_window_end_timestamp_seconds')).toEqual([
    `{window="5m"} ${noon / 1000 - 3600}`,
  ])
})

test('what is restored fills gaps and replaces nothing; a model given away shows nothing', async () => {
  gauges.observe([row({ nCurrent: 5 })])
  gauges.restore([
    row({ nCurrent: 1, windowEnd: noon + minute }),
    row({ window: '1h', nCurrent: 2 }),
  ])
  expect(await lines('window_events')).toEqual([
    '{version="7",variant="live",window="5m"} 5',
    '{version="7",variant="live",window="1h"} 2',
  ])
  gauges.forget('fraud')
  expect(await lines('window_events')).toEqual([])
  gauges.restore([row({ nCurrent: 1 })])
  expect(await lines('window_events')).toHaveLength(1)
})
