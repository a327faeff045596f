import type { Builder } from '@grafana/grafana-foundation-sdk/cog'
import {
  CustomVariableBuilder,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  TextBoxVariableBuilder,
  type VariableModel,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard'
import { driftMetrics, shown, tables } from '../core/stored-names.ts'
import { clickHouseType, dataSource, formats } from './clickhouse-query.ts'
import {
  from,
  named,
  specs,
  theseArms,
  theseModels,
  thisMetric,
  thisModel,
  thisWindow,
} from './sql.ts'

type Variable = Builder<VariableModel>

const source: Variable = new DatasourceVariableBuilder('datasource')
  .label('Data source')
  .description('The ClickHouse that Tidegauge writes to; a user who may only read is enough.')
  .type(clickHouseType)

const database: Variable = new TextBoxVariableBuilder('database')
  .label('Database')
  .description('store.database of the service.')
  .defaultValue('tidegauge')

/** What every dashboard that reads ClickHouse begins with. */
export const sourceVariables: readonly Variable[] = [source, database]

interface Asked {
  readonly name: string
  readonly label: string
  readonly description: string
  readonly sql: string
  /** More than one at a time, and all of them. Default: one. */
  readonly many?: boolean
}

/** A variable whose values the store knows; asked again when the range or what it hangs on changes. */
function asked({ name, label, description, sql, many = false }: Asked): Variable {
  const query = new QueryVariableBuilder(name)
    .label(label)
    .description(description)
    .datasource(dataSource)
    .query({
      refId: name,
      editorType: 'sql',
      rawSql: sql.trim(),
      format: formats.table,
      queryType: 'table',
      pluginVersion: '4.20.0',
    })
    .refresh(VariableRefresh.OnTimeRangeChanged)
    // The query's own order: its first row is what a dashboard begins with.
    .sort(VariableSort.Disabled)
  if (!many) return query
  return query
    .multi(true)
    .includeAll(true)
    .current({ text: 'All', value: '$__all', selected: true })
}

const modelsSql = `
SELECT model
FROM ${from(tables.models)}
GROUP BY model
ORDER BY model`

export const models = asked({
  name: 'model',
  label: 'Model',
  description: 'Every model that is registered.',
  sql: modelsSql,
  many: true,
})

export const model = asked({
  name: 'model',
  label: 'Model',
  description: 'Every model that is registered.',
  sql: modelsSql,
})

export const window = asked({
  name: 'window',
  label: 'Window',
  description: 'Width of the evaluated windows, narrowest first.',
  sql: `
SELECT \`window\`
FROM ${from(tables.windows)}
WHERE ${thisModel}
GROUP BY \`window\`
ORDER BY min(window_end - window_start)`,
})

export const fleetWindow = asked({
  name: 'window',
  label: 'Window',
  description: 'Width of the evaluated windows; first the one that most models have.',
  sql: `
SELECT \`window\`
FROM ${from(tables.windows)}
WHERE ${theseModels}
GROUP BY \`window\`
ORDER BY uniq(model) DESC, min(window_end - window_start)`,
})

/** Versions and variants come from the counts of windows: one row an arm and window. */
const armsSql = (column: string): string => `
SELECT ${column}
FROM ${from(tables.metrics)}
WHERE ${thisModel} AND metric = '${shown.throughput}' AND ${thisWindow} AND feature = '' AND slice = ''
  AND $__timeFilter(window_end)
GROUP BY ${column}
ORDER BY max(window_end) DESC, ${column}`

export const version = asked({
  name: 'version',
  label: 'Version',
  description: 'Versions with events in the range, the newest first.',
  sql: armsSql('version'),
  many: true,
})

export const variant = asked({
  name: 'variant',
  label: 'Variant',
  description: 'Arms of a rollout with events in the range: live, shadow, canary …',
  sql: armsSql('variant'),
  many: true,
})

export const fleetMetric: Variable = new CustomVariableBuilder('metric')
  .label('Drift')
  .description('Which drift statistic; any metric name may be typed.')
  .values(driftMetrics.join(','))
  .current({ text: driftMetrics[0], value: driftMetrics[0], selected: true })
  .allowCustomValue(true)

export const metric = asked({
  name: 'metric',
  label: 'Drift',
  description: 'Which drift statistic, the usual ones first.',
  sql: `
SELECT metric
FROM (
  SELECT metric, indexOf(${sqlList(driftMetrics)}, metric) AS place
  FROM ${from(tables.metrics)}
  WHERE ${thisModel} AND baseline != '' AND slice = '' AND ${thisWindow}
  GROUP BY metric
)
ORDER BY place = 0, place, metric`,
})

export const baseline = asked({
  name: 'baseline',
  label: 'Baseline',
  description: 'What current data is compared with, in the order of the model file.',
  sql: `
SELECT baseline
FROM (
  SELECT baseline, indexOf(JSONExtractKeys(any(spec), 'file', 'baselines'), baseline) AS place
  FROM (SELECT model, baseline FROM ${from(tables.baselines)} WHERE ${thisModel} GROUP BY model, baseline) AS known
  LEFT JOIN ${specs} AS declared USING model
  GROUP BY baseline
)
ORDER BY place = 0, place, baseline`,
})

export const feature = asked({
  name: 'feature',
  label: 'Feature',
  description: 'Features compared with the baseline, the most drifted of the newest window first.',
  sql: `
SELECT ${named('feature')} AS name
FROM (
  SELECT feature, argMax(value, (window_end, revision)) AS newest
  FROM ${from(tables.metrics)}
  WHERE ${thisModel} AND ${thisMetric} AND ${thisWindow} AND slice = '' AND \${baseline:singlequote} = baseline
    AND $__timeFilter(window_end) AND ${theseArms}
  GROUP BY feature
)
ORDER BY newest DESC, name`,
})

export const slice = asked({
  name: 'slice',
  label: 'Slice',
  description: 'Parts of the traffic with a name of their own, the largest first.',
  sql: `
SELECT ${named('slice')} AS name
FROM ${from(tables.metrics)}
WHERE ${thisModel} AND metric = '${shown.throughput}' AND ${thisWindow} AND feature = ''
  AND $__timeFilter(window_end)
GROUP BY slice
ORDER BY max(n_current) DESC, slice`,
})

function sqlList(names: readonly string[]): string {
  return `[${names.map((name) => `'${name}'`).join(', ')}]`
}
