import type { Query } from '../query.ts'
import { intervalLabels, type SliceDimension } from '../slices.ts'
import { identifier } from '../query.ts'
import { featureColumn } from '../tables/events-table.ts'
import { dimensionText } from './profile-slices.ts'
import { finalSettings, numberLiteral, type Relation } from './profile-source.ts'

/** Combinations of a slice's values by falling frequency, ties by name; null is a missing value. */
export function combinations(
  relation: Relation,
  dimensions: readonly SliceDimension[],
  limit: number,
): Query<readonly (string | null)[]> {
  const params: Record<string, unknown> = { ...relation.params, limit }
  const values = dimensions.map(({ name, edges }, d) => {
    if (edges === null) {
      const text = dimensionText(name, `tag${d}`)
      Object.assign(params, text.params)
      return `toNullable(toString(${text.expression}))`
    }
    const column = identifier(featureColumn(name))
    const above = edges.map((e) => `(assumeNotNull(${column}) >= ${numberLiteral(e)})`)
    params[`labels${d}`] = intervalLabels(edges)
    return `if(isNull(${column}), NULL, {labels${d}:Array(String)}[${['1', ...above].join(' + ')}])`
  })
  return {
    name: 'binning-combinations',
    sql: `
SELECT [${values.join(', ')}] AS combination, count() AS n
FROM ${relation.from}
WHERE ${relation.where}
GROUP BY combination
ORDER BY n DESC, combination
LIMIT {limit:UInt32}`,
    params,
    settings: finalSettings,
    toRow: (raw) => raw['combination'] as (string | null)[],
  }
}
