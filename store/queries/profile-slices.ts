import { identifier } from '../query.ts'
import { featureColumn } from '../tables/events-table.ts'
import {
  intervalLabels,
  missingValue,
  sliceNames,
  type FrozenSlice,
  type SliceDimension,
} from '../slices.ts'
import { numberLiteral } from './profile-source.ts'

/** A slice as a grouping key: a small number a row, and its name afterwards. */
export interface SliceKey {
  /** 1 … names.length, never 0: 0 is what a grouping set without this key shows. */
  readonly expression: string
  readonly names: readonly string[]
  readonly params: Readonly<Record<string, unknown>>
}

export interface Bound {
  readonly expression: string
  readonly params: Readonly<Record<string, unknown>>
}

/**
 * Grouping by small numbers instead of text is what keeps several grouping sets affordable. Each
 * dimension maps to a code within its slice, the codes multiply to one number a combination, and a
 * last map turns the listed combinations into their places; all others share the place after.
 */
export function sliceKeyColumn(slice: FrozenSlice, prefix: string): SliceKey {
  const dimensions = slice.dimensions.map((dimension, d) => {
    const held = slice.combinations.map((combination) => combination[d] ?? missingValue)
    const values =
      dimension.edges === null
        ? [...new Set(held)].filter((value) => value !== missingValue)
        : intervalLabels(dimension.edges)
    return { values, ...dimensionCode(dimension, `${prefix}_d${d}`, values) }
  })
  const combined = dimensions.reduce(
    (left, { values, expression }) =>
      left === '' ? expression : `(${left}) * ${values.length + 2} + ${expression}`,
    '',
  )
  const codes = slice.combinations.map((combination) =>
    dimensions.reduce((code, { values }, d) => {
      const value = combination[d] ?? missingValue
      const own = value === missingValue ? values.length + 1 : values.indexOf(value) + 1
      return code * (values.length + 2) + own
    }, 0),
  )
  const names = sliceNames(slice)
  const places = codes.map((_, i) => i + 1)
  return {
    expression:
      codes.length === 0
        ? 'toUInt16(1)'
        : `toUInt16(transform(toUInt64(${combined}), [${codes.join(', ')}], [${places.join(', ')}], ${names.length}))`,
    names,
    params: Object.assign({}, ...dimensions.map(({ params }) => params)) as SliceKey['params'],
  }
}

/** 0 for a value beyond the list, 1 … size for a listed one, size + 1 for none. */
function dimensionCode(dimension: SliceDimension, param: string, values: readonly string[]): Bound {
  const missing = `toUInt64(${values.length + 1})`
  if (dimension.edges !== null) {
    const column = identifier(featureColumn(dimension.name))
    const above = dimension.edges.map((e) => `(assumeNotNull(${column}) >= ${numberLiteral(e)})`)
    return {
      expression: `if(isNull(${column}), ${missing}, toUInt64(${['1', ...above].join(' + ')}))`,
      params: {},
    }
  }
  const text = dimensionText(dimension.name, `${param}_tag`)
  if (values.length === 0) {
    const expression = `if(isNull(${text.expression}), ${missing}, toUInt64(0))`
    return { expression, params: text.params }
  }
  const places = values.map((_, i) => `toUInt64(${i + 1})`).join(', ')
  const listed = `transform(assumeNotNull(${text.expression}), {${param}:Array(String)}, [${places}], toUInt64(0))`
  return {
    expression: `if(isNull(${text.expression}), ${missing}, ${listed})`,
    params: { ...text.params, [param]: values },
  }
}

/** Nullable text of a dimension, plain features by column. A tag that is empty is a tag that is missing. */
export function dimensionText(dimension: string, param: string): Bound {
  return dimension.startsWith('tags.')
    ? {
        expression: `nullIf(toString(tags[{${param}:String}]), '')`,
        params: { [param]: dimension.slice('tags.'.length) },
      }
    : { expression: identifier(featureColumn(dimension)), params: {} }
}
