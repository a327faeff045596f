import type { Query } from '../query.ts'
import { finalSettings, type Relation, type Source } from './profile-source.ts'

/** Values of one row, in the order of the columns asked for. */
export interface SampledRow {
  readonly numbers: readonly (number | null)[]
  readonly texts: readonly (string | null)[]
}

/**
 * Up to `limit` rows of a reference, drawn by a hash of their key and the seed: the same rows give the
 * same sample, wherever they lie. `key` is a column that tells rows apart.
 */
export function outlierSample(
  relation: Relation,
  columns: { readonly numeric: readonly Source[]; readonly categorical: readonly Source[] },
  draw: { readonly key: 'event_id' | 'row'; readonly seed: number; readonly limit: number },
): Query<SampledRow> {
  const list = (sources: readonly Source[], type: string): string =>
    `CAST([${sources.map(({ expression }) => expression).join(', ')}] AS Array(Nullable(${type})))`
  return {
    name: 'outlier-sample',
    sql: `
SELECT ${list(columns.numeric, 'Float64')} AS numbers, ${list(columns.categorical, 'String')} AS texts
FROM ${relation.from}
WHERE ${relation.where}
ORDER BY cityHash64(${draw.key}, {seed:UInt64}), ${draw.key}
LIMIT {limit:UInt32}`,
    params: { ...relation.params, seed: draw.seed, limit: draw.limit },
    settings: finalSettings,
    toRow: (raw) => ({
      numbers: raw['numbers'] as (number | null)[],
      texts: raw['texts'] as (string | null)[],
    }),
  }
}
