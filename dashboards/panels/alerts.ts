import type { Builder } from '@grafana/grafana-foundation-sdk/cog'
import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard'
import { firingMessage, tables } from '../../core/stored-names.ts'
import { rows, series } from '../clickhouse-query.ts'
import {
  colours,
  label,
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
  declaredMonitor,
  from,
  named,
  openAlerts,
  stateNumber,
  theseModels,
  worstStates,
} from '../sql.ts'
import { openAlertsTable } from './open-alerts.ts'

export const allAlerts = (): Builder<Panel> =>
  openAlertsTable({
    title: 'Open alerts, and since when',
    question:
      'What fires at the end of the range? Critical first, then the oldest; the value and the limit are those of the window that changed the state last.',
    where: theseModels,
    showModel: true,
  })

const deliveries = `(
  SELECT * FROM ${from(tables.deliveries)} FINAL
  WHERE ${theseModels} AND $__timeFilter_ms(created_at)
)`

/**
 * From the window that left ok until the one that was ok again, of every series: an alert as a person
 * sees it. Those that only were pending never told anybody.
 */
const episodes = `(
  SELECT model, monitor, began, ended
  FROM (
    SELECT model, monitor, from_state, to_state, window_end AS began, worst,
      leadInFrame(window_end) OVER (PARTITION BY model, monitor, version, variant, slice, feature
        ORDER BY window_start ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS ended
    FROM (
      SELECT *, ${stateNumber('to_state')} AS worst
      FROM ${from(tables.transitions)} FINAL
      WHERE valid AND ${theseModels} AND ${declaredMonitor}
        AND (to_state = 'ok' OR from_state IN ('ok', 'pending') AND to_state IN ('warn', 'critical'))
    )
  )
  WHERE to_state != 'ok' AND ended > toDateTime(0) AND ended >= $__fromTime AND ended <= $__toTime
)`

const summarySql = `
SELECT (SELECT countIf(state = 3) FROM ${openAlerts(theseModels)}) AS critical_alerts,
  (SELECT countIf(state = 2) FROM ${openAlerts(theseModels)}) AS warnings,
  (SELECT countIf(state = 'dead') FROM ${deliveries}) AS dead_webhooks,
  (SELECT countIf(state IN ('pending', 'failed_retry')) FROM ${deliveries}) AS waiting_webhooks,
  (SELECT if(count() = 0, NULL, median(dateDiff('second', began, ended))) FROM ${episodes}) AS median_time_to_recover`

export const alertSummary = (): Builder<Panel> =>
  stat({
    title: 'Alerts and webhooks',
    question:
      'How much fires, and does what is sent arrive? Open alerts at the end of the range; webhooks that nobody got or that still wait; how long an alert lasts from firing to recovery, half of the time.',
    nothing: 'Nothing in this range.',
    unit: 'short',
    queries: [rows(summarySql)],
  })
    .thresholds(colours('green', [1, 'red']))
    .overrideByName('warnings', [
      { id: 'thresholds', value: colours('green', [1, 'orange']).build() },
    ])
    .overrideByName('waiting_webhooks', [
      { id: 'thresholds', value: colours('green', [1, 'yellow']).build() },
    ])
    .overrideByName('median_time_to_recover', [
      { id: 'unit', value: 'dtdurations' },
      { id: 'color', value: { mode: 'fixed', fixedColor: 'text' } },
    ])

const statesSql = worstStates('series', theseModels, "concat(model, ' / ', monitor)")

export const alertStates = (): Builder<Panel> =>
  stateTimeline({
    title: 'State of every monitor of every model',
    question: 'What fired when, together with what? A monitor is as bad as its worst series.',
    nothing: 'None of these models has monitors: add some to the model files.',
    unit: 'short',
    names: label('series'),
    queries: [series(statesSql)],
  }).perPage(20)

const transitionsSql = `
SELECT window_end AS at, model, monitor, ${named('feature')} AS feature, ${named('slice')} AS slice, ${arm} AS version,
  ${stateNumber('from_state')} AS was, ${stateNumber('to_state')} AS became,
  JSONExtract(evidence, 'value', 'Nullable(Float64)') AS value, JSONExtractString(evidence, 'threshold') AS limit,
  JSONExtractString(evidence, 'method') AS method, JSONExtractString(evidence, 'for') AS windows,
  dateDiff('second', window_end, created_at) AS noticed_after, if(valid, '', 'withdrawn') AS late_data
FROM ${from(tables.transitions)} FINAL
WHERE ${theseModels} AND $__timeFilter(window_end)
ORDER BY at DESC, became DESC, model, monitor
LIMIT 500`

export const transitions = (): Builder<Panel> =>
  table({
    title: 'Every change of state',
    question:
      'What happened, in order? Newest first, with what each verdict was made of. Withdrawn ones never happened: late data showed it.',
    nothing: 'No alert changed its state in this range.',
    unit: 'short',
    queries: [rows(transitionsSql)],
    columns: {
      at: unit('dateTimeAsLocal', 170),
      was: stateCell,
      became: stateCell,
      value: [{ id: 'decimals', value: 3 }],
      noticed_after: unit('dtdurations'),
    },
  })

const changesSql = `
SELECT $__timeInterval(window_end) AS time, if(valid, to_state, 'withdrawn') AS state, count() AS changes
FROM ${from(tables.transitions)} FINAL
WHERE ${theseModels} AND $__timeFilter(window_end)
GROUP BY time, state
ORDER BY time, state`

export const changes = (): Builder<Panel> =>
  stacked({
    title: 'Changes of state',
    question:
      'Is it one incident or noise? A burst is one cause; a steady trickle to and fro is a threshold below the noise floor.',
    nothing: 'No alert changed its state in this range.',
    unit: 'short',
    names: label('state'),
    queries: [series(changesSql)],
  })

const recoverySql = `
SELECT model, monitor, count() AS alerts, median(dateDiff('second', began, ended)) AS half_within,
  quantile(0.9)(dateDiff('second', began, ended)) AS most_within, max(dateDiff('second', began, ended)) AS longest
FROM ${episodes}
GROUP BY model, monitor
ORDER BY half_within DESC
LIMIT 200`

export const recovery = (): Builder<Panel> =>
  table({
    title: 'Time to recover',
    question:
      'How long do alerts last before they are good again? Of those that ended in the range, by monitor: the median, nine in ten, and the longest.',
    nothing: 'No alert recovered in this range.',
    unit: 'dtdurations',
    queries: [rows(recoverySql)],
    columns: { alerts: unit('short', 90) },
  })

const deliveriesSql = `
SELECT created_at AS created, model, monitor, action, state, attempts, last_status, last_error,
  dateDiff('millisecond', created_at, delivered_at) AS took, if(state IN ('pending', 'failed_retry'), next_attempt_at, NULL) AS next_attempt,
  JSONExtractString(body, 'type') = '${firingMessage}' ? 'firing' : 'resolved' AS message, delivery_id AS webhook_id
FROM ${deliveries}
ORDER BY state = 'dead' DESC, created DESC
LIMIT 300`

export const deliveriesTable = (): Builder<Panel> =>
  table({
    title: 'Webhooks',
    question:
      'Did the receivers get it? Dead ones first: nobody got those; mend the receiver and redeliver (POST /v1/deliveries/…/redeliver). webhook_id is the id that the receiver saw.',
    nothing: 'No webhook in this range: monitors without actions send none.',
    unit: 'short',
    queries: [rows(deliveriesSql)],
    columns: {
      created: unit('dateTimeAsLocal', 170),
      next_attempt: unit('dateTimeAsLocal', 170),
      took: unit('ms'),
      state: [
        {
          id: 'mappings',
          value: [
            {
              type: 'value',
              options: {
                dead: { color: 'red', index: 0 },
                failed_retry: { color: 'orange', index: 1 },
                pending: { color: 'yellow', index: 2 },
                delivered: { color: 'green', index: 3 },
                cancelled: { color: 'text', index: 4 },
              },
            },
          ],
        },
        { id: 'custom.cellOptions', value: { type: 'color-text' } },
      ],
    },
  })

/** Every attempt of the range; `fact` is what is asked of the entry of its history. */
const attemptsWith = (fact: string): string => `FROM (
  SELECT ${fact},
    parseDateTimeBestEffortOrZero(JSONExtractString(entry, 'at')) AS attempted_at
  FROM ${deliveries}
  ARRAY JOIN JSONExtractArrayRaw(history) AS entry
  WHERE JSONExtractString(entry, 'event') = 'attempt'
)
WHERE $__timeFilter(attempted_at)`

const attemptsSql = `
SELECT $__timeInterval(attempted_at) AS time, outcome, count() AS attempts
${attemptsWith("JSONExtractString(entry, 'outcome') AS outcome")}
GROUP BY time, outcome
ORDER BY time, outcome`

export const attempts = (): Builder<Panel> =>
  stacked({
    title: 'Attempts',
    question: 'Is a receiver down? Attempts to deliver by outcome; many retries are one that is.',
    nothing: 'No attempt in this range.',
    unit: 'short',
    names: label('outcome'),
    queries: [series(attemptsSql)],
  })

const attemptTimeSql = `
SELECT attempted_at AS time, action, max(ms) AS took
${attemptsWith("action, JSONExtract(entry, 'ms', 'Nullable(Float64)') AS ms")}
GROUP BY time, action
ORDER BY time, action`

export const attemptTime = (): Builder<Panel> =>
  timeSeries({
    title: 'How long receivers take',
    question: 'Is a receiver near its deadline? The slowest attempt of each moment, by action.',
    nothing: 'No attempt in this range.',
    unit: 'ms',
    names: label('action'),
    queries: [series(attemptTimeSql)],
  })

/** Of each message that fired: how many of its series have been ok since, and when the last was. */
const loopSql = `
SELECT created_at AS asked, model, monitor, action, any(delivery_state) AS delivery, count() AS series,
  countIf(ended > toDateTime(0)) AS recovered, if(recovered = series, max(ended), NULL) AS recovered_at,
  if(recovered = series, dateDiff('second', min(began), max(ended)), NULL) AS time_to_recover
FROM (
  SELECT created_at, model, monitor, action, delivery_id, state AS delivery_state, arrayJoin(transition_ids) AS transition_id
  FROM ${deliveries}
  WHERE JSONExtractString(body, 'type') = '${firingMessage}'
) AS told
INNER JOIN (
  SELECT transition_id, window_end AS began,
    minIf(window_end, to_state = 'ok') OVER (PARTITION BY model, monitor, version, variant, slice, feature
      ORDER BY window_start ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING) AS ended
  FROM ${from(tables.transitions)} FINAL
  WHERE valid AND ${theseModels}
) AS happened USING transition_id
GROUP BY delivery_id, created_at, model, monitor, action
ORDER BY asked DESC, monitor
LIMIT 200`

export const retrainingLoop = (): Builder<Panel> =>
  table({
    title: 'What was asked for, and what came of it',
    question:
      'Did the retraining help? Every message that fired, how many of its series have been ok since, and how long that took from the window that fired. A loop that never recovers retrains on the same data.',
    nothing: 'Nothing was asked for in this range.',
    unit: 'short',
    queries: [rows(loopSql)],
    columns: {
      asked: unit('dateTimeAsLocal', 170),
      recovered_at: unit('dateTimeAsLocal', 170),
      time_to_recover: unit('dtdurations'),
    },
  })
