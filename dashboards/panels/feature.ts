import type { Builder } from '@grafana/grafana-foundation-sdk/cog'
import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard'
import { shown } from '../../core/stored-names.ts'
import { rows, series } from '../clickhouse-query.ts'
import { cell, drillDown, modelKept } from '../drill-down.ts'
import { binName, histogram, histogramShares } from '../histogram.ts'
import {
  bar,
  barChart,
  colours,
  label,
  linked,
  stat,
  table,
  timeSeries,
  unit,
} from '../panel-frame.ts'
import {
  arm,
  inRange,
  limitLines,
  named,
  openAlerts,
  thisBaseline,
  thisFeature,
  thisMetric,
  thisModel,
  thisSlice,
  thisWindow,
  theseArms,
  usable,
  wholeModel,
} from '../sql.ts'
import { newestWindow } from './model-state.ts'
import { openAlertsTable } from './open-alerts.ts'

const here = `${thisModel} AND ${thisFeature} AND ${thisSlice} AND ${thisWindow} AND ${theseArms}`
const which = { feature: thisFeature, slice: thisSlice }

export const featureAlerts = (): Builder<Panel> =>
  openAlertsTable({
    title: 'What is wrong with this feature, and since when',
    question:
      'Which alerts of this feature are open, in whichever slice and version, and since when?',
    where: `${thisModel} AND ${thisFeature}`,
    showModel: false,
  })

const nowSql = `
SELECT max(value) AS drift, argMax(noise_floor, value) AS noise_floor,
  drift / nullIf(noise_floor, 0) AS times_floor, min(p_adjusted) AS p_adjusted, sum(n_current) AS events
${usable} AND ${here} AND ${thisMetric} AND ${thisBaseline} AND window_end = ${newestWindow}`

export const featureNow = (): Builder<Panel> =>
  stat({
    title: 'Drift of the newest window',
    question:
      'Has it drifted now? The value, what 95 of 100 windows without drift stay below, how many times that it is, and the p-value adjusted for all comparisons of the window.',
    nothing:
      'No comparison in the newest window: the baseline is not ready, or it holds too few events.',
    unit: 'short',
    queries: [rows(nowSql)],
  })
    .decimals(3)
    .thresholds(colours('text'))
    .overrideByName('times_floor', [
      { id: 'thresholds', value: colours('green', [1, 'orange'], [3, 'red']).build() },
    ])

export const referenceAndCurrent = (): Builder<Panel> =>
  barChart({
    title: 'Distribution against the baseline',
    question:
      'How do the values differ? Shares of both sides in the frozen bins, over the whole range; missing and invalid values have bins of their own. Numbers in their order, categories by how common they are.',
    nothing: 'No frozen bins of this feature yet, or no events in the range.',
    unit: 'percentunit',
    x: 'bin_name',
    queries: [rows(histogramShares(which))],
  })

/** Terms of PSI over its about ten bins, half a pseudo-count each, as detectors/drift/psi.ts has them. */
const contributionsSql = `
SELECT bin_name, reference_share, current_share, current_share - reference_share AS change,
  term, term / sum(term) OVER () AS share_of_psi
FROM (
  SELECT bin_name, r / sum(r) OVER () AS reference_share, c / sum(c) OVER () AS current_share,
    (r + 0.5) / (sum(r) OVER () + 0.5 * count() OVER ()) AS p,
    (c + 0.5) / (sum(c) OVER () + 0.5 * count() OVER ()) AS q,
    (q - p) * log(q / p) AS term
  FROM (
    SELECT ${binName('from_value', 'to_value', 'any_name')} AS bin_name, sum(reference) AS r, sum(current) AS c,
      any(name) AS any_name, if(countIf(low IS NULL) > 0, NULL, min(low)) AS from_value,
      if(countIf(high IS NULL) > 0, NULL, max(high)) AS to_value
    FROM ${histogram(which)}
    GROUP BY bin_group
  )
)
ORDER BY term DESC
LIMIT 30`

export const contributions = (): Builder<Panel> =>
  table({
    title: 'What the difference is made of',
    question:
      'Which values make the drift? Terms of the PSI of the whole range against the baseline, greatest first. One bin with most of it is one cause; many small ones are a general shift.',
    nothing: 'No frozen bins of this feature yet, or no events in the range.',
    unit: 'short',
    queries: [rows(contributionsSql)],
    columns: {
      reference_share: unit('percentunit'),
      current_share: unit('percentunit'),
      change: unit('percentunit'),
      term: [{ id: 'decimals', value: 4 }],
      share_of_psi: bar('percentunit', 1),
    },
  })

const driftSql = `
SELECT window_end AS time, ${arm} AS arm, max(value) AS drift
${usable} AND ${here} AND ${thisMetric} AND ${thisBaseline} AND ${inRange}
GROUP BY time, arm
ORDER BY time, arm`

const floorSql = `
SELECT window_end AS time, max(noise_floor) AS floor
${usable} AND ${here} AND ${thisMetric} AND ${thisBaseline} AND ${inRange}
GROUP BY time
ORDER BY time`

const watched = `(empty(features) OR has(features, \${feature:singlequote}))`

export const featureDrift = (): Builder<Panel> =>
  timeSeries({
    title: 'Drift over time',
    question:
      'Since when, and did it come as a step or a slope? A line a version, the noise floor (small windows have a high one), and the limits of monitors that watch it as they are declared now.',
    nothing:
      'No comparison in this range: the baseline is not ready, or windows hold too few events.',
    unit: 'short',
    names: label('arm'),
    queries: [
      series(driftSql),
      series(floorSql, 'B'),
      series(limitLines('${metric:singlequote}', watched), 'C'),
    ],
  })
    .overrideByQuery('B', [{ id: 'displayName', value: 'noise floor' }])
    .overrideByQuery('C', [{ id: 'displayName', value: label('line') }])

const detectorsSql = `
SELECT method, baseline, ${arm} AS version, value, noise_floor, value / nullIf(noise_floor, 0) AS times_floor,
  effect, p_value, p_adjusted, n_reference, n_current
${usable} AND ${here} AND baseline != '' AND window_end = ${newestWindow}
ORDER BY times_floor DESC, p_adjusted, method
LIMIT 100`

export const detectors = (): Builder<Panel> =>
  table({
    title: 'Every detector, newest window',
    question:
      'Do the detectors agree? Every method against every baseline with its noise floor, the clearest first. If only one of them fires, read what it is sensitive to (docs/detectors.md).',
    nothing:
      'No comparison in the newest window: the baseline is not ready, or it holds too few events.',
    unit: 'short',
    queries: [rows(detectorsSql)],
    columns: {
      ...Object.fromEntries(
        ['value', 'noise_floor', 'effect', 'p_value', 'p_adjusted'].map((name) => [
          name,
          [{ id: 'decimals', value: 3 }],
        ]),
      ),
      times_floor: bar('short', 5),
    },
  })

/** Statistics have units of their own; how many times its noise floor each is compares. */
const timesFloorSql = `
SELECT window_end AS time, method, max(value / nullIf(noise_floor, 0)) AS times_floor
${usable} AND ${here} AND ${thisBaseline} AND noise_floor > 0 AND ${inRange}
GROUP BY time, method
ORDER BY time, method`

export const timesFloor = (): Builder<Panel> =>
  timeSeries({
    title: 'Every detector over its noise floor',
    question:
      'Which detector saw it first? Each statistic as a multiple of its own noise floor: 1 is what 95 of 100 windows without drift stay below, whatever the unit and the sample size.',
    nothing: 'No comparison with a noise floor in this range.',
    unit: 'short',
    names: label('method'),
    queries: [series(timesFloorSql)],
  }).thresholds(colours('transparent', [1, 'orange']))

const quantileNames: Readonly<Record<string, string>> = {
  [shown.q05]: '5 %',
  [shown.q25]: '25 %',
  [shown.q50]: 'median',
  [shown.q75]: '75 %',
  [shown.q95]: '95 %',
}

const quantilesSql = `
SELECT window_end AS time,
  ${Object.entries(quantileNames)
    .map(
      ([metric, name]) =>
        `sumIf(value * n_current, metric = '${metric}') / sumIf(n_current, metric = '${metric}') AS "${name}"`,
    )
    .join(',\n  ')}
${usable} AND ${here} AND metric IN (${Object.keys(quantileNames)
  .map((metric) => `'${metric}'`)
  .join(', ')}) AND ${inRange}
GROUP BY time
HAVING sum(n_current) > 0
ORDER BY time`

const band = (below: string, opacity: number) => [
  { id: 'custom.fillBelowTo', value: below },
  { id: 'custom.fillOpacity', value: opacity },
  { id: 'custom.lineWidth', value: 0 },
]

export const quantiles = (): Builder<Panel> =>
  timeSeries({
    title: 'Values over time',
    question:
      'Did the values shift, spread or shrink? The median, and the bands that hold half and nine tenths of the values; of several versions their mean by events. Categories have none.',
    nothing: 'This feature is no number, or has no frozen bins yet.',
    unit: 'short',
    names: '${__field.name}',
    fromZero: false,
    queries: [series(quantilesSql)],
  })
    .overrideByName('95 %', band('5 %', 12))
    .overrideByName('5 %', [{ id: 'custom.lineWidth', value: 0 }])
    .overrideByName('75 %', band('25 %', 30))
    .overrideByName('25 %', [{ id: 'custom.lineWidth', value: 0 }])
    .overrideByName('median', [{ id: 'custom.lineWidth', value: 2 }])
    .overrideByRegexp('/.*/', [{ id: 'color', value: { mode: 'fixed', fixedColor: 'blue' } }])

const rates = [
  shown.missingRate,
  shown.invalidRate,
  shown.typeMismatchRate,
  shown.unseenRate,
  shown.outOfRangeRate,
] as const

const ratesSql = `
SELECT window_end AS time, metric, sum(value * n_current) / sum(n_current) AS share
${usable} AND ${here} AND metric IN (${rates.map((rate) => `'${rate}'`).join(', ')}) AND ${inRange} AND n_current > 0
GROUP BY time, metric
ORDER BY time, metric`

export const featureQuality = (): Builder<Panel> =>
  timeSeries({
    title: 'Data quality',
    question:
      'Is the feature broken rather than drifted? Shares of events whose value is missing, no number, of another type, never seen by the baseline, or out of the declared range.',
    nothing: 'No window of this width in the range.',
    unit: 'percentunit',
    names: label('metric'),
    queries: [series(ratesSql)],
  })

const slicesSql = `
SELECT ${named('s.slice')} AS slice, s.drift AS value, s.floor AS noise_floor,
  s.drift / nullIf(s.floor, 0) AS times_floor, s.events AS events, a.state AS state
FROM (
  SELECT slice, max(value) AS drift, argMax(noise_floor, value) AS floor, sum(n_current) AS events
  ${usable} AND ${thisModel} AND ${thisFeature} AND ${thisMetric} AND ${thisBaseline} AND ${thisWindow}
    AND ${theseArms} AND window_end = ${newestWindow}
  GROUP BY slice
) AS s
LEFT JOIN (
  SELECT slice, max(state) AS state
  FROM ${openAlerts(`${thisModel} AND ${thisFeature}`)}
  GROUP BY slice
) AS a ON a.slice = s.slice
ORDER BY times_floor DESC, value DESC
LIMIT 30`

export const featureSlices = (): Builder<Panel> =>
  table({
    title: 'Which part of the traffic',
    question: `Is it everywhere or in one slice? Slices of the newest window, the clearest drift first; ${wholeModel} is all of it. Click one to see this dashboard for it.`,
    nothing: 'No slices: declare some in the model file.',
    unit: 'short',
    queries: [rows(slicesSql)],
    columns: {
      value: [{ id: 'decimals', value: 3 }],
      noise_floor: [{ id: 'decimals', value: 3 }],
      times_floor: bar('short', 5),
      slice: linked(
        drillDown('feature', 'Only this slice', {
          keep: [...modelKept, 'feature'],
          set: { slice: cell('slice') },
        }),
        drillDown('slices', 'All slices', {
          keep: [...modelKept, 'feature'],
        }),
      ),
    },
  })
