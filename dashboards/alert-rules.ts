import { tables } from '../core/stored-names.ts'
import { formats } from './clickhouse-query.ts'
import { uids } from './drill-down.ts'
import { panelId } from './layout.ts'
import { from, openAlerts } from './sql.ts'

/** The data source that provisioning/datasources makes: rules name a real one, not a variable. */
export const ruleSource = 'clickhouse'

const pages = 'https://github.com/tidegauge/tidegauge/blob/main/docs/how-to/grafana.md'

interface Rule {
  readonly uid: string
  readonly title: string
  /** One row an alert: labels, and one number that is 0 where all is well. */
  readonly sql: string
  readonly above: number
  /** How long it must last. */
  readonly lasts: string
  readonly severity: 'warning' | 'critical'
  readonly summary: string
  readonly description: string
  readonly dashboard: keyof typeof uids
  /** Title of the panel that shows it. */
  readonly panel: string
  /** The heading of docs/how-to/grafana.md that says what to do. */
  readonly help: string
}

const silentSql = `
SELECT model, if(silent_for > 3 * width + 3600, silent_for, 0) AS seconds
FROM (
  SELECT model, dateDiff('second', max(window_end), now()) AS silent_for,
    min(window_end - window_start) AS width
  FROM ${from(tables.windows)}
  WHERE n > 0
  GROUP BY model
)`

const openSql = `
SELECT model, monitor, toFloat64(count()) AS series
FROM ${openAlerts('true')}
WHERE state = 3
GROUP BY model, monitor`

const deadSql = `
SELECT model, action, toFloat64(count()) AS webhooks
FROM ${from(tables.deliveries)} FINAL
WHERE state = 'dead' AND $__timeFilter_ms(changed_at)
GROUP BY model, action`

const refusedSql = `
SELECT reason, toFloat64(count()) AS letters
FROM ${from(tables.deadLetters)} FINAL
WHERE $__timeFilter_ms(received_at)
GROUP BY reason`

const rules: readonly Rule[] = [
  {
    uid: 'tidegauge-model-silent',
    title: 'A model fell silent',
    sql: silentSql,
    above: 0,
    lasts: '5m',
    severity: 'warning',
    summary: 'No events of {{ $labels.model }}.',
    description:
      'The newest window with events of {{ $labels.model }} ended more than three windows and an hour ago.',
    dashboard: 'fleet',
    panel: 'Models that fell silent',
    help: 'a-model-fell-silent',
  },
  {
    uid: 'tidegauge-monitor-critical',
    title: 'A monitor is critical',
    sql: openSql,
    above: 0,
    lasts: '0s',
    severity: 'critical',
    summary: '{{ $labels.monitor }} of {{ $labels.model }} is critical.',
    description:
      'Monitor {{ $labels.monitor }} of {{ $labels.model }} is critical for at least one series of a feature, slice and version. Limits, windows and sample sizes are those of the model file.',
    dashboard: 'fleet',
    panel: 'What is wrong now, and since when',
    help: 'a-monitor-is-critical',
  },
  {
    uid: 'tidegauge-webhook-dead',
    title: 'A webhook was given up',
    sql: deadSql,
    above: 0,
    lasts: '0s',
    severity: 'critical',
    summary: 'Action {{ $labels.action }} of {{ $labels.model }} did not arrive.',
    description:
      'Within the last hour Tidegauge gave up delivering {{ $labels.action }} of {{ $labels.model }}: nobody got the message.',
    dashboard: 'alerts',
    panel: 'Webhooks',
    help: 'a-webhook-was-given-up',
  },
  {
    uid: 'tidegauge-records-refused',
    title: 'Records are refused',
    sql: refusedSql,
    above: 100,
    lasts: '5m',
    severity: 'warning',
    summary: 'Records are refused: {{ $labels.reason }}.',
    description:
      'More than 100 records of the last hour became dead letters for {{ $labels.reason }}.',
    dashboard: 'fleet',
    panel: 'Refused records by reason',
    help: 'records-are-refused',
  },
]

/** provisioning/alerting/models.yaml: what Grafana itself watches in the store. */
export const alertRules = () => ({
  apiVersion: 1,
  groups: [
    {
      orgId: 1,
      name: 'tidegauge-models',
      folder: 'Tidegauge',
      interval: '60s',
      rules: rules.map(provisioned),
    },
  ],
})

function provisioned(rule: Rule) {
  return {
    uid: rule.uid,
    title: rule.title,
    condition: 'C',
    data: [queryOf(rule), thresholdOf(rule)],
    dashboardUid: uids[rule.dashboard],
    panelId: panelId(rule.panel),
    for: rule.lasts,
    // Without rows there is nothing wrong.
    noDataState: 'OK',
    execErrState: 'Error',
    labels: { severity: rule.severity, service: 'tidegauge' },
    annotations: {
      summary: rule.summary,
      description: rule.description,
      runbook_url: `${pages}#${rule.help}`,
    },
    isPaused: false,
  }
}

/** Rules run in the backend: no variables, and none of the macros of the browser. */
const queryOf = ({ sql }: Rule) => ({
  refId: 'A',
  datasourceUid: ruleSource,
  relativeTimeRange: { from: 3600, to: 0 },
  model: {
    refId: 'A',
    datasource: { type: 'grafana-clickhouse-datasource', uid: ruleSource },
    editorType: 'sql',
    queryType: 'table',
    format: formats.table,
    pluginVersion: '4.20.0',
    rawSql: sql.trim().replaceAll('${database:raw}', 'tidegauge'),
  },
})

const thresholdOf = ({ above }: Rule) => ({
  refId: 'C',
  datasourceUid: '__expr__',
  relativeTimeRange: { from: 3600, to: 0 },
  model: {
    refId: 'C',
    type: 'threshold',
    expression: 'A',
    datasource: { type: '__expr__', uid: '__expr__' },
    conditions: [{ evaluator: { type: 'gt', params: [above] } }],
  },
})
