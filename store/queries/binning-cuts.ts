import type { Query } from '../query.ts'
import { finalSettings, numberArray, type Relation, type Source } from './profile-source.ts'
import { blockSettings, derivationsOf, withDerived } from './source.ts'

export interface Cut {
  /** The bin's least value: one of the cuts. */
  readonly from: number
  readonly count: number
  /** How often exactly that value occurs. */
  readonly atFrom: number
  /** The next greater value that occurs in the bin; null where there is none. */
  readonly next: number | null
}

/** Exact counts between ascending cuts, the first of which is the column's least value. */
export function cutCounts(rows: Relation, source: Source, cuts: readonly number[]): Query<Cut> {
  const relation = withDerived(rows, [source])
  return {
    name: 'binning-cuts',
    sql: `
SELECT cut, count() AS n, countIf(x = cut) AS at_cut, minIf(toNullable(x), x > cut) AS next
FROM (
  SELECT assumeNotNull(${source.expression}) AS x, roundDown(x, ${numberArray(cuts)}) AS cut
  FROM ${relation.from}
  WHERE ${relation.where} AND ${source.expression} IS NOT NULL
)
GROUP BY cut
ORDER BY cut`,
    params: relation.params,
    settings: { ...finalSettings, ...blockSettings(derivationsOf([source])) },
    toRow: (raw) => ({
      from: Number(raw['cut']),
      count: Number(raw['n']),
      atFrom: Number(raw['at_cut']),
      next: raw['next'] as number | null,
    }),
  }
}
