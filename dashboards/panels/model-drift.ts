import type { Builder } from '@grafana/grafana-foundation-sdk/cog'
import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard'
import { rows, series } from '../clickhouse-query.ts'
import { cell, seriesLabel, toFeature } from '../drill-down.ts'
import { bar, heatmap, label, linked, stateCell, table, timeSeries, unit } from '../panel-frame.ts'
import {
  arm,
  inRange,
  limitLines,
  named,
  openAlerts,
  thisBaseline,
  thisMetric,
  thisModel,
  thisWindow,
  theseArms,
  usable,
} from '../sql.ts'
import { newestWindow } from './model-state.ts'

const chosen = `${thisModel} AND ${thisMetric} AND ${thisWindow} AND ${thisBaseline} AND ${theseArms}`

const heatmapSql = `
SELECT window_end AS time, ${named('feature')} AS feature, max(value) AS drift
${usable} AND ${chosen} AND slice = '' AND ${inRange}
GROUP BY time, feature
ORDER BY time, feature`

export const driftHeatmap = (): Builder<Panel> =>
  heatmap({
    title: 'Drift of every feature',
    question:
      'Which features moved, when, and together with which others? A column that darkens all at once is one cause upstream; a single dark row is that feature. The strongest of the chosen versions counts.',
    nothing:
      'No comparison in this range: the baseline is not ready, or windows hold too few events.',
    unit: 'short',
    names: label('feature'),
    queries: [series(heatmapSql)],
    links: [toFeature(seriesLabel('feature'))],
  })

/** The lines that went highest; hundreds of features would hide them. */
const linesSql = `
SELECT time, feature, drift
FROM (
  SELECT *, dense_rank() OVER (ORDER BY peak DESC, feature) AS place
  FROM (
    SELECT window_end AS time, ${named('feature')} AS feature, max(value) AS drift,
      max(drift) OVER (PARTITION BY feature) AS peak
    ${usable} AND ${chosen} AND slice = '' AND ${inRange}
    GROUP BY time, feature
  )
)
WHERE place <= 12
ORDER BY time, place`

export const driftLines = (): Builder<Panel> =>
  timeSeries({
    title: 'Drift against the limits of monitors',
    question:
      'How far from firing are the twelve features that went highest? Dashed lines are the limits of the monitors that watch this statistic at this width, as they are declared now.',
    nothing:
      'No comparison in this range: the baseline is not ready, or windows hold too few events.',
    unit: 'short',
    names: label('feature'),
    queries: [series(linesSql), series(limitLines('${metric:singlequote}'), 'B')],
    links: [toFeature(seriesLabel('feature'))],
  }).overrideByQuery('B', [{ id: 'displayName', value: label('line') }])

const tableSql = `
SELECT ${named('d.feature')} AS feature, d.version AS version, d.value AS value, d.noise_floor AS noise_floor,
  d.value / nullIf(d.noise_floor, 0) AS times_floor, d.p_adjusted AS p_adjusted, d.n_current AS events,
  a.state AS state, if(a.state = 0, NULL, a.since) AS since
FROM (
  SELECT feature, ${arm} AS version, value, noise_floor, p_adjusted, n_current
  ${usable} AND ${chosen} AND slice = '' AND window_end = ${newestWindow}
) AS d
LEFT JOIN (
  SELECT feature, ${arm} AS version, max(state) AS state, min(since) AS since
  FROM ${openAlerts(thisModel)}
  WHERE slice = ''
  GROUP BY feature, version
) AS a ON a.feature = d.feature AND a.version = d.version
ORDER BY state DESC, value DESC
LIMIT 200`

export const driftTable = (): Builder<Panel> =>
  table({
    title: 'Features of the newest window',
    question:
      'Which features differ from the baseline now, and are they watched? Open alerts first, then by drift. times_floor above 1 with a small adjusted p-value is seldom chance.',
    nothing:
      'No comparison in the newest window: the baseline is not ready, or it holds too few events.',
    unit: 'short',
    queries: [rows(tableSql)],
    columns: {
      state: stateCell,
      since: unit('dateTimeAsLocal', 170),
      value: bar('short', 0.5),
      noise_floor: [{ id: 'decimals', value: 3 }],
      times_floor: [{ id: 'decimals', value: 1 }],
      p_adjusted: [{ id: 'decimals', value: 3 }],
      feature: linked(toFeature(cell('feature'))),
    },
  })
