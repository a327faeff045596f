import type { Builder, Dataquery } from '@grafana/grafana-foundation-sdk/cog'
import type { DataSourceRef } from '@grafana/grafana-foundation-sdk/common'

/** The official ClickHouse data source of Grafana. */
export const clickHouseType = 'grafana-clickhouse-datasource'

/** Every panel reads from the data source that the variable names. */
export const dataSource: DataSourceRef = { type: clickHouseType, uid: '${datasource}' }

/** How the plugin numbers what it shall make of the rows. */
export const formats = { timeseries: 0, table: 1 } as const
export type Format = keyof typeof formats

/** A query as the plugin stores it in a dashboard. */
export interface ClickHouseQuery extends Dataquery {
  readonly refId: string
  readonly datasource: DataSourceRef
  readonly editorType: 'sql'
  readonly rawSql: string
  readonly format: number
  readonly queryType: Format
  readonly pluginVersion: string
}

/**
 * A ClickHouse query for a panel, an annotation or an alert rule. `timeseries` wants columns in the
 * order time, one label, values, in the order of time; `table` takes rows as they are.
 */
export function clickHouseQuery(sql: string, format: Format, refId = 'A'): Builder<Dataquery> {
  const query: ClickHouseQuery = {
    refId,
    datasource: dataSource,
    editorType: 'sql',
    rawSql: sql.trim(),
    format: formats[format],
    queryType: format,
    pluginVersion: '4.20.0',
    _implementsDataqueryVariant: () => undefined,
  }
  return { build: () => query }
}

export const series = (sql: string, refId?: string): Builder<Dataquery> =>
  clickHouseQuery(sql, 'timeseries', refId)

export const rows = (sql: string, refId?: string): Builder<Dataquery> =>
  clickHouseQuery(sql, 'table', refId)
