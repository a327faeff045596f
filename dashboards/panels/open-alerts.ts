import type { Builder } from '@grafana/grafana-foundation-sdk/cog'
import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard'
import { rows } from '../clickhouse-query.ts'
import { cell, drillDown, sourceKept, toModel } from '../drill-down.ts'
import { hidden, linked, stateCell, table, unit } from '../panel-frame.ts'
import { named, openAlerts, widthName } from '../sql.ts'

const sql = (where: string): string => `
SELECT state, model, monitor, ${named('feature')} AS feature, ${named('slice')} AS slice, version,
  JSONExtract(evidence, 'value', 'Nullable(Float64)') AS value,
  JSONExtractString(evidence, 'threshold') AS limit,
  since, dateDiff('second', since, least(now(), $__toTime)) AS open_for,
  JSONExtractString(evidence, 'baseline') AS baseline, JSONExtractString(evidence, 'metric') AS metric,
  ${widthName('width')} AS window
FROM ${openAlerts(where)}
ORDER BY state DESC, since, value DESC
LIMIT 200`

export interface OpenAlerts {
  readonly title: string
  readonly question: string
  /** Which of them. */
  readonly where: string
  /** False where the dashboard is about one model. */
  readonly showModel: boolean
}

/** What is wrong now: state, which series, its value and limit, since when. */
export const openAlertsTable = ({
  title,
  question,
  where,
  showModel,
}: OpenAlerts): Builder<Panel> =>
  table({
    title,
    question,
    nothing: 'Nothing is wrong: no alert is open. Without monitors none ever is.',
    unit: 'short',
    queries: [rows(sql(where))],
    columns: {
      state: stateCell,
      value: [{ id: 'decimals', value: 3 }],
      since: unit('dateTimeAsLocal', 170),
      open_for: unit('dtdurations', 130),
      baseline: hidden,
      model: showModel ? linked(toModel(cell('model'))) : hidden,
      feature: linked(
        drillDown('feature', 'Open this feature', {
          keep: sourceKept,
          set: {
            model: cell('model'),
            feature: cell('feature'),
            slice: cell('slice'),
            baseline: cell('baseline'),
            metric: cell('metric'),
            window: cell('window'),
          },
        }),
      ),
    },
  })
