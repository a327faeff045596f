import type { Query } from '../query.ts'
import { finalSettings, type Relation, type Source } from './profile-source.ts'

/** Categories of a text column by falling frequency, ties by name. */
export function categories(relation: Relation, source: Source, limit: number): Query<string> {
  return {
    name: 'binning-categories',
    sql: `
SELECT toString(assumeNotNull(${source.expression})) AS category, count() AS n
FROM ${relation.from}
WHERE ${relation.where} AND ${source.expression} IS NOT NULL
GROUP BY category
ORDER BY n DESC, category
LIMIT {limit:UInt32}`,
    params: { ...relation.params, limit },
    settings: finalSettings,
    toRow: (raw) => String(raw['category']),
  }
}
