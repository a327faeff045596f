/** A number as it is; missing stays missing. */
export interface NumericEncoding {
  readonly name: string
  readonly kind: 'numeric'
}

/** Each category by how rare the reference has it. Missing is a category like any other. */
export interface CategoricalEncoding {
  readonly name: string
  readonly kind: 'categorical'
  readonly categories: readonly string[]
  /** Of each category. */
  readonly codes: readonly number[]
  readonly missing: number
  /** Of any category that is not listed. */
  readonly unseen: number
}

export type FeatureEncoding = NumericEncoding | CategoricalEncoding

/** What the reference holds of a categorical feature. */
export interface CategoryCounts {
  readonly categories: readonly string[]
  /** Events of each category listed. */
  readonly counts: readonly number[]
  readonly missing: number
  /** Events of categories that are not listed, and how many such categories there are. */
  readonly rest: { readonly count: number; readonly categories: number }
}

/**
 * Encodes categories by surprise, −ln of their share of the reference: rare is
 * great, and half an event stands for a category that the reference never had.
 * Two categories of one frequency are the same to the methods: what they
 * measure is rarity, not identity. Categories beyond the list count as an
 * average one of the rest. O(categories).
 *
 * Ref: M. E. Tribus, Thermostatics and Thermodynamics (1961), on surprisal.
 */
export function bySurprise(name: string, counts: CategoryCounts): CategoricalEncoding {
  return encoded(name, counts, (share) => -Math.log(share))
}

/**
 * Encodes categories by the chance to meet one that is at most as frequent:
 * −log₂ of the sum of all shares up to a category's own, in bits. This is a
 * tail probability, so it compares with that of a number. O(categories·log).
 */
export function byTail(name: string, counts: CategoryCounts): CategoricalEncoding {
  const { rest, missing } = counts
  const typical = rest.categories === 0 ? 0 : rest.count / rest.categories
  const groups = [
    ...counts.counts.map((count) => [count, count] as const),
    [missing, missing] as const,
    [typical, rest.count] as const,
  ].sort(([a], [b]) => a - b)
  const total = groups.reduce((sum, [, count]) => sum + count, 0)
  return encoded(name, counts, (share) => {
    let tail = 0
    for (const [count, events] of groups) if (count <= share * total * upward) tail += events
    return -Math.log2(Math.max(tail / total, share))
  })
}

// A share times the total may fall short of its own count by rounding.
const upward = 1 + 1e-12

function encoded(
  name: string,
  { categories, counts, missing, rest }: CategoryCounts,
  code: (share: number) => number,
): CategoricalEncoding {
  const total = counts.reduce((sum, count) => sum + count, 0) + missing + rest.count
  if (total === 0) throw new RangeError('encoding categories requires at least one event')
  const half = 0.5 / total
  const share = (count: number): number => (count === 0 ? half : count / total)
  return {
    name,
    kind: 'categorical',
    categories,
    codes: counts.map((count) => code(share(count)) + 0),
    missing: code(share(missing)) + 0,
    unseen: code(rest.categories === 0 ? half : rest.count / rest.categories / total) + 0,
  }
}

/** Tells codes of categories; null is missing. */
export function coder({
  categories,
  codes,
  missing,
  unseen,
}: CategoricalEncoding): (category: string | null) => number {
  const known = new Map(categories.map((category, i) => [category, codes[i]!]))
  return (category) => (category === null ? missing : (known.get(category) ?? unseen))
}
