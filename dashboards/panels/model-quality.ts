import type { Builder } from '@grafana/grafana-foundation-sdk/cog'
import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard'
import { shown } from '../../core/stored-names.ts'
import { rows, series } from '../clickhouse-query.ts'
import { cell, seriesLabel, toFeature } from '../drill-down.ts'
import { bar, label, linked, stacked, table, timeSeries, unit } from '../panel-frame.ts'
import {
  arm,
  inRange,
  limitLines,
  named,
  thisModel,
  thisWindow,
  theseArms,
  usable,
} from '../sql.ts'
import { meanByArm } from './by-arm.ts'

const rates = [
  shown.missingRate,
  shown.invalidRate,
  shown.typeMismatchRate,
  shown.unseenRate,
  shown.outOfRangeRate,
] as const

const qualitySql = `
SELECT ${named('feature')} AS feature,
  ${rates.map((rate) => `maxIf(share, metric = '${rate}') AS ${rate}`).join(',\n  ')},
  sum(share) AS together
FROM (
  SELECT feature, metric, sum(value * n_current) / sum(n_current) AS share
  ${usable} AND ${thisModel} AND metric IN (${rates.map((rate) => `'${rate}'`).join(', ')}) AND ${thisWindow}
    AND slice = '' AND ${theseArms} AND ${inRange} AND n_current > 0
  GROUP BY feature, metric
)
GROUP BY feature
ORDER BY together DESC, feature
LIMIT 200`

export const dataQuality = (): Builder<Panel> =>
  table({
    title: 'Data quality by feature',
    question:
      'Which features arrive broken? Shares of the events of the range, worst first: missing, not a number, of another type, a category the baseline never saw, out of the declared range.',
    nothing: 'No window of this width in the range.',
    unit: 'percentunit',
    queries: [rows(qualitySql)],
    columns: {
      ...Object.fromEntries(rates.map((rate) => [rate, bar('percentunit', 0.2)])),
      together: unit('percentunit'),
      feature: linked(toFeature(cell('feature'))),
    },
  })

const missingSql = `
SELECT window_end AS time, ${named('feature')} AS feature, sum(value * n_current) / sum(n_current) AS share
${usable} AND ${thisModel} AND metric = '${shown.missingRate}' AND ${thisWindow} AND slice = ''
  AND ${theseArms} AND ${inRange} AND n_current > 0
GROUP BY time, feature
ORDER BY time, feature`

export const missing = (): Builder<Panel> =>
  timeSeries({
    title: 'Missing values',
    question:
      'When did values begin to be missing? A jump is usually a broken join upstream; dashed lines are limits of monitors.',
    nothing: 'No window of this width in the range.',
    unit: 'percentunit',
    names: label('feature'),
    queries: [series(missingSql), series(limitLines(`'${shown.missingRate}'`), 'B')],
    links: [toFeature(seriesLabel('feature'))],
  }).overrideByQuery('B', [{ id: 'displayName', value: label('line') }])

const trafficSql = `
SELECT window_end AS time, ${arm} AS arm, sum(value) AS events
${usable} AND ${thisModel} AND metric = '${shown.throughput}' AND ${thisWindow} AND feature = ''
  AND slice = '' AND ${theseArms} AND ${inRange}
GROUP BY time, arm
ORDER BY time, arm`

export const traffic = (): Builder<Panel> =>
  stacked({
    title: 'Events by version',
    question:
      'Which version serves how much? A rollout shows as one layer that grows at the cost of another.',
    nothing: 'No window of this width in the range.',
    unit: 'eps',
    names: label('arm'),
    queries: [series(trafficSql)],
  })

export const errorRate = (): Builder<Panel> =>
  meanByArm({
    title: 'Error rate',
    question: 'Does a version answer with errors? Share of events that carry one.',
    metric: shown.errorRate,
    unit: 'percentunit',
    nothing: 'No window of this width in the range.',
  })

const quantiles = [shown.latencyQ50, shown.latencyQ95, shown.latencyQ99] as const

const latencySql = `
SELECT window_end AS time, transform(metric, [${quantiles.map((q) => `'${q}'`).join(', ')}], ['median', '95th percentile', '99th percentile'], metric) AS quantile,
  max(value) AS latency
${usable} AND ${thisModel} AND metric IN (${quantiles.map((q) => `'${q}'`).join(', ')}) AND ${thisWindow}
  AND feature = '' AND slice = '' AND ${theseArms} AND ${inRange}
GROUP BY time, quantile
ORDER BY time, quantile`

export const latency = (): Builder<Panel> =>
  timeSeries({
    title: 'Latency',
    question:
      'Is the model slower? Median, 95th and 99th percentile of what producers report; of several versions the slowest.',
    nothing: 'No event of this range carries a latency.',
    unit: 'ms',
    names: label('quantile'),
    queries: [series(latencySql)],
  })

const outlierMetrics = [
  shown.outlierRate,
  shown.overconfidenceRate,
  shown.nearBoundaryRate,
  shown.boundaryBurst,
  shown.duplicateBurst,
] as const

const outliersSql = `
SELECT window_end AS time, metric, sum(value * n_current) / sum(n_current) AS share
${usable} AND ${thisModel} AND metric IN (${outlierMetrics.map((m) => `'${m}'`).join(', ')}) AND ${thisWindow}
  AND feature = '' AND slice = '' AND ${theseArms} AND ${inRange} AND n_current > 0
GROUP BY time, metric
ORDER BY time, metric`

const outlierFloorSql = `
SELECT window_end AS time, max(noise_floor) AS floor
${usable} AND ${thisModel} AND metric = '${shown.outlierRate}' AND ${thisWindow} AND feature = ''
  AND slice = '' AND ${theseArms} AND ${inRange}
GROUP BY time
ORDER BY time`

export const outliers = (): Builder<Panel> =>
  timeSeries({
    title: 'Outliers and suspicious input',
    question:
      'Is more of the input strange than chance explains? outlier_rate above its noise floor is; a burst is one sender that repeats itself or probes the decision boundary.',
    nothing: 'Nothing is scored: add `outliers` to the model file.',
    unit: 'percentunit',
    names: label('metric'),
    queries: [series(outliersSql), series(outlierFloorSql, 'B')],
  }).overrideByQuery('B', [{ id: 'displayName', value: 'noise floor of outlier_rate' }])

/** The table of a model's events, whose name is made from the model's as store/tables/events-table.ts does. */
const eventsOfModel = `merge(\${database:singlequote}, concat('^events_', if(match(\${model:singlequote}, '^[A-Za-z0-9_-]{1,64}$'),
  \${model:singlequote},
  concat(substring(replaceRegexpAll(\${model:singlequote}, '[^A-Za-z0-9_-]', '_'), 1, 48), '_', substring(lower(hex(SHA256(\${model:singlequote}))), 1, 10))), '$'))`

const strangestSql = `
SELECT ts, event_id, version, variant, outlier_score, toString(prediction) AS prediction, score
FROM ${eventsOfModel} FINAL
WHERE ${theseArms} AND $__timeFilter_ms(ts) AND outlier_score >= 0.95
ORDER BY outlier_score DESC, ts DESC
LIMIT 50`

export const strangest = (): Builder<Panel> =>
  table({
    title: 'Strangest events',
    question:
      'Which events should a person look at? GET /v1/models/…/outliers says what is strange about each.',
    nothing:
      'No event of this range is strange, or nothing is scored: add `outliers` to the model file.',
    unit: 'short',
    queries: [rows(strangestSql)],
    columns: { ts: unit('dateTimeAsLocal', 190), outlier_score: bar('percentunit', 1) },
  })
