import type { Builder } from '@grafana/grafana-foundation-sdk/cog'
import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard'
import { shown, tables } from '../../core/stored-names.ts'
import { rows, series } from '../clickhouse-query.ts'
import { cell, drillDown, sourceKept } from '../drill-down.ts'
import { bar, colours, label, linked, stat, stateTimeline, table, unit } from '../panel-frame.ts'
import {
  from,
  inRange,
  thisBaseline,
  thisModel,
  thisWindow,
  theseArms,
  usable,
  worstStates,
} from '../sql.ts'
import { openAlertsTable } from './open-alerts.ts'

export const modelAlerts = (): Builder<Panel> =>
  openAlertsTable({
    title: 'What is wrong with this model, and since when',
    question:
      'Which of its alerts are open at the end of the range, and since when? Critical first, then the oldest. Click a feature for what changed in it.',
    where: thisModel,
    showModel: false,
  })

/** The newest window with events in the range; every number of it is of this one. */
export const newestWindow = `(
  SELECT max(window_end)
  FROM ${from(tables.windows)}
  WHERE ${thisModel} AND ${thisWindow} AND n > 0 AND ${inRange}
)`

const numbersSql = `
SELECT sumIf(value, metric = '${shown.throughput}') AS events_per_second,
  sumIf(value * n_current, metric = '${shown.errorRate}') / nullIf(sumIf(n_current, metric = '${shown.errorRate}'), 0) AS error_rate,
  maxIf(value, metric = '${shown.latencyQ99}') AS latency_p99,
  uniqIf(feature, metric = \${metric:singlequote} AND ${thisBaseline} AND value > noise_floor AND p_adjusted <= 0.05) AS drifted_features,
  dateDiff('second', max(window_end), least(now(), $__toTime)) AS age
${usable} AND ${thisModel} AND metric IN ('${shown.throughput}', '${shown.errorRate}', '${shown.latencyQ99}', \${metric:singlequote})
  AND ${thisWindow} AND slice = '' AND ${theseArms} AND window_end = ${newestWindow}`

export const modelNumbers = (): Builder<Panel> =>
  stat({
    title: 'Newest window',
    question:
      'How is the model right now? Of the newest window in the range: traffic, errors, 99th percentile of latency, features whose drift is above its noise floor with an adjusted p-value of at most 0.05, and how long ago the window ended.',
    nothing: 'No window of this width in the range: no events, or the monitor lags (see Pipeline).',
    unit: 'short',
    queries: [rows(numbersSql)],
  })
    .thresholds(colours('text'))
    .overrideByName('events_per_second', [{ id: 'unit', value: 'eps' }])
    .overrideByName('error_rate', [
      { id: 'unit', value: 'percentunit' },
      { id: 'thresholds', value: colours('text', [0.01, 'orange'], [0.05, 'red']).build() },
    ])
    .overrideByName('latency_p99', [{ id: 'unit', value: 'ms' }])
    .overrideByName('drifted_features', [
      { id: 'thresholds', value: colours('text', [1, 'orange']).build() },
    ])
    .overrideByName('age', [{ id: 'unit', value: 'dtdurations' }])

const monitorStatesSql = worstStates('monitor', thisModel)

export const monitorStates = (): Builder<Panel> =>
  stateTimeline({
    title: 'State of every monitor',
    question:
      'What fired when, and what recovered? A monitor is as bad as its worst series of a feature, slice and version.',
    nothing: 'This model has no monitors: add some to its model file.',
    unit: 'short',
    names: label('monitor'),
    queries: [series(monitorStatesSql)],
  })

const versionsSql = `
SELECT version, variant, max(window_end) AS last_seen,
  sumIf(value * dateDiff('second', window_start, window_end), metric = '${shown.throughput}') AS events,
  events / sum(events) OVER () AS share,
  sumIf(value * n_current, metric = '${shown.errorRate}') / nullIf(sumIf(n_current, metric = '${shown.errorRate}'), 0) AS error_rate,
  avgIf(value, metric = '${shown.latencyQ99}') AS latency_p99,
  sumIf(value * n_current, metric = '${shown.positiveRate}') / nullIf(sumIf(n_current, metric = '${shown.positiveRate}'), 0) AS positive_rate,
  sumIf(value * n_current, metric = '${shown.meanConfidence}') / nullIf(sumIf(n_current, metric = '${shown.meanConfidence}'), 0) AS mean_score,
  maxIf(value, metric = \${metric:singlequote} AND ${thisBaseline}) AS worst_drift,
  argMaxIf(feature, value, metric = \${metric:singlequote} AND ${thisBaseline}) AS drift_feature
${usable} AND ${thisModel}
  AND metric IN ('${shown.throughput}', '${shown.errorRate}', '${shown.latencyQ99}', '${shown.positiveRate}', '${shown.meanConfidence}', \${metric:singlequote})
  AND ${thisWindow} AND slice = '' AND ${theseArms} AND ${inRange}
GROUP BY version, variant
ORDER BY last_seen DESC, events DESC`

export const versions = (): Builder<Panel> =>
  table({
    title: 'Versions compared',
    question:
      'Is one version or arm worse than another? Means over the range, weighted by events; the strongest drift of any window and its feature.',
    nothing: 'No window of this width in the range.',
    unit: 'short',
    queries: [rows(versionsSql)],
    columns: {
      last_seen: unit('dateTimeAsLocal', 170),
      share: bar('percentunit', 1),
      error_rate: unit('percentunit'),
      latency_p99: unit('ms'),
      positive_rate: unit('percentunit'),
      mean_score: unit('percentunit'),
      drift_feature: linked(
        drillDown('feature', 'Open this feature', {
          keep: [...sourceKept, 'model', 'window', 'baseline', 'metric'],
          set: {
            version: cell('version'),
            variant: cell('variant'),
            feature: cell('drift_feature'),
          },
        }),
      ),
    },
  })
