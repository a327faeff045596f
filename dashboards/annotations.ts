import type { Builder } from '@grafana/grafana-foundation-sdk/cog'
import {
  type AnnotationQuery,
  AnnotationQueryBuilder,
} from '@grafana/grafana-foundation-sdk/dashboard'
import { firingMessage, shown, tables } from '../core/stored-names.ts'
import { dataSource, rows } from './clickhouse-query.ts'
import { declaredMonitor, from, named, theseModels } from './sql.ts'

type Annotation = Builder<AnnotationQuery>

function annotation(name: string, colour: string, sql: string): Annotation {
  const target = { ...rows(sql, name).build() }
  return new AnnotationQueryBuilder()
    .name(name)
    .enable(true)
    .datasource(dataSource)
    .iconColor(colour)
    .target({ build: () => target })
}

/** The first window of each version: the bottom of what a deployment can have caused. */
const deploymentsSql = `
SELECT first_window AS time, concat(model, ': version ', version, ' first seen') AS text,
  'deployment' AS tags
FROM (
  SELECT model, version, min(window_start) AS first_window
  FROM ${from(tables.metrics)}
  WHERE ${theseModels} AND metric = '${shown.throughput}' AND feature = '' AND slice = ''
  GROUP BY model, version
)
WHERE $__timeFilter(first_window)
ORDER BY time`

/** From the window that fired until the one that was good again, or until now. */
const alertsSql = `
SELECT window_end AS time,
  if(ended = toDateTime(0), least(now(), $__toTime), ended) AS timeEnd,
  concat(model, ': ', monitor, ' ', to_state, if(feature = '', '', concat(', ', feature)),
    if(slice = '', '', concat(' in ', slice))) AS text,
  concat('alert,', to_state) AS tags
FROM (
  SELECT model, monitor, feature, slice, from_state, to_state, window_end,
    leadInFrame(window_end) OVER (PARTITION BY model, monitor, version, variant, slice, feature
      ORDER BY window_start ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS ended
  FROM (SELECT * FROM ${from(tables.transitions)} FINAL WHERE ${theseModels} AND valid AND ${declaredMonitor})
)
WHERE to_state IN ('warn', 'critical') AND window_end <= $__toTime
  AND (ended = toDateTime(0) OR ended >= $__fromTime)
ORDER BY to_state = 'critical' DESC, time DESC
LIMIT 100`

const retrainingsSql = `
SELECT created_at AS time, delivered_at AS timeEnd,
  concat(model, ': ', action, ' for ', ${named('monitor')}, ' is ', state) AS text,
  concat('retraining,', state) AS tags
FROM ${from(tables.deliveries)} FINAL
WHERE ${theseModels} AND $__timeFilter_ms(created_at)
  AND JSONExtractString(body, 'type') = '${firingMessage}'
ORDER BY time`

/** What explains a change of a line: somebody deployed, something fired, something was retrained. */
export const annotations: readonly Annotation[] = [
  annotation('Deployments', 'blue', deploymentsSql),
  annotation('Alerts', 'red', alertsSql),
  annotation('Retrainings', 'purple', retrainingsSql),
]
