import type { FeatureRow, OutputRow } from './decoder.ts'
import { readInferJson } from './infer-json.ts'
import { tensorRows } from './flat-tensors.ts'
import type { FlatTensor } from './infer-message.ts'
import { columnNames, featureRow } from './named-rows.ts'
import type { OutputNames } from './options.ts'
import { outputRow } from './outputs.ts'

type JsonObject = Readonly<Record<string, unknown>>

/** Rows of one message; more are not a request that anybody waits for. */
export const maxRows = 100_000

/**
 * Rows of a request body as the servers of MLflow, SageMaker and TensorFlow take it, or what is wrong
 * with it. The first of these that it has:
 *
 *     dataframe_split {columns, data} · columns and data themselves · dataframe_records [{…}] ·
 *     instances [row…] · inputs (columns by name, rows, or tensors of the Open Inference Protocol) ·
 *     features [value…]
 *
 * A list is rows, any other object one row of its members. A row is an object, a list of values (named
 * by `features`) or a single value.
 */
export function requestRows(body: unknown, features: readonly string[]): FeatureRow[] | string {
  if (Array.isArray(body)) return listRows(body, features)
  if (!isObject(body)) return 'no JSON object or list'
  const split = body['dataframe_split'] ?? (Array.isArray(body['columns']) ? body : undefined)
  if (split !== undefined) return splitRows(split)
  const { dataframe_records: list = body['instances'], inputs } = body
  if (Array.isArray(list)) return listRows(list, features)
  if (list !== undefined) return '"dataframe_records" or "instances" is no list of rows'
  if (inputs !== undefined) return inputRows(body, inputs, features)
  return [featureRow(unwrapped(body), features)]
}

/** Rows of a response: `predictions`, `outputs`, a list, or one value. */
export function responseRows(body: unknown, names: OutputNames): OutputRow[] | string {
  if (body === undefined || body === null) return 'no JSON'
  if (Array.isArray(body)) return valueRows(body, names)
  if (!isObject(body)) return [outputRow(body, names)]
  const { predictions, outputs } = body
  if (Array.isArray(predictions)) return valueRows(predictions, names)
  if (isObject(predictions)) return columnRows(predictions, (row) => outputRow(row, names))
  if (predictions !== undefined) return [outputRow(predictions, names)]
  if (isTensorList(outputs)) return tensorOutputRows(body, names)
  if (Array.isArray(outputs)) return valueRows(outputs, names)
  return [outputRow(body, names)]
}

export function listRows(
  list: readonly unknown[],
  features: readonly string[],
): FeatureRow[] | string {
  if (list.length > maxRows) return `more than ${maxRows} rows`
  return list.map((row) => featureRow(unwrapped(row), features))
}

export function valueRows(list: readonly unknown[], names: OutputNames): OutputRow[] | string {
  if (list.length > maxRows) return `more than ${maxRows} rows`
  return list.map((value) => outputRow(value, names))
}

/** The built-in algorithms of SageMaker wrap a row: {features: […]}, {data: {features: {values: […]}}}. */
function unwrapped(row: unknown): unknown {
  if (!isObject(row)) return row
  if (Array.isArray(row['features'])) return row['features']
  const features = isObject(row['data']) ? row['data']['features'] : undefined
  return isObject(features) && Array.isArray(features['values']) ? features['values'] : row
}

function splitRows(split: unknown): FeatureRow[] | string {
  const columns = isObject(split) ? split['columns'] : undefined
  const data = isObject(split) ? split['data'] : undefined
  if (!Array.isArray(columns) || !Array.isArray(data)) return 'no columns and data'
  if (data.length > maxRows) return `more than ${maxRows} rows`
  const names = columnNames(columns)
  if (names === null) return 'a column whose name is no text'
  const rows: FeatureRow[] = []
  for (const [i, row] of (data as unknown[]).entries()) {
    if (!Array.isArray(row) || row.length !== names.length) {
      return `row ${i} has not the ${names.length} values that the columns name`
    }
    rows.push(featureRow(row, names))
  }
  return rows
}

function inputRows(
  body: JsonObject,
  inputs: unknown,
  features: readonly string[],
): FeatureRow[] | string {
  if (isTensorList(inputs)) {
    const message = readInferJson(body, 'request')
    return typeof message === 'string' ? message : tensorFeatures(message.tensors, features)
  }
  if (Array.isArray(inputs)) return listRows(inputs, features)
  if (isObject(inputs)) return columnRows(inputs, (row) => featureRow(row, features))
  return [featureRow(inputs, features)]
}

function tensorOutputRows(body: JsonObject, names: OutputNames): OutputRow[] | string {
  const message = readInferJson(body, 'response')
  return typeof message === 'string' ? message : tensorOutputs(message.tensors, names)
}

/** One tensor of several columns has no names for them; of several tensors each is a column. */
export function tensorFeatures(
  tensors: readonly FlatTensor[],
  features: readonly string[],
): FeatureRow[] | string {
  const rows = tensorRows(tensors, maxRows)
  if (typeof rows === 'string' || tensors.length > 1) return rows
  return rows.map((row) => {
    const [value] = Object.values(row)
    return Array.isArray(value) ? featureRow(value, features) : row
  })
}

export function tensorOutputs(
  tensors: readonly FlatTensor[],
  names: OutputNames,
): OutputRow[] | string {
  const rows = tensorRows(tensors, maxRows)
  return typeof rows === 'string' ? rows : rows.map((row) => outputRow(row, names))
}

/** Columns by name: each a list over the rows, or each the value of one row. */
function columnRows<Row>(columns: JsonObject, rowOf: (row: JsonObject) => Row): Row[] | string {
  const entries = Object.entries(columns)
  const lists = entries.flatMap(([name, column]) =>
    Array.isArray(column) ? [[name, column as unknown[]] as const] : [],
  )
  const [first] = lists
  if (first === undefined) return [rowOf(columns)]
  const [, { length }] = first
  // A single value beside lists could stand for all rows, and a short message for a huge table.
  if (lists.length < entries.length || lists.some(([, list]) => list.length !== length)) {
    return 'the columns are not of one length'
  }
  if (length > maxRows) return `more than ${maxRows} rows`
  return Array.from({ length }, (_, i) =>
    rowOf(Object.fromEntries(lists.map(([name, list]) => [name, list[i]]))),
  )
}

const isTensorList = (value: unknown): boolean =>
  Array.isArray(value) && isObject(value[0]) && 'datatype' in value[0] && 'shape' in value[0]

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
