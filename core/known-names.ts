import type { SequentialSpec } from './model-schema.ts'

/** What a sequential detector is given: a metric's values, right and wrong answers, or distances from the truth. */
export type SequentialInput = 'metric' | 'errors' | 'distances'

/** What is known of sequential detectors, by whoever has them. */
export interface SequentialMethods {
  /** Every method that reads this: method ids, and metrics for their default methods. */
  readonly names: (input: SequentialInput) => readonly string[]
  /** Everything that may stand in column `metric` of their results. */
  readonly metrics: readonly string[]
  /** Of a known method. */
  readonly parameterProblems: (
    method: string,
    parameters: Readonly<Record<string, unknown>>,
  ) => readonly ParameterProblem[]
  /** A known method with those of its parameters that are no defaults: two ways to write one thing are one. */
  readonly rule: (entry: SequentialSpec) => string
  /** What stands in column `metric` of the results of an entry with a known method. */
  readonly resultMetrics: (entry: SequentialSpec) => readonly string[]
  /** Whether an id may stand in column `method` of them. */
  readonly isResultMethod: (entry: SequentialSpec, id: string) => boolean
}

export interface ParameterProblem {
  /** Null: they do not go together. */
  readonly parameter: string | null
  readonly part: 'key' | 'value'
  readonly message: string
}

/** What the rules of a model file need to know of the program's statistics. */
export interface KnownNames {
  /** Every metric name and method id there is; undefined leaves metric names unchecked. */
  readonly metrics: readonly string[] | undefined
  /** Undefined leaves methods and parameters unchecked. */
  readonly sequential: SequentialMethods | undefined
}
