import { type Panel, type RowPanel, VariableType } from '@grafana/grafana-foundation-sdk/dashboard'
import type { ClassicDashboard } from '../../dashboards/classic-dashboard.ts'

/** What of a dashboard's JSON the tests look at; the SDK's types leave queries open. */
export interface Target {
  readonly refId: string
  readonly rawSql?: string
  readonly format?: number
  readonly expr?: string
  readonly legendFormat?: string
  readonly datasource?: { readonly type?: string; readonly uid?: string }
}

/** All panels but rows, those inside collapsed rows as well. */
export function panelsOf(dashboard: ClassicDashboard): Panel[] {
  return (dashboard.panels ?? []).flatMap((panel): Panel[] =>
    isRow(panel) ? panel.panels : [panel],
  )
}

export const isRow = (panel: Panel | RowPanel): panel is RowPanel => panel.type === 'row'

export const targetsOf = (panel: Panel): Target[] => (panel.targets ?? []) as unknown as Target[]

/** A query with the place it stands at. */
export interface PlacedQuery {
  readonly name: string
  readonly kind: 'panel' | 'variable' | 'annotation'
  readonly sql: string
  readonly timeseries: boolean
  readonly panel?: Panel
}

/** Every ClickHouse query of a dashboard. */
export function queriesOf(dashboard: ClassicDashboard): PlacedQuery[] {
  const panels = panelsOf(dashboard).flatMap((panel) =>
    targetsOf(panel).flatMap(({ rawSql, refId, format }): PlacedQuery[] =>
      rawSql === undefined
        ? []
        : [
            {
              name: `${panel.title ?? '?'} ${refId}`,
              kind: 'panel',
              sql: rawSql,
              timeseries: format === 0,
              panel,
            },
          ],
    ),
  )
  const variables = variablesOf(dashboard).flatMap(({ name, sql }): PlacedQuery[] =>
    sql === undefined ? [] : [{ name, kind: 'variable', sql, timeseries: false }],
  )
  const annotations = (dashboard.annotations.list ?? []).flatMap(({ name, target }) => {
    const sql = (target as Target | undefined)?.rawSql
    return sql === undefined ? [] : [{ name, kind: 'annotation' as const, sql, timeseries: false }]
  })
  return [...variables, ...annotations, ...panels]
}

export interface Variable {
  readonly name: string
  readonly type: string
  readonly sql?: string
  readonly includeAll: boolean
  readonly current?: string
}

export const variablesOf = (dashboard: ClassicDashboard): Variable[] =>
  (dashboard.templating.list ?? []).map(({ name, type, query, includeAll, current }) => ({
    name,
    type,
    includeAll: includeAll === true,
    ...(typeof query === 'object' && typeof query['rawSql'] === 'string'
      ? { sql: query['rawSql'] }
      : {}),
    ...(typeof query === 'string' && type !== VariableType.Datasource
      ? { current: query.split(',')[0] ?? '' }
      : {}),
    ...(typeof current?.value === 'string' ? { current: current.value } : {}),
  }))
