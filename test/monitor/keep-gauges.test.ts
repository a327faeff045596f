import { Registry } from 'prom-client'
import { expect, test } from 'vitest'
import { createGaugeKeeper } from '../../monitor/keep-gauges.ts'
import { createModelGauges } from '../../monitor/model-gauges.ts'
import { insertMetrics } from '../../store/insert-metrics.ts'
import type { MetricRow } from '../../store/queries/metric-row.ts'
import { describeStore } from '../support/store.ts'

const noon = Date.UTC(2026, 10, 20, 12)

function volume(model: string, minutes: number, over: Partial<MetricRow> = {}): MetricRow {
  const windowStart = noon + minutes * 60_000
  return {
    ...{ model, version: '7', variant: 'live', window: '5m', slice: '', feature: '' },
    ...{ windowStart, windowEnd: windowStart + 300_000, metric: 'throughput', method: 'm' },
    ...{ value: 1, pValue: null, pAdjusted: null, effect: null, noiseFloor: null },
    ...{ nReference: 0, nCurrent: 300 + minutes, labelCoverage: null, baseline: '', revision: 1 },
    status: 'ok',
    ...over,
  }
}

describeStore('gauges of models that were taken over', (opened) => {
  test('show the newest window of each width that is stored, and go with the model', async () => {
    const { store } = opened()
    const rows = [
      volume('fraud', 0),
      volume('fraud', 5),
      volume('fraud', 5, { version: '8', nCurrent: 2 }),
      volume('fraud', 10, { status: 'retracted', value: null }),
      volume('fraud', 5, { slice: 'country=DE', nCurrent: 999 }),
      volume('fraud', -60, { window: '1h', nCurrent: 4000 }),
      volume('other', 15),
    ]
    await insertMetrics(store, rows, { at: noon, retentionDays: 4000 })
    const registry = new Registry()
    const gauges = createModelGauges(registry, 10)
    let owned = ['fraud', 'silent']
    const keep = createGaugeKeeper({ store, gauges, owned: () => owned })
    const shown = async (): Promise<string[]> => {
      const text = await registry.getSingleMetricAsString('tidegauge_model_window_events')
      return text
        .split('\n')
        .filter((line) => line.startsWith('tidegauge'))
        .toSorted()
    }
    await keep()
    expect(await shown()).toEqual([
      'tidegauge_model_window_events{model="fraud",version="7",variant="live",window="1h"} 4000',
      'tidegauge_model_window_events{model="fraud",version="7",variant="live",window="5m"} 305',
      'tidegauge_model_window_events{model="fraud",version="8",variant="live",window="5m"} 2',
    ])
    owned = ['other']
    await keep()
    expect(await shown()).toEqual([
      'tidegauge_model_window_events{model="other",version="7",variant="live",window="5m"} 315',
    ])
  })
})
