import type { Builder } from '@grafana/grafana-foundation-sdk/cog'
import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard'
import { colours, label, stat, timeSeries } from '../panel-frame.ts'
import { instant, prometheus, promql } from '../prometheus-query.ts'

const here = '{instance=~"$instance",model=~"$model"}'
const nothing =
  'Nothing in this range: no window was evaluated, or Prometheus does not scrape GET /metrics.'

/** Features whose drift is above its noise floor; the labels of both gauges are the same. */
const overFloor = `(tidegauge_model_drift_score${here} / (tidegauge_model_drift_noise_floor${here} > 0))`

export const overview = (): Builder<Panel> =>
  stat({
    title: 'Models now',
    question:
      'Is a model in trouble? Features above three times their noise floor, the longest time since a window of a model ended, and warn or critical alerts that were entered in the range.',
    nothing,
    unit: 'short',
    source: prometheus,
    queries: [
      instant(`count(${overFloor} > 3) or vector(0)`, 'features far above their noise floor', 'A'),
      instant(
        `max(time() - max by (model) (tidegauge_model_window_end_timestamp_seconds${here}))`,
        'oldest newest window',
        'B',
      ),
      instant(
        `sum(increase(tidegauge_alerts_transitions_total{instance=~"$instance",state=~"warn|critical"}[$__range])) or vector(0)`,
        'alerts fired',
        'C',
      ),
    ],
  })
    .decimals(0)
    .thresholds(colours('green', [1, 'orange']))
    .overrideByName('oldest newest window', [
      { id: 'unit', value: 'dtdurations' },
      { id: 'color', value: { mode: 'fixed', fixedColor: 'text' } },
    ])

export const drift = (): Builder<Panel> =>
  timeSeries({
    title: 'Drift, the strongest features',
    question:
      'Which features moved, and when? The twenty greatest scores of newest windows; scores of two methods do not compare.',
    nothing,
    unit: 'short',
    source: prometheus,
    queries: [
      promql(
        `topk(20, tidegauge_model_drift_score${here})`,
        '{{model}} {{version}} {{feature}} {{method}} vs {{baseline}} {{window}}',
      ),
    ],
  })

export const driftOverFloor = (): Builder<Panel> =>
  timeSeries({
    title: 'Drift over its noise floor',
    question:
      'Is it more than chance? Each score as a multiple of what 95 of 100 windows without drift stay below: 1 is that line, whatever the method.',
    nothing,
    unit: 'short',
    source: prometheus,
    queries: [
      promql(
        `topk(20, ${overFloor})`,
        '{{model}} {{version}} {{feature}} {{method}} vs {{baseline}} {{window}}',
      ),
    ],
  })

export const missing = (): Builder<Panel> =>
  timeSeries({
    title: 'Missing values',
    question:
      'Did values begin to be missing? A jump is usually a broken join upstream. The twenty features with most.',
    nothing,
    unit: 'percentunit',
    source: prometheus,
    queries: [
      promql(
        `topk(20, tidegauge_model_missing_ratio${here} > 0)`,
        '{{model}} {{version}} {{feature}} {{window}}',
      ),
    ],
  })

export const events = (): Builder<Panel> =>
  timeSeries({
    title: 'Events of the newest window',
    question: 'Is traffic as usual? By model and width; of several versions the sum.',
    nothing,
    unit: 'short',
    source: prometheus,
    queries: [
      promql(
        `sum by (model, window) (tidegauge_model_window_events${here})`,
        '{{model}} {{window}}',
      ),
    ],
  })

export const freshness = (): Builder<Panel> =>
  timeSeries({
    title: 'Age of the newest window',
    question:
      'Which model fell silent? Time since its newest window ended. It saws between 0 and the width; a line that only climbs has no events, or the monitor lags.',
    nothing,
    unit: 's',
    source: prometheus,
    queries: [
      promql(
        `time() - max by (model, window) (tidegauge_model_window_end_timestamp_seconds${here})`,
        '{{model}} {{window}}',
      ),
    ],
  })

export const alerts = (): Builder<Panel> =>
  timeSeries({
    title: 'Alerts entered',
    question: 'Does something fire? Changes of state in each step, by the state entered.',
    nothing,
    unit: 'short',
    source: prometheus,
    names: label('state'),
    queries: [
      promql(
        'sum by (state) (increase(tidegauge_alerts_transitions_total{instance=~"$instance"}[$__rate_interval]))',
        '{{state}}',
      ),
    ],
  })
