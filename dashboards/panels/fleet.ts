import type { Builder } from '@grafana/grafana-foundation-sdk/cog'
import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard'
import { shown, tables } from '../../core/stored-names.ts'
import { rows, series } from '../clickhouse-query.ts'
import { cell, drillDown, seriesLabel, sourceKept, toModel } from '../drill-down.ts'
import {
  bar,
  colours,
  label,
  linked,
  stacked,
  stat,
  stateCell,
  stateTimeline,
  table,
  timeSeries,
  unit,
} from '../panel-frame.ts'
import {
  arm,
  from,
  inRange,
  named,
  openAlerts,
  specs,
  theseModels,
  thisMetric,
  thisWindow,
  usable,
  worstStates,
} from '../sql.ts'
import { openAlertsTable } from './open-alerts.ts'

export const wrongNow = (): Builder<Panel> =>
  openAlertsTable({
    title: 'What is wrong now, and since when',
    question:
      'Which alerts are open at the end of the range? Critical first, then the oldest. The value and the limit are those of the window that changed the state last. Click a model for its page, a feature for what changed in it.',
    where: theseModels,
    showModel: true,
  })

const stateCountsSql = `
SELECT countIf(state = 3) AS critical, countIf(state = 2) AS warn, countIf(state = 1) AS pending,
  countIf(state = 0) AS ok
FROM (
  SELECT model, max(worst) AS state
  FROM (
    SELECT model, toUInt8(state) AS worst FROM ${openAlerts(theseModels)}
    UNION ALL
    SELECT model, 0 FROM ${from(tables.models)} WHERE ${theseModels}
  )
  GROUP BY model
)`

export const stateCounts = (): Builder<Panel> =>
  stat({
    title: 'Models by their worst alert',
    question: 'How many models are in trouble? Each counts once, under its worst open alert.',
    nothing:
      'No model is registered yet: send an event, or put a model file into models.directory.',
    unit: 'short',
    queries: [rows(stateCountsSql)],
  })
    .thresholds(colours('green', [1, 'red']))
    .overrideByName('ok', [{ id: 'color', value: { mode: 'fixed', fixedColor: 'green' } }])
    .overrideByName('pending', [
      { id: 'thresholds', value: colours('green', [1, 'yellow']).build() },
    ])
    .overrideByName('warn', [{ id: 'thresholds', value: colours('green', [1, 'orange']).build() }])

const freshnessSql = `
SELECT countIf(silent_for > 3 * width + 3600) AS silent, max(silent_for) AS longest_silence
FROM (
  SELECT model, dateDiff('second', max(window_end), least(now(), $__toTime)) AS silent_for,
    min(window_end - window_start) AS width
  FROM ${from(tables.windows)}
  WHERE ${theseModels} AND n > 0 AND window_end <= $__toTime
  GROUP BY model
)`

export const silentModels = (): Builder<Panel> =>
  stat({
    title: 'Models that fell silent',
    question:
      'Of how many models did events stop? One is silent when the newest window with events ended more than three windows and an hour ago: its producer stopped, or the pipeline lags (see Pipeline).',
    nothing: 'No window has been evaluated yet.',
    unit: 'short',
    queries: [rows(freshnessSql)],
  })
    .thresholds(colours('green', [1, 'orange']))
    .overrideByName('longest_silence', [
      { id: 'unit', value: 'dtdurations' },
      { id: 'color', value: { mode: 'fixed', fixedColor: 'text' } },
    ])

const modelStatesSql = worstStates('model', theseModels)

export const modelStates = (): Builder<Panel> =>
  stateTimeline({
    title: 'State of every model',
    question:
      'When did which model get worse or recover? A model is as bad as its worst alert. Click for its page.',
    nothing: 'No model has monitors: add some to its model file.',
    unit: 'short',
    names: label('model'),
    queries: [series(modelStatesSql)],
    links: [toModel(seriesLabel('model'))],
  }).perPage(20)

/** The newest window of each model in the range: what it says now, and few rows to group. */
const newestOfModels = `(model, window_end) GLOBAL IN (
  SELECT model, max(window_end)
  FROM ${from(tables.windows)}
  WHERE ${theseModels} AND ${thisWindow} AND n > 0 AND ${inRange}
  GROUP BY model
)`

const modelsSql = `
SELECT m.model AS model, a.state AS state, a.alerts AS alerts,
  if(a.alerts = 0, NULL, a.since) AS since, if(w.last_end = toDateTime(0), NULL, w.last_end) AS data_until, w.events AS events, w.events / nullIf(w.before, 0) - 1 AS change,
  q.errors AS error_rate, q.p99 AS latency_p99, q.drift AS worst_drift, q.drift_feature AS drift_feature
FROM (SELECT model FROM ${specs} WHERE ${theseModels}) AS m
LEFT JOIN (
  SELECT model, max(state) AS state, count() AS alerts, min(since) AS since
  FROM ${openAlerts(theseModels)}
  GROUP BY model
) AS a ON a.model = m.model
LEFT JOIN (
  SELECT model, max(window_end) AS last_end, sumIf(n, window_end > $__fromTime) AS events,
    sumIf(n, window_end <= $__fromTime) AS before
  FROM ${from(tables.windows)} FINAL
  WHERE ${theseModels} AND ${thisWindow} AND window_end <= $__toTime
    AND window_end > $__fromTime - toIntervalSecond(toUnixTimestamp($__toTime) - toUnixTimestamp($__fromTime))
  GROUP BY model
) AS w ON w.model = m.model
LEFT JOIN (
  SELECT model,
    sumIf(number * n, metric = '${shown.errorRate}') / nullIf(sumIf(n, metric = '${shown.errorRate}'), 0) AS errors,
    maxIf(number, metric = '${shown.latencyQ99}') AS p99,
    maxIf(number, metric = \${metric:singlequote}) AS drift,
    argMaxIf(feature, number, metric = \${metric:singlequote}) AS drift_feature
  FROM (
    SELECT model, metric, feature, argMax(value, revision) AS number, argMax(n_current, revision) AS n
    FROM ${from(tables.metrics)}
    WHERE ${theseModels} AND metric IN ('${shown.errorRate}', '${shown.latencyQ99}', \${metric:singlequote})
      AND ${thisWindow} AND slice = '' AND ${newestOfModels}
    GROUP BY model, metric, feature, version, variant, baseline, method
    HAVING argMax(status, revision) = 'ok'
  )
  GROUP BY model
) AS q ON q.model = m.model
ORDER BY state DESC, alerts DESC, worst_drift DESC, model`

export const modelsTable = (): Builder<Panel> =>
  table({
    title: 'All models',
    question:
      'How is each model? Worst first. Events are those of the range, the change is against the range before it; error rate, 99th percentile of latency and the strongest drift are of the newest window.',
    nothing:
      'No model is registered yet: send an event, or put a model file into models.directory.',
    unit: 'short',
    queries: [rows(modelsSql)],
    columns: {
      model: linked(toModel(cell('model'))),
      state: stateCell,
      since: unit('dateTimeAsLocal', 170),
      data_until: unit('dateTimeAsLocal', 170),
      change: unit('percentunit'),
      error_rate: unit('percentunit'),
      latency_p99: unit('ms'),
      drift_feature: linked(
        drillDown('feature', 'Open this feature', {
          keep: [...sourceKept, 'metric'],
          set: { model: cell('model'), feature: cell('drift_feature') },
        }),
      ),
    },
  })

/** Of each series the newest revision: argMax does in one pass what FINAL does by merging. */
const worstDriftSql = `
SELECT model, ${named('feature')} AS feature, arm AS version, baseline, newest.2 AS value,
  newest.3 AS noise_floor, newest.2 / nullIf(newest.3, 0) AS times_floor, newest.4 AS events,
  newest.5 AS p_adjusted, at
FROM (
  SELECT model, feature, ${arm} AS arm, baseline, method, max(window_end) AS at,
    argMax((status, value, noise_floor, n_current, p_adjusted), revision) AS newest
  FROM ${from(tables.metrics)}
  WHERE ${theseModels} AND ${thisMetric} AND ${thisWindow} AND slice = '' AND ${newestOfModels}
  GROUP BY model, feature, version, variant, baseline, method
)
WHERE newest.1 = 'ok'
ORDER BY value DESC
LIMIT 50`

export const worstDrift = (): Builder<Panel> =>
  table({
    title: 'Strongest drift now',
    question:
      'Which features have moved most, by the chosen statistic, in the newest window of the range? Above its noise floor (times_floor > 1) a value is seldom chance; without a monitor nobody is told of it.',
    nothing:
      'No comparison in this range: the baseline is not ready, or windows hold too few events.',
    unit: 'short',
    queries: [rows(worstDriftSql)],
    columns: {
      value: bar('short', 0.5),
      noise_floor: [{ id: 'decimals', value: 3 }],
      times_floor: [{ id: 'decimals', value: 1 }],
      at: unit('dateTimeAsLocal', 170),
      p_adjusted: [{ id: 'decimals', value: 3 }],
      model: linked(toModel(cell('model'))),
      feature: linked(
        drillDown('feature', 'Open this feature', {
          keep: [...sourceKept, 'metric', 'window'],
          set: { model: cell('model'), feature: cell('feature'), baseline: cell('baseline') },
        }),
      ),
    },
  })

const volumeSql = `
SELECT window_end AS time, model, n / (window_end - window_start) AS events
FROM ${from(tables.windows)} FINAL
WHERE ${theseModels} AND ${thisWindow} AND ${inRange}
ORDER BY time, model`

export const volume = (): Builder<Panel> =>
  stacked({
    title: 'Events by model',
    question:
      'Is traffic as usual? Events a second in the windows of the chosen width. A layer that vanishes has lost its producer; one that doubles may be a replay.',
    nothing: 'No window of this width in the range.',
    unit: 'eps',
    names: label('model'),
    queries: [series(volumeSql)],
    links: [toModel(seriesLabel('model'))],
  })

const errorsSql = `
SELECT window_end AS time, model, sum(value * n_current) / sum(n_current) AS share
${usable} AND ${theseModels} AND metric = '${shown.errorRate}' AND ${thisWindow} AND feature = ''
  AND slice = '' AND ${inRange}
GROUP BY time, model
HAVING share > 0
ORDER BY time, model`

export const errors = (): Builder<Panel> =>
  timeSeries({
    title: 'Errors by model',
    question: 'Which models answer with errors? Share of events that carry an error.',
    nothing: 'No event in this range carries an error.',
    unit: 'percentunit',
    names: label('model'),
    queries: [series(errorsSql)],
    links: [toModel(seriesLabel('model'))],
  })

const rejectedSql = `
SELECT $__timeInterval(received_at) AS time, reason, count() AS letters
FROM ${from(tables.deadLetters)} FINAL
WHERE $__timeFilter_ms(received_at)
GROUP BY time, reason
ORDER BY time, reason`

export const rejected = (): Builder<Panel> =>
  stacked({
    title: 'Refused records by reason',
    question:
      'Is somebody sending what cannot be read? Dead letters by when they came. Nothing of them is lost: mend the producer, then replay (docs/how-to/dead-letters.md).',
    nothing: 'Nothing was refused in this range.',
    unit: 'short',
    names: label('reason'),
    queries: [series(rejectedSql)],
  })
