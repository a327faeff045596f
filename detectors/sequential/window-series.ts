import { sequentialDetectorNamed, sequentialDetectors } from './catalogue.ts'
import type { AnySequentialDetector } from './catalogue.ts'
import { allowedText, isAllowed, type Change, type Parameter, type Way } from './detector.ts'

/** Metric of what all sequential detectors find: 1 where a change was told, ½ for a warning, else 0. */
export const changePointMetric = 'change_point'

/** A detector and its parameters, as a model file asks for them. */
export interface AskedDetector {
  /** Method id, or a metric for its default method. */
  readonly method: string
  readonly parameters?: Readonly<Record<string, number | string>>
}

/** What stands in column `metric` of results. */
export const sequentialMetricNames: readonly string[] = [
  ...new Set([...sequentialDetectors.map(({ metric }) => metric), changePointMetric]),
]

/** True of what a monitor may name to watch what these detectors find, by metric or by method. */
export const isSequentialResult = (id: string): boolean =>
  sequentialMetricNames.includes(id) ||
  id.startsWith(`${changePointMetric}/`) ||
  sequentialDetectors.some(({ method }) => id.startsWith(method))

/** The detector that is asked for. Throws `RangeError` where validation has been skipped. */
export function askedDetector({ method }: AskedDetector): AnySequentialDetector {
  const detector = sequentialDetectorNamed(method)
  if (detector === undefined) throw new RangeError(`no sequential method "${method}"`)
  return detector
}

/** `cusum/tabular(slack=1,threshold=4)`: what is no default, by name. */
export function detectorRule(asked: AskedDetector): string {
  const detector = askedDetector(asked)
  const defaults = detector.parameters as Readonly<Record<string, Parameter<unknown>>>
  const given = Object.entries(asked.parameters ?? {})
    .filter(([name, value]) => defaults[name]?.default !== value)
    .map(([name, value]) => `${name}=${value}`)
    .sort()
  return `${detector.method}${given.length === 0 ? '' : `(${given.join(',')})`}`
}

/**
 * What names the followed values of a metric in the method of results: the method of their rows where it
 * says the metric already (`psi/decile-jeffreys`), else the metric, with a method that says more.
 */
export function followedName(row: { readonly metric: string; readonly method: string }): string {
  if (row.method.startsWith(`${row.metric}/`)) return row.method
  return row.method.includes('/') ? `${row.metric} by ${row.method}` : row.metric
}

/** Column `method` of results: `cusum/tabular(slack=1) of missing_rate`. */
export const resultMethod = (rule: string, followed: string): string => `${rule} of ${followed}`

/** Column `method` of rows of `change_point`. */
export const changePointMethod = (method: string): string => `${changePointMetric}/${method}`

/** Value of `change_point`: monitors ask for `>= 1`, or `>= 0.5` to be warned. */
export function changePointValue(change: Change): number {
  return change === 'drift' ? 1 : change === 'warning' ? 0.5 : 0
}

/** Effect of `change_point`: 1 for up, −1 for down, 0 where nothing changed or the method does not tell. */
export function changePointWay(way: Way): number {
  return way === 'up' ? 1 : way === 'down' ? -1 : 0
}

/** What is wrong with a parameter, or (null) with how parameters go together. */
export interface ParameterProblem {
  readonly parameter: string | null
  readonly part: 'key' | 'value'
  readonly message: string
}

/** Everything that is wrong with the parameters of a method of the catalogue. */
export function parameterProblems(
  method: string,
  parameters: Readonly<Record<string, unknown>>,
): readonly ParameterProblem[] {
  const detector = askedDetector({ method })
  const known = detector.parameters as Readonly<Record<string, Parameter<unknown>>>
  const problems = Object.entries(parameters).flatMap(([name, value]): ParameterProblem[] => {
    const parameter = Object.hasOwn(known, name) ? known[name] : undefined
    if (parameter === undefined) {
      const names = Object.keys(known).join(', ')
      const message = `${detector.method} has no parameter ${JSON.stringify(name)}; allowed: ${names}`
      return [{ parameter: name, part: 'key', message }]
    }
    if (isAllowed(parameter, value)) return []
    const message = `found ${JSON.stringify(value)}; allowed: ${allowedText(parameter)}`
    return [{ parameter: name, part: 'value', message }]
  })
  return problems.length > 0 ? problems : togetherProblems(detector, parameters)
}

function togetherProblems(
  detector: AnySequentialDetector,
  parameters: Readonly<Record<string, unknown>>,
): ParameterProblem[] {
  try {
    detector.init(parameters)
    return []
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    return [{ parameter: null, part: 'value', message: error.message }]
  }
}

/** Which of them read a metric's values, single right and wrong answers, or distances from the truth. */
const readers = {
  metric: sequentialDetectors.filter(({ input }) => input !== 'error'),
  errors: sequentialDetectors,
  distances: sequentialDetectors.filter(({ input }) => input === 'number'),
} as const

/** All of this in the form in which the rules of a model file ask for it. */
export const sequentialMethods = {
  names: (input: keyof typeof readers): readonly string[] => [
    ...new Set(readers[input].flatMap(({ metric, method }) => [metric, method])),
  ],
  metrics: sequentialMetricNames,
  parameterProblems,
  rule: detectorRule,
  resultMetrics: (asked: AskedDetector): readonly string[] => [
    askedDetector(asked).metric,
    changePointMetric,
  ],
  isResultMethod: (asked: AskedDetector, id: string): boolean => {
    const start = resultMethod(detectorRule(asked), '')
    return id.startsWith(start) || id.startsWith(changePointMethod(start))
  },
}
