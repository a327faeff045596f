import { tables } from '../core/stored-names.ts'

type Table = (typeof tables)[keyof typeof tables]

/** A table in the database that the variable names. */
export const from = (table: Table): string => `\`\${database:raw}\`.${table}`

/** What a variable shows for the slice or feature '': everything. */
export const wholeModel = '(whole model)'

/** `variable = value`, for a variable with one value. */
const equals = (column: string, variable: string): string =>
  `${column} = \${${variable}:singlequote}`

/** `variable IN values`, true while all are chosen. */
const oneOf = (column: string, variable: string): string =>
  `$__conditionalAll(${column} IN (\${${variable}:singlequote}), $${variable})`

const orWhole = (column: string, variable: string): string =>
  `${column} = if(\${${variable}:singlequote} = '${wholeModel}', '', \${${variable}:singlequote})`

export const thisModel = equals('model', 'model')
export const theseModels = oneOf('model', 'model')
export const theseArms = `${oneOf('version', 'version')} AND ${oneOf('variant', 'variant')}`
export const thisWindow = equals('`window`', 'window')
export const thisBaseline = equals('baseline', 'baseline')
export const thisMetric = equals('metric', 'metric')
export const thisFeature = orWhole('feature', 'feature')
export const thisSlice = orWhole('slice', 'slice')

/**
 * A window is shown at its end: that is when it could first be known, and when its alerts change.
 * So a range that ends now holds the newest window, however wide windows are.
 */
export const inRange = '$__timeFilter(window_end)'

/** A name for '' that can be read and linked to. */
export const named = (column: string): string => `if(${column} = '', '${wholeModel}', ${column})`

/** Version, and the variant where it is not the usual one. */
export const arm = `if(variant IN ('', 'live'), version, concat(version, ' ', variant))`

/** Sequential detectors watch another number: `cusum/… of psi/…`. Only their method tells which. */
export const watches = "method LIKE '% of %'"

/** A number by its name, or by its method where the name alone does not tell it from others. */
export const metricName = `if(${watches}, method, metric)`

/** The revision in force of every model, `spec` as JSON. */
export const specs = `(
  SELECT model, argMax(spec, revision) AS spec
  FROM ${from(tables.models)}
  GROUP BY model
)`

/** Seconds of a duration as model files and the store write it. */
export const seconds = (text: string): string =>
  `toInt64OrZero(extract(${text}, '^[0-9]+')) * transform(extract(${text}, '[a-z]+$'), ['s', 'm', 'h', 'd', 'w'], [1, 60, 3600, 86400, 604800], 0)`

/**
 * The monitors of models as they are declared now, defaults filled in: a threshold is `warn` or
 * `critical` with its text (`> 0.2`) and its number.
 */
export const limits = `(
  SELECT model, JSONExtractString(monitor, 'name') AS monitor_name,
    JSONExtractString(monitor, 'metric') AS metric,
    if(JSONHas(monitor, 'window'), JSONExtractString(monitor, 'window'),
      if(JSONHas(spec, 'file', 'window'), JSONExtractString(spec, 'file', 'window'), '5m')) AS width,
    if(JSONHas(monitor, 'baseline'), JSONExtractString(monitor, 'baseline'),
      JSONExtractKeys(spec, 'file', 'baselines')[1]) AS baseline,
    JSONExtract(monitor, 'features', 'Array(String)') AS features,
    if(JSONHas(monitor, 'slices'), JSONExtract(monitor, 'slices', 'Array(String)'), ['']) AS slices,
    level, JSONExtractString(monitor, level) AS limit_text,
    toFloat64OrNull(extract(limit_text, '-?[0-9.]+(?:[eE][-+]?[0-9]+)?')) AS limit_value
  FROM ${specs}
  ARRAY JOIN JSONExtractArrayRaw(spec, 'file', 'monitors') AS monitor
  ARRAY JOIN ['warn', 'critical'] AS level
  WHERE limit_text != ''
)`

/** The name of a width in seconds, as core/duration.ts has it. */
export const widthName = (width: string): string =>
  `multiIf(${width} % 86400 = 0, concat(toString(intDiv(${width}, 86400)), 'd'), ${width} % 3600 = 0, concat(toString(intDiv(${width}, 3600)), 'h'), ${width} % 60 = 0, concat(toString(intDiv(${width}, 60)), 'm'), concat(toString(${width}), 's'))`

/** Whether a monitor is still declared: what a deleted one said last is no state of anything. */
export const declaredMonitor = `(model, monitor) GLOBAL IN (
  SELECT model, JSONExtractString(declared, 'name')
  FROM ${specs}
  ARRAY JOIN JSONExtractArrayRaw(spec, 'file', 'monitors') AS declared
)`

/** Numbers that may be used: of every window the newest revision, nothing that was retracted. */
export const usable = `FROM ${from(tables.metrics)} FINAL
WHERE status = 'ok'`

export const stateNumber = (column: string): string =>
  `transform(${column}, ['ok', 'pending', 'warn', 'critical'], [0, 1, 2, 3], 0)`

/** Transitions that happened, of monitors that are declared. `where` picks models and monitors. */
const happened = (where: string): string => `(
  SELECT *
  FROM ${from(tables.transitions)} FINAL
  WHERE valid AND window_end <= $__toTime AND ${where} AND ${declaredMonitor}
)`

/**
 * Every series that is not ok at the end of the range: its state as a number, since when (the end of
 * the window that left ok), and the evidence of its last change.
 */
export const openAlerts = (where: string): string => `(
  SELECT model, monitor, version, variant, slice, feature,
    ${stateNumber('argMax(to_state, window_start)')} AS state,
    maxIf(window_end, from_state = 'ok') AS since,
    max(window_end) AS changed,
    any(window_end - window_start) AS width,
    argMax(evidence, window_start) AS evidence
  FROM ${happened(where)}
  GROUP BY model, monitor, version, variant, slice, feature
  HAVING state > 0
)`

/**
 * The worst state over time of each group of series (`by`: model, monitor or such), from
 * the beginning of the range to its end. Each transition takes its series out of one state and puts
 * it into another; a group is as bad as the worst state that any of its series is in.
 */
export const worstStates = (by: string, where: string, expression = by): string => `
SELECT time, ${by}, multiIf(critical > 0, 3, warn > 0, 2, pending > 0, 1, 0) AS state
FROM (
  SELECT time, ${by},
    sum(any_critical) OVER (PARTITION BY ${by} ORDER BY time) AS critical,
    sum(any_warn) OVER (PARTITION BY ${by} ORDER BY time) AS warn,
    sum(any_pending) OVER (PARTITION BY ${by} ORDER BY time) AS pending
  FROM (
    SELECT time, ${by}, sum(critical) AS any_critical, sum(warn) AS any_warn, sum(pending) AS any_pending
    FROM (
      SELECT greatest(window_end, $__fromTime) AS time, ${expression} AS ${by},
        (to_state = 'critical') - (from_state = 'critical') AS critical,
        (to_state = 'warn') - (from_state = 'warn') AS warn,
        (to_state = 'pending') - (from_state = 'pending') AS pending
      FROM ${happened(where)}
      UNION ALL
      SELECT arrayJoin([$__fromTime, greatest($__fromTime, least(now(), $__toTime))]) AS time, ${expression} AS ${by}, 0, 0, 0
      FROM (SELECT model, monitor_name AS monitor FROM ${limits} WHERE ${where} GROUP BY model, monitor)
      GROUP BY ${by}
    )
    GROUP BY time, ${by}
  )
)
ORDER BY time, ${by}`

/**
 * The limits of the monitors that watch the chosen statistic in the chosen windows, as lines across
 * the range: a label such as `critical > 0.2 (drift)` and a number. `where` may name a feature or slice.
 */
export const limitLines = (metric: string, where = 'true'): string => `
SELECT arrayJoin([$__fromTime, $__toTime]) AS time,
  concat(level, ' ', limit_text, ' (', monitor_name, ')') AS line, any(limit_value) AS value
FROM ${limits}
WHERE ${thisModel} AND splitByChar('/', metric)[1] = ${metric}
  AND ${seconds('width')} = ${seconds('${window:singlequote}')} AND ${where}
GROUP BY time, line
ORDER BY time, line`
