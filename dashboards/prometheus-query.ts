import type { Builder, Dataquery } from '@grafana/grafana-foundation-sdk/cog'
import type { DataSourceRef } from '@grafana/grafana-foundation-sdk/common'
import {
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  type VariableModel,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard'
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus'

/** Where the service's own metrics are; a variable of its own, so that links keep both data sources. */
export const prometheus: DataSourceRef = { type: 'prometheus', uid: '${prometheus}' }

/** A query of Prometheus over time, its lines called `legend`. */
export const promql = (expr: string, legend: string, refId = 'A'): Builder<Dataquery> =>
  new DataqueryBuilder().datasource(prometheus).expr(expr).legendFormat(legend).range().refId(refId)

/** The newest values only, for numbers and tables. */
export const instant = (expr: string, legend: string, refId = 'A'): Builder<Dataquery> =>
  new DataqueryBuilder()
    .datasource(prometheus)
    .expr(expr)
    .legendFormat(legend)
    .instant()
    .refId(refId)

const source: Builder<VariableModel> = new DatasourceVariableBuilder('prometheus')
  .label('Prometheus')
  .description('The Prometheus that scrapes GET /metrics of the service.')
  .type('prometheus')

const labelValues = (name: string, label: string, description: string, query: string) =>
  new QueryVariableBuilder(name)
    .label(label)
    .description(description)
    .datasource(prometheus)
    .query({ query, refId: name })
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.AlphabeticalAsc)
    .multi(true)
    .includeAll(true)
    .current({ text: 'All', value: '$__all', selected: true })

export const prometheusVariables: readonly Builder<VariableModel>[] = [
  source,
  labelValues(
    'instance',
    'Instance',
    'Processes of the service, by where they are scraped.',
    'label_values(tidegauge_build_info, instance)',
  ),
]

export const prometheusModels: Builder<VariableModel> = labelValues(
  'model',
  'Model',
  'Models with an evaluated window.',
  'label_values(tidegauge_model_window_events, model)',
)
