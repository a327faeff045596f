import type { StoredHalf } from '../insert-halves.ts'
import type { Query } from '../query.ts'
import { halfColumns, toHalf } from './halves-row.ts'

/** Every half that is stored of these pairs of one decoding, given up or not. */
export function halvesOfPairs(decoding: string, pairs: readonly string[]): Query<StoredHalf> {
  return {
    name: 'halves-of-pairs',
    sql: `
SELECT ${halfColumns}
FROM halves
WHERE decoding = {decoding:String} AND pair IN {pairs:Array(String)}
ORDER BY pair, side, changed_at DESC
LIMIT 1 BY pair, side`,
    params: { decoding, pairs },
    toRow: toHalf,
  }
}
