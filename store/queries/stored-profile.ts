import type { StoredProfile } from '../binning.ts'

/** The columns of one profile, each name behind a prefix where a query had to rename them. */
export function toStoredProfile(
  raw: Readonly<Record<string, unknown>>,
  prefix: '' | 'total_' = '',
): StoredProfile {
  const column = (name: string): unknown => raw[`${prefix}${name}`]
  return {
    n: Number(column('n')),
    missing: Number(column('missing')),
    invalid: Number(column('invalid')),
    typeMismatch: Number(column('type_mismatch')),
    unseen: Number(column('unseen')),
    outOfRange: Number(column('out_of_range')),
    counts: column('counts') as number[],
    sum: column('sum') as number | null,
    sumSquares: column('sum_squares') as number | null,
    min: column('min') as number | null,
    max: column('max') as number | null,
  }
}
