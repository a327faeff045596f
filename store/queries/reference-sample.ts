import type { Query } from '../query.ts'
import { finalSettings, type Relation, type Source } from './profile-source.ts'
import { blockSettings, derivationsOf, withDerived } from './source.ts'

/** Values of one row, in the order of the columns asked for. */
export interface SampledRow {
  readonly numbers: readonly (number | null)[]
  readonly texts: readonly (string | null)[]
}

/** A row of a reference, with its place: event time, epoch ms, or the number of the row in its file. */
export interface ReferenceRow extends SampledRow {
  readonly at: number
}

/** Columns of a sample: `numbers` of its rows are in the order of `numeric`, `texts` in that of `categorical`. */
export interface SampledColumns {
  readonly numeric: readonly Source[]
  readonly categorical: readonly Source[]
}

/** How rows are drawn: up to `limit` of them, by a hash of their key and the seed. */
export interface Draw {
  readonly seed: number
  readonly limit: number
}

/**
 * Up to `limit` rows of a reference, drawn by a hash of their key and the seed: the same rows give the
 * same sample, wherever they lie. `key` is a column that tells rows apart.
 */
export function referenceSample(
  reference: Relation,
  columns: SampledColumns,
  { key, seed, limit }: Draw & { readonly key: 'event_id' | 'row' },
): Query<ReferenceRow> {
  const relation = withDerived(reference, columns.numeric)
  // An event id may come again in another hour.
  const order = key === 'event_id' ? 'event_id, ts' : key
  const at = key === 'event_id' ? 'toUnixTimestamp64Milli(ts)' : key
  return {
    name: 'reference-sample',
    sql: `
SELECT ${at} AS at, ${numbersOf(columns)} AS numbers, ${textsOf(columns)} AS texts
FROM ${relation.from}
WHERE ${relation.where}
ORDER BY cityHash64(${key}, {seed:UInt64}), ${order}
LIMIT {limit:UInt32}`,
    params: { ...relation.params, seed, limit },
    settings: { ...finalSettings, ...blockSettings(derivationsOf(columns.numeric)) },
    toRow: (raw) => ({
      at: Number(raw['at']),
      numbers: raw['numbers'] as (number | null)[],
      texts: raw['texts'] as (string | null)[],
    }),
  }
}

/** The numeric columns of a row as one list. */
export const numbersOf = ({ numeric }: SampledColumns): string => list(numeric, 'Float64')

/** The categorical columns of a row as one list. */
export const textsOf = ({ categorical }: SampledColumns): string => list(categorical, 'String')

const list = (sources: readonly Source[], type: string): string =>
  `CAST([${sources.map(({ expression }) => expression).join(', ')}] AS Array(Nullable(${type})))`
