import { DashboardLinkBuilder, DashboardLinkType } from '@grafana/grafana-foundation-sdk/dashboard'

/** The dashboards by their stable uids: what links and alert rules name. */
export const uids = {
  fleet: 'tidegauge-fleet',
  model: 'tidegauge-model',
  feature: 'tidegauge-feature',
  slices: 'tidegauge-slices',
  alerts: 'tidegauge-alerts',
  pipeline: 'tidegauge-pipeline',
  embedded: 'tidegauge-embedded',
} as const

/** The tag that all of them share. */
export const tag = 'tidegauge'

/** A cell of the row that was clicked, fit for a URL. */
export const cell = (column: string): string => `\${__data.fields["${column}"]:percentencode}`

/** A label of the series that was clicked, fit for a URL. */
export const seriesLabel = (name: string): string => `\${__field.labels.${name}:percentencode}`

/**
 * A link to another dashboard that keeps the time range and the variables `keep`, and sets others
 * to what was clicked.
 */
export function drillDown(
  to: keyof typeof uids,
  title: string,
  {
    keep,
    set,
  }: { readonly keep: readonly string[]; readonly set?: Readonly<Record<string, string>> },
): DashboardLinkBuilder {
  const kept = keep.map((variable) => `\${${variable}:queryparam}`)
  const chosen = Object.entries(set ?? {}).map(([variable, value]) => `var-${variable}=${value}`)
  const query = ['${__url_time_range}', ...kept, ...chosen].join('&')
  return new DashboardLinkBuilder(title).url(`/d/${uids[to]}?${query}`)
}

/** Which data is looked at: what every link keeps. */
export const sourceKept = ['datasource', 'database'] as const

/** And which part of one model, and how it is compared. */
export const modelKept = [
  ...sourceKept,
  'model',
  'window',
  'version',
  'variant',
  'baseline',
  'metric',
] as const

/** The model named so. */
export const toModel = (model: string): DashboardLinkBuilder =>
  drillDown('model', 'Open this model', { keep: sourceKept, set: { model } })

/** The feature named so, of the model that is looked at. */
export const toFeature = (feature: string): DashboardLinkBuilder =>
  drillDown('feature', 'Open this feature', { keep: modelKept, set: { feature } })

/** What leads from any dashboard of the set to any other. */
export const setLink = (): DashboardLinkBuilder =>
  new DashboardLinkBuilder('Tidegauge')
    .type(DashboardLinkType.Dashboards)
    .tags([tag])
    .asDropdown(true)
    .includeVars(true)
    .keepTime(true)
