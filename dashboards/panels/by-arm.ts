import type { Builder } from '@grafana/grafana-foundation-sdk/cog'
import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard'
import { series } from '../clickhouse-query.ts'
import { label, timeSeries, type Frame } from '../panel-frame.ts'
import { arm, inRange, limitLines, thisModel, thisWindow, theseArms, usable } from '../sql.ts'

/** One metric of the whole model over time, a line a version and variant: mean by events. */
export const meanByArmSql = (metric: string): string => `
SELECT window_end AS time, ${arm} AS arm, sum(value * n_current) / sum(n_current) AS value
${usable} AND ${thisModel} AND metric = '${metric}' AND ${thisWindow} AND feature = '' AND slice = ''
  AND ${theseArms} AND ${inRange} AND n_current > 0
GROUP BY time, arm
ORDER BY time, arm`

/** The panel of `meanByArmSql`, with the limits of the monitors that watch the metric. */
export const meanByArm = ({
  metric,
  ...frame
}: Omit<Frame, 'queries'> & { readonly metric: string }): Builder<Panel> =>
  timeSeries({
    ...frame,
    names: label('arm'),
    queries: [series(meanByArmSql(metric)), series(limitLines(`'${metric}'`), 'B')],
  }).overrideByQuery('B', [{ id: 'displayName', value: label('line') }])
