import type { Query } from '../query.ts'
import {
  finalSettings,
  numberArray,
  numberLiteral,
  type Relation,
  type Source,
} from './profile-source.ts'

/** How a column becomes a standardised number: the structural twin of encodings in detectors/outliers. */
export interface StandardisedSource extends Source {
  readonly mean: number
  /** 0 for a column that never varies: it counts as its mean. */
  readonly deviation: number
  /** Null for numbers, which stand for themselves. */
  readonly codes: {
    readonly categories: readonly string[]
    readonly codes: readonly number[]
    readonly missing: number
    readonly unseen: number
  } | null
}

export interface OutlierMoments {
  /** Means of products of two standardised columns, 0 for a missing value, row by row. */
  readonly covariance: readonly number[]
  /** Share of rows that have both. */
  readonly bothPresent: readonly number[]
  /** Mean of the squared sum of squares. */
  readonly fourth: number
}

/** Second and fourth moments of all rows of a reference, in one scan. */
export function outlierMoments(
  relation: Relation,
  sources: readonly StandardisedSource[],
): Query<OutlierMoments> {
  const params: Record<string, unknown> = { ...relation.params }
  const columns = sources.map((source, i) => {
    if (source.codes !== null) params[`categories${i}`] = source.codes.categories
    return `${standardised(source, i)} AS z${i}, toFloat64(${presence(source)}) AS p${i}`
  })
  const names = (letter: string): string => sources.map((_, i) => `${letter}${i}`).join(', ')
  return {
    name: 'outlier-moments',
    sql: `
SELECT covarSampMatrix(${names('z')}) AS products, covarSampMatrix(${names('p')}) AS presence,
  [${sources.map((_, i) => `avg(p${i})`).join(', ')}] AS shares,
  avg(pow(${sources.map((_, i) => `z${i} * z${i}`).join(' + ')}, 2)) AS fourth, count() AS total_rows
FROM (
  SELECT ${columns.join(',\n    ')}
  FROM ${relation.from}
  WHERE ${relation.where}
)`,
    params,
    settings: finalSettings,
    toRow: (raw) => {
      const shares = raw['shares'] as number[]
      const n = Number(raw['total_rows'])
      // Of the population, as the deviations are.
      const population = (n - 1) / n
      return {
        covariance: (raw['products'] as number[][]).flat().map((c) => c * population),
        bothPresent: (raw['presence'] as number[][]).flatMap((row, i) =>
          row.map((c, j) => c * population + (shares[i] ?? 0) * (shares[j] ?? 0)),
        ),
        fourth: Number(raw['fourth']),
      }
    },
  }
}

/** A missing category is a category. */
const presence = ({ codes, expression }: StandardisedSource): string =>
  codes === null ? `isNotNull(${expression})` : '1'

// Values are cut here, as the scorer cuts them: no square overflows.
const farthest = '1e6'

function standardised(source: StandardisedSource, i: number): string {
  const { expression, mean, deviation, codes } = source
  if (deviation === 0) return '0.'
  const x =
    codes === null
      ? expression
      : `if(isNull(${expression}), ${numberLiteral(codes.missing)}, ${coded(source, i)})`
  const z = `(${x} - ${numberLiteral(mean)}) / ${numberLiteral(deviation)}`
  return `ifNull(greatest(-${farthest}, least(${farthest}, ${z})), 0.)`
}

function coded({ expression, codes }: StandardisedSource, i: number): string {
  if (codes === null || codes.categories.length === 0) return numberLiteral(codes?.unseen ?? 0)
  return `transform(toString(assumeNotNull(${expression})), {categories${i}:Array(String)}, ${numberArray(codes.codes)}, ${numberLiteral(codes.unseen)})`
}
