import type { Query } from '../query.ts'
import { finalSettings, type Relation, type Source } from './profile-source.ts'
import { blockSettings, derivationsOf, withDerived } from './source.ts'

export interface Quantiles {
  /** Values that are there. */
  readonly n: number
  /** Ascending, each a value that occurs. */
  readonly quantiles: readonly number[]
  readonly min: number
  readonly max: number
}

/** The 1/parts … (parts-1)/parts quantiles of a column, exact, with its range; no row when all is missing. */
export function quantiles(rows: Relation, source: Source, parts: number): Query<Quantiles> {
  const relation = withDerived(rows, [source])
  const levels = Array.from({ length: parts - 1 }, (_, i) => `${i + 1} / ${parts}`)
  return {
    name: 'binning-quantiles',
    sql: `
SELECT count(x) AS n, quantilesExactLow(${levels.join(', ')})(x) AS quantiles, min(x) AS least, max(x) AS greatest
FROM (SELECT ${source.expression} AS x FROM ${relation.from} WHERE ${relation.where})
HAVING n > 0`,
    params: relation.params,
    settings: { ...finalSettings, ...blockSettings(derivationsOf([source])) },
    toRow: (raw) => ({
      n: Number(raw['n']),
      quantiles: raw['quantiles'] as number[],
      min: Number(raw['least']),
      max: Number(raw['greatest']),
    }),
  }
}
