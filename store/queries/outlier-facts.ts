import type { Query } from '../query.ts'
import { finalSettings, numberLiteral, type Relation, type Source } from './profile-source.ts'

/** What a reference holds of one numeric feature. */
export interface NumericFacts {
  /** Rows, and those with a value. */
  readonly rows: number
  readonly present: number
  /** Null where there is no value, or where the sums overflow. */
  readonly mean: number | null
  /** Of the population. */
  readonly deviation: number | null
  /** At the levels that were asked for, values that occur; empty where there is none. */
  readonly quantiles: readonly number[]
}

/** Facts of some numeric features, a row each, in order. */
export function numericFacts(
  relation: Relation,
  sources: readonly Source[],
  levels: readonly number[],
): Query<NumericFacts> {
  const inner = levels.slice(1, -1).map(numberLiteral).join(', ')
  const facts = sources.map(
    ({ expression: x }) =>
      `(count(), count(${x}), avg(${x}), stddevPopStable(${x}), arrayConcat([min(${x})], quantilesExactLow(${inner})(${x}), [max(${x})]))`,
  )
  return {
    name: 'outlier-numeric-facts',
    sql: `
SELECT f.1 AS total_rows, f.2 AS present, f.3 AS average, f.4 AS deviation, f.5 AS quantiles
FROM (
  SELECT [${facts.join(',\n    ')}] AS facts
  FROM ${relation.from}
  WHERE ${relation.where}
)
ARRAY JOIN facts AS f`,
    params: relation.params,
    settings: finalSettings,
    toRow: (raw) => ({
      rows: Number(raw['total_rows']),
      present: Number(raw['present']),
      mean: raw['average'] as number | null,
      deviation: raw['deviation'] as number | null,
      quantiles: Number(raw['present']) === 0 ? [] : (raw['quantiles'] as number[]),
    }),
  }
}

/** One category, or with null what is missing; and in each row how many there are of all. */
export interface CategoryFact {
  readonly category: string | null
  readonly count: number
  readonly totalRows: number
  readonly totalCategories: number
}

/** The commonest categories of a column and their counts, ties by name; missing counts as one of them. */
export function categoryFacts(
  relation: Relation,
  { expression }: Source,
  limit: number,
): Query<CategoryFact> {
  return {
    name: 'outlier-category-facts',
    sql: `
SELECT category, n, sum(n) OVER () AS total_rows, countIf(category IS NOT NULL) OVER () AS total_categories
FROM (
  SELECT CAST(${expression} AS Nullable(String)) AS category, count() AS n
  FROM ${relation.from}
  WHERE ${relation.where}
  GROUP BY category
)
ORDER BY category IS NULL DESC, n DESC, category
LIMIT {limit:UInt32}`,
    params: { ...relation.params, limit },
    settings: finalSettings,
    toRow: (raw) => ({
      category: raw['category'] as string | null,
      count: Number(raw['n']),
      totalRows: Number(raw['total_rows']),
      totalCategories: Number(raw['total_categories']),
    }),
  }
}
