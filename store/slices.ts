import type { ModelSpec } from '../core/model-spec.ts'

/** Values of a slice dimension that are not in its frozen list, and events that have no value. */
export const otherValue = '__other__'
export const missingValue = '__missing__'

/** How many combinations of values a slice keeps apart; the rest share `__other__`. */
export const maxSliceValues = 50

/** One `dimension=value` of a slice's name. */
export interface SlicePart {
  readonly dimension: string
  readonly value: string
}

export interface SliceDimension {
  /** A feature's name, or `tags.<name>`. */
  readonly name: string
  /** Inner edges of a numeric feature's quarters, closed on the left; null for text. */
  readonly edges: readonly number[] | null
}

/** A slice as it was frozen: which combinations of values have a name of their own. */
export interface FrozenSlice {
  readonly dimensions: readonly SliceDimension[]
  /** By falling reference frequency, ties by name; one value a dimension. */
  readonly combinations: readonly (readonly string[])[]
}

/** `dim=value,dim=value` with `%`, `,` and `=` percent-encoded; '' is everything. */
export function formatSlice(parts: readonly SlicePart[]): string {
  return parts.map(({ dimension, value }) => `${encode(dimension)}=${encode(value)}`).join(',')
}

/** The inverse of `formatSlice`. Throws a RangeError for what it could not have written. */
export function parseSlice(name: string): SlicePart[] {
  if (name === '') return []
  return name.split(',').map((part) => {
    const [dimension, value, ...rest] = part.split('=')
    if (dimension === undefined || dimension === '' || value === undefined || rest.length > 0) {
      throw new RangeError(`a slice is dim=value[,dim=value], not "${name}"`)
    }
    return { dimension: decode(dimension), value: decode(value) }
  })
}

const codes = { '%': '%25', ',': '%2C', '=': '%3D' } as const

const encode = (text: string): string =>
  text.replaceAll(/[%,=]/g, (c) => codes[c as keyof typeof codes])

const decode = (text: string): string =>
  text.replaceAll(/%(25|2C|3D)/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)))

/** What table binnings calls a slice: its dimensions, encoded like the names are. */
export const sliceKey = (dimensions: readonly string[]): string => dimensions.map(encode).join(',')

export type DimensionKind = 'text' | 'numeric' | 'tag'

/** Where a dimension's value comes from, or null for a feature the model does not have. */
export function dimensionKind(spec: ModelSpec, dimension: string): DimensionKind | null {
  const feature = spec.features.get(dimension)
  if (feature !== undefined) return feature.type === 'numeric' ? 'numeric' : 'text'
  return dimension.startsWith('tags.') && dimension.length > 'tags.'.length ? 'tag' : null
}

/** Labels of the intervals between ascending edges: `[-inf,2)`, `[2,5)`, `[5,inf)`. */
export function intervalLabels(edges: readonly number[]): string[] {
  const bounds = ['-inf', ...edges.map(String), 'inf']
  return bounds.slice(1).map((to, i) => `[${bounds[i] ?? ''},${to})`)
}

/** The slice's name for one of its combinations, by its place; beyond the list it is `__other__` throughout. */
export function sliceNames({ dimensions, combinations }: FrozenSlice): string[] {
  const other = dimensions.map(() => otherValue)
  return [...combinations, other].map((values) =>
    formatSlice(dimensions.map(({ name }, i) => ({ dimension: name, value: values[i] ?? '' }))),
  )
}

/**
 * Freezes a slice from the combinations that the reference held, most frequent first. Values that
 * spell one of the two reserved names fall to `__other__`, for a name must say one thing. A slice of
 * one dimension always tells missing values apart.
 */
export function freezeSlice(
  dimensions: readonly SliceDimension[],
  byFrequency: readonly (readonly (string | null)[])[],
): FrozenSlice {
  const named = byFrequency
    .filter((values) => !values.includes(otherValue) && !values.includes(missingValue))
    .slice(0, maxSliceValues)
    .map((values) => values.map((value) => value ?? missingValue))
  const onlyMissing = [missingValue]
  const needsMissing =
    dimensions.length === 1 && !named.some((values) => values[0] === missingValue)
  return { dimensions, combinations: needsMissing ? [...named, onlyMissing] : named }
}
