import type { FlatTensor } from './infer-message.ts'

/** The rows of tensors that agree on their first dimension: by tensor name, a value or a list of them. */
export function tensorRows(
  tensors: readonly FlatTensor[],
  maxRows: number,
): Record<string, unknown>[] | string {
  const [first] = tensors
  if (first === undefined) return 'no tensor'
  const count = first.shape[0] ?? 1
  if (count > maxRows) return `more than ${maxRows} rows`
  for (const tensor of tensors) {
    const problem = misfit(tensor, count)
    if (problem !== null) return `tensor "${tensor.name.slice(0, 64)}" ${problem}`
  }
  return Array.from({ length: count }, (_, row) =>
    Object.fromEntries(tensors.map((tensor) => [tensor.name, rowOf(tensor, row, count)])),
  )
}

/** Checked against the elements that are there: a shape alone may claim anything. */
function misfit({ shape, data }: FlatTensor, count: number): string | null {
  if ((shape[0] ?? 1) !== count) return `has ${shape[0] ?? 1} rows where another has ${count}`
  const elements = shape.reduce((product, size) => product * size, 1)
  if (shape.some((size) => size < 1) || elements !== data.length) {
    return `has the shape [${shape.join(', ')}] and ${data.length} elements`
  }
  return null
}

function rowOf({ data }: FlatTensor, row: number, count: number): unknown {
  const width = data.length / count
  if (width === 1) return element(data[row])
  return data.slice(row * width, (row + 1) * width).map(element)
}

/** NaN is how numeric arrays say that a value is missing, as null is in JSON. */
const element = (value: unknown): unknown => (Number.isNaN(value) ? null : value)
