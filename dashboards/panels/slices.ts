import type { Builder } from '@grafana/grafana-foundation-sdk/cog'
import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard'
import { shown } from '../../core/stored-names.ts'
import { rows, series } from '../clickhouse-query.ts'
import { cell, drillDown, modelKept, seriesLabel } from '../drill-down.ts'
import {
  bar,
  heatmap,
  label,
  linked,
  stacked,
  stateCell,
  table,
  timeSeries,
  unit,
} from '../panel-frame.ts'
import {
  inRange,
  limitLines,
  named,
  openAlerts,
  thisBaseline,
  thisFeature,
  thisMetric,
  thisModel,
  thisWindow,
  theseArms,
  usable,
  watches,
} from '../sql.ts'
import { newestWindow } from './model-state.ts'

const toSlice = (slice: string) =>
  drillDown('feature', 'Open this slice', { keep: [...modelKept, 'feature'], set: { slice } })

const compared = `${thisModel} AND ${thisMetric} AND ${thisBaseline} AND ${thisWindow} AND ${theseArms}`

/** Every slice of the model with its worst feature, whatever the chosen feature. */
const worstSql = `
SELECT ${named('s.slice')} AS slice, a.state AS state, a.alerts AS alerts, if(a.state = 0, NULL, a.since) AS since,
  s.events AS events, s.worst AS worst_feature, s.drift_of_worst AS value,
  s.floor_of_worst AS noise_floor, s.times_floor AS times_floor
FROM (
  SELECT slice, max(n) AS events, argMax(feature, times) AS worst, argMax(drift, times) AS drift_of_worst,
    argMax(floor, times) AS floor_of_worst, max(times) AS times_floor
  FROM (
    SELECT slice, feature, value AS drift, noise_floor AS floor, n_current AS n,
      value / nullIf(noise_floor, 0) AS times
    ${usable} AND ${compared} AND window_end = ${newestWindow}
  )
  GROUP BY slice
) AS s
LEFT JOIN (
  SELECT slice, max(state) AS state, count() AS alerts, min(since) AS since
  FROM ${openAlerts(thisModel)}
  GROUP BY slice
) AS a ON a.slice = s.slice
ORDER BY state DESC, times_floor DESC
LIMIT 200`

export const worstSlices = (): Builder<Panel> =>
  table({
    title: 'Worst slices, and since when',
    question:
      'Which part of the traffic is in trouble? Slices of the newest window: open alerts first, then by how far above its noise floor the worst feature is. A small slice has a high floor: judge by times_floor, not by the value.',
    nothing: 'No slices with enough events: declare some in the model file, or widen the window.',
    unit: 'short',
    queries: [rows(worstSql)],
    columns: {
      state: stateCell,
      since: unit('dateTimeAsLocal', 170),
      value: [{ id: 'decimals', value: 3 }],
      noise_floor: [{ id: 'decimals', value: 3 }],
      times_floor: bar('short', 5),
      slice: linked(
        drillDown('feature', 'Open the worst feature of this slice', {
          keep: modelKept,
          set: { slice: cell('slice'), feature: cell('worst_feature') },
        }),
      ),
    },
  })

const driftSql = `
SELECT window_end AS time, ${named('slice')} AS slice, max(value) AS drift
${usable} AND ${compared} AND ${thisFeature} AND ${inRange}
GROUP BY time, slice
ORDER BY time, slice`

export const sliceHeatmap = (): Builder<Panel> =>
  heatmap({
    title: 'Drift of every slice',
    question:
      'In which slices did the chosen feature move, and when? One dark row is that slice; a dark column is everybody.',
    nothing: 'No slice has enough events in this range.',
    unit: 'short',
    names: label('slice'),
    queries: [series(driftSql)],
    links: [toSlice(seriesLabel('slice'))],
  })

export const sliceLines = (): Builder<Panel> =>
  timeSeries({
    title: 'Drift by slice',
    question:
      'How far is each slice from firing? The chosen feature, with the limits of the monitors that watch the statistic.',
    nothing: 'No slice has enough events in this range.',
    unit: 'short',
    names: label('slice'),
    queries: [series(driftSql), series(limitLines('${metric:singlequote}'), 'B')],
    links: [toSlice(seriesLabel('slice'))],
  }).overrideByQuery('B', [{ id: 'displayName', value: label('line') }])

const volumeSql = `
SELECT window_end AS time, slice, sum(value) AS events
${usable} AND ${thisModel} AND metric = '${shown.throughput}' AND ${thisWindow} AND feature = ''
  AND slice != '' AND ${theseArms} AND ${inRange}
GROUP BY time, slice
ORDER BY time, slice`

export const sliceVolume = (): Builder<Panel> =>
  stacked({
    title: 'Events by slice',
    question:
      'Did the mix of traffic change? If it did, a drift of the whole model may be no more than that. Slices of several dimensions overlap: choose those of one in the legend.',
    nothing: 'No slices with enough events in this range.',
    unit: 'eps',
    names: label('slice'),
    queries: [series(volumeSql)],
    links: [toSlice(seriesLabel('slice'))],
  })

const comparedSql = `
SELECT ${named('slice')} AS slice, max(events) AS events,
  sumIf(value * n_current, metric = '${shown.positiveRate}') / nullIf(sumIf(n_current, metric = '${shown.positiveRate}'), 0) AS positive_rate,
  sumIf(value * n_current, metric = '${shown.meanConfidence}') / nullIf(sumIf(n_current, metric = '${shown.meanConfidence}'), 0) AS mean_score,
  sumIf(value * n_current, metric = '${shown.errorRate}') / nullIf(sumIf(n_current, metric = '${shown.errorRate}'), 0) AS error_rate,
  maxIf(value, metric = '${shown.latencyQ99}') AS latency_p99,
  sumIf(value * n_current, metric = '${shown.outlierRate}') / nullIf(sumIf(n_current, metric = '${shown.outlierRate}'), 0) AS outlier_rate
FROM (
  SELECT slice, metric, value, n_current, sumIf(n_current, metric = '${shown.errorRate}') OVER (PARTITION BY slice) AS events
  ${usable} AND ${thisModel} AND feature = '' AND ${thisWindow} AND ${theseArms} AND ${inRange}
    AND metric IN ('${shown.positiveRate}', '${shown.meanConfidence}', '${shown.errorRate}', '${shown.latencyQ99}', '${shown.outlierRate}')
)
GROUP BY slice
ORDER BY events DESC
LIMIT 200`

export const slicesCompared = (): Builder<Panel> =>
  table({
    title: 'Slices compared',
    question:
      'Is a part of the traffic served differently? Means over the range, by events. A positive rate far from the whole model is worth a look for fairness.',
    nothing: 'No slices with enough events in this range.',
    unit: 'short',
    queries: [rows(comparedSql)],
    columns: {
      positive_rate: bar('percentunit', 1),
      mean_score: bar('percentunit', 1),
      error_rate: unit('percentunit'),
      latency_p99: unit('ms'),
      outlier_rate: unit('percentunit'),
    },
  })

const performanceSql = `
SELECT ${named('slice')} AS slice, metric, mean AS value, floor AS noise_floor, labelled, coverage AS label_coverage
FROM (
  SELECT slice, metric, sum(value * n_current) / sum(n_current) AS mean, max(noise_floor) AS floor,
    sum(n_current) AS labelled, max(label_coverage) AS coverage
  ${usable} AND ${thisModel} AND feature = '' AND label_coverage IS NOT NULL AND NOT (${watches}) AND ${thisWindow}
    AND ${theseArms} AND ${inRange} AND n_current > 0
  GROUP BY slice, metric
)
ORDER BY metric, value DESC
LIMIT 300`

export const slicePerformance = (): Builder<Panel> =>
  table({
    title: 'Performance by slice',
    question:
      'For whom is the model wrong? Every metric that needs labels, by slice, over the range; few labelled events make a value worth little.',
    nothing: 'No labels for events of this range yet.',
    unit: 'short',
    queries: [rows(performanceSql)],
    columns: {
      value: [{ id: 'decimals', value: 3 }],
      noise_floor: [{ id: 'decimals', value: 3 }],
      label_coverage: unit('percentunit'),
    },
  })
