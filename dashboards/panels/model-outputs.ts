import type { Builder } from '@grafana/grafana-foundation-sdk/cog'
import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard'
import { shown } from '../../core/stored-names.ts'
import { rows, series } from '../clickhouse-query.ts'
import { histogramShares } from '../histogram.ts'
import { barChart, label, stacked, timeSeries } from '../panel-frame.ts'
import { inRange, metricName, thisModel, thisWindow, theseArms, usable, watches } from '../sql.ts'
import { meanByArm } from './by-arm.ts'

const whole = "slice = ''"

const distribution = (title: string, feature: string, question: string): Builder<Panel> =>
  barChart({
    title,
    question,
    nothing: `No baseline with bins of ${feature}, or no events in the range.`,
    unit: 'percentunit',
    x: 'bin_name',
    queries: [rows(histogramShares({ feature: `feature = '${feature}'`, slice: whole }))],
  })

export const predictions = (): Builder<Panel> =>
  distribution(
    'Predictions against the baseline',
    'prediction',
    'Does the model answer differently than in the baseline? Shares of both, over the whole range. A baseline without predictions counts them all as missing.',
  )

export const scores = (): Builder<Panel> =>
  distribution(
    'Scores against the baseline',
    'score',
    'Is the model less sure, or sure of something else? Shares of both over the frozen bins, over the whole range.',
  )

const classesSql = `
SELECT window_end AS time, replaceOne(feature, 'prediction=', '') AS class,
  sum(value * n_current) / sum(n_current) AS share
${usable} AND ${thisModel} AND metric = '${shown.classShare}' AND ${thisWindow} AND slice = ''
  AND ${theseArms} AND ${inRange}
GROUP BY time, class
ORDER BY time, class`

export const classes = (): Builder<Panel> =>
  stacked({
    title: 'Predicted classes',
    question:
      'When did the mix of answers change? A model that fell back to one answer shows as one layer.',
    nothing: 'No classes in this range: the model predicts numbers, or nothing.',
    unit: 'percentunit',
    names: label('class'),
    queries: [series(classesSql)],
  }).max(1)

export const meanScore = (): Builder<Panel> =>
  meanByArm({
    title: 'Mean score',
    question: 'Did the mean of the scores move, and for which version?',
    metric: shown.meanConfidence,
    unit: 'percentunit',
    nothing: 'No scores in this range.',
  })

/** Whatever was computed from labels, by its name: a metric that is added shows up by itself. */
const performanceSql = `
SELECT window_end AS time, metric, sum(value * n_current) / sum(n_current) AS value
${usable} AND ${thisModel} AND label_coverage IS NOT NULL AND NOT (${watches}) AND ${thisWindow}
  AND slice = '' AND feature = '' AND ${theseArms} AND ${inRange}
GROUP BY time, metric
ORDER BY time, metric`

export const performance = (): Builder<Panel> =>
  timeSeries({
    title: 'Performance on labelled events',
    question:
      'Is the model still right? Every metric that needs labels, over the events whose labels have come; values are revised while labels arrive.',
    nothing: 'No labels for events of this range yet.',
    unit: 'short',
    names: label('metric'),
    queries: [series(performanceSql)],
  })

const coverageSql = `
SELECT window_end AS time, max(label_coverage) AS coverage
${usable} AND ${thisModel} AND label_coverage IS NOT NULL AND ${thisWindow} AND slice = ''
  AND feature = '' AND ${theseArms} AND ${inRange}
GROUP BY time
ORDER BY time`

export const labelCoverage = (): Builder<Panel> =>
  timeSeries({
    title: 'Labels so far',
    question:
      'How much of the truth is known? Share of events whose label has come. Low at the right end is the label delay; low everywhere is a label feed that broke.',
    nothing: 'No labels for events of this range yet.',
    unit: 'percentunit',
    names: 'label coverage',
    queries: [series(coverageSql)],
  }).max(1)

/** Every number of the whole model that has no panel of its own. */
const othersSql = `
SELECT window_end AS time, concat(${metricName}, if(baseline = '', '', concat(' vs ', baseline))) AS name,
  max(value) AS value
${usable} AND ${thisModel} AND ${thisWindow} AND slice = '' AND feature = ''
  AND (label_coverage IS NULL OR ${watches})
  AND metric NOT IN (${[...Object.values(shown), 'volume', 'n'].map((metric) => `'${metric}'`).join(', ')})
  AND ${theseArms} AND ${inRange}
GROUP BY time, name
ORDER BY time, name`

export const others = (): Builder<Panel> =>
  timeSeries({
    title: 'Every other number of the whole model',
    question:
      'What else is known of it: change points, drift of all features together, entropy, payloads, delays? By name, each in its own unit: choose a few in the legend.',
    nothing: 'No other metric of the whole model in this range.',
    unit: 'short',
    names: label('name'),
    queries: [series(othersSql)],
  })
