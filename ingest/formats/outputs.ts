import type { OutputRow } from './decoder.ts'
import type { OutputNames } from './options.ts'

type Prediction = string | number | boolean
type Score = number | Readonly<Record<string, number>>

/** Names that outputs of models usually have, in lower case: where a payload mixes columns, these are outputs. */
const predictionNames: ReadonlySet<string> = new Set([
  'prediction',
  'predictions',
  'predicted',
  'predicted_label',
  'predicted_class',
  'predict',
  'pred',
  'preds',
  'label',
  'class',
  'classes',
  'output',
  'outputs',
  'output-0',
  'output_0',
  'result',
  'y_pred',
])
const scoreNames: ReadonlySet<string> = new Set([
  'score',
  'scores',
  'probability',
  'probabilities',
  'proba',
  'predict_proba',
  'confidence',
  'y_score',
])

/** Whether a column of this name is what a model answered, where nobody says which columns are. */
export const isOutputName = (name: string): boolean =>
  predictionNames.has(name.toLowerCase()) || scoreNames.has(name.toLowerCase())

/** Longer vectors (logits over a vocabulary) would make an event of nothing else. */
const maxClasses = 256

/**
 * One row of a model's outputs in the terms of an event. `value` is what the row holds: one output
 * without a name, or an object of outputs by name. Columns are chosen in this order:
 *
 * | the column                                            | is         |
 * | ----------------------------------------------------- | ---------- |
 * | named by `names.prediction`                           | prediction |
 * | named by `names.score`                                | score      |
 * | named like a score: score, probability, proba …       | score      |
 * | named like a prediction: predict, label, class, output … | prediction |
 * | the only one left                                     | prediction |
 * | the first text, boolean or integer; else vector; else number | prediction |
 * | another vector                                        | score      |
 *
 * An output without a name goes by any name that `names` gives. What `names.score` takes is no
 * prediction as well, unless `names.prediction` says the same name: a probability is no class.
 *
 * Values: text, boolean and number are themselves; a list of one is that one; numbers in a list are a
 * score by class ({class: number}, classes by `names.classes`, else '0', '1' …), and so is an object of
 * numbers that add up to 1. The greatest class of a score is the prediction where no other output is.
 * Of more than 256 classes only the greatest number is kept. Everything else is left out. Never throws.
 */
export function outputRow(value: unknown, names: OutputNames): OutputRow {
  const { prediction, score } = isShares(value)
    ? { prediction: undefined, score: value }
    : choose(columnsOf(value), names)
  const [told, scoreOfTold] = read(prediction, names)
  const [toldByScore, byScore] = read(score, names)
  const byVector = told ?? (score !== undefined && isVector(score) ? toldByScore : undefined)
  const numbers = byScore ?? (typeof toldByScore === 'number' ? toldByScore : scoreOfTold)
  return {
    ...(byVector === undefined ? {} : { prediction: byVector }),
    ...(numbers === undefined ? {} : { score: numbers }),
  }
}

type Column = readonly [name: string, value: unknown]

/** An object is columns by name; anything else is one column without a name. */
const columnsOf = (value: unknown): readonly Column[] =>
  isObject(value) ? Object.entries(value) : [['', value]]

function choose(
  columns: readonly Column[],
  names: OutputNames,
): { prediction: unknown; score: unknown } {
  const goesBy = (chosen: string | null) => (column: Column) =>
    chosen !== null && (column[0] === chosen || column[0] === '')
  const isLike = (usual: ReadonlySet<string>) => (column: Column) =>
    usual.has(column[0].toLowerCase())
  const score = columns.find(names.score === null ? isLike(scoreNames) : goesBy(names.score))
  const rest = columns.filter((column) => column !== score)
  const prediction =
    names.prediction === null
      ? (rest.find(isLike(predictionNames)) ?? guess(rest, score === undefined))
      : columns.find(goesBy(names.prediction))
  const vector = rest.find((column) => column !== prediction && isVector(column[1]))
  return { prediction: prediction?.[1], score: (score ?? vector)?.[1] }
}

/** With a score there already, only what looks like a class is a prediction beside it. */
function guess(columns: readonly Column[], alone: boolean): Column | undefined {
  if (columns.length === 1 && alone) return columns[0]
  const discrete = columns.find(([, value]) => isDiscrete(value))
  if (discrete !== undefined || !alone) return discrete
  return (
    columns.find(([, value]) => isVector(value)) ??
    columns.find(([, value]) => typeof value === 'number')
  )
}

const isDiscrete = (value: unknown): boolean =>
  typeof value === 'string' || typeof value === 'boolean' || Number.isInteger(value)

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isNumbers = (values: readonly unknown[]): boolean =>
  values.length > 1 && values.every((value) => typeof value === 'number' || value === null)

const isVector = (value: unknown): boolean =>
  isNumbers(Array.isArray(value) ? value : isObject(value) ? Object.values(value) : [])

/** Probabilities by class, which no columns of other meaning are likely to be. */
function isShares(value: unknown): boolean {
  if (!isObject(value) || !isVector(value) || Object.keys(value).some(isOutputName)) return false
  let total = 0
  for (const share of Object.values(value)) {
    if (typeof share !== 'number' || share < 0) return false
    total += share
  }
  return Math.abs(total - 1) < 0.01
}

type Read = readonly [prediction?: Prediction, score?: Score]

function read(value: unknown, names: OutputNames): Read {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    return [value]
  if (Array.isArray(value)) {
    const list = value as unknown[]
    if (list.length === 1) return Array.isArray(list[0]) ? [] : read(list[0], names)
    return isNumbers(list) ? byClass(list, (i) => names.classes[i] ?? String(i)) : []
  }
  if (!isObject(value) || !isVector(value)) return []
  const classes = Object.keys(value)
  return byClass(Object.values(value), (i) => classes[i] ?? String(i))
}

/** The greatest class, of equal ones the first, and the numbers by class. */
function byClass(values: readonly unknown[], nameOf: (i: number) => string): Read {
  const scores = new Map<string, number>()
  let best: string | undefined
  let most = NaN
  for (const [i, value] of values.entries()) {
    if (typeof value !== 'number') continue
    if (scores.size < maxClasses) scores.set(nameOf(i), value)
    if (!(most >= value)) [best, most] = [nameOf(i), value]
  }
  if (best === undefined) return []
  return [best, values.length > maxClasses ? most : Object.fromEntries(scores)]
}
