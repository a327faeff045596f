import { identifier } from '../query.ts'

/** Rows to summarise: what follows FROM, what follows WHERE, and what both bind. */
export interface Relation {
  readonly from: string
  readonly where: string
  readonly params: Readonly<Record<string, unknown>>
}

/** One column to count: a declared feature, a number computed of one, or what every prediction has. */
export interface Source {
  readonly name: string
  readonly kind: 'numeric' | 'categorical'
  /**
   * Nullable Float64 or Nullable text, over the columns of an events or reference table; of a derived
   * source the name of a column that only `withDerived` gives a relation.
   */
  readonly expression: string
  readonly derived?: Derivation
}

/** A number that is computed of a text or an embedding. */
export interface Derivation {
  /** The feature: under its name stands what was wrong with a value. */
  readonly feature: string
  /** Nullable Float64 over the columns of an events or reference table: a function of the row alone. */
  readonly sql: string
  readonly params: Readonly<Record<string, unknown>>
  /** Numbers, or some eight bytes of text, that a row holds to compute it of. */
  readonly cells: number
}

/** A source that is computed of a feature, by the name that metrics have for it. */
export const derivedSource = (name: string, derived: Derivation): Source => ({
  name,
  kind: 'numeric',
  expression: identifier(name),
  derived,
})

// A few copies of as many are in memory for each thread: blocks of 65 000 rows would be gigabytes.
const cellsAtOnce = 4_000_000

/** Settings that bound what rows of texts and embeddings take in memory. */
export function blockSettings(
  cells: readonly Pick<Derivation, 'cells'>[],
): Readonly<Record<string, number>> {
  if (cells.length === 0) return {}
  const most = Math.max(...cells.map((derived) => derived.cells))
  return { max_block_size: Math.max(1, Math.floor(cellsAtOnce / most)) }
}

export const derivationsOf = (sources: readonly Source[]): Derivation[] =>
  sources.flatMap(({ derived }) => derived ?? [])

/**
 * The same rows with a column for each derived source. A statement names a source's expression once
 * for every bin: as a column it is written, and computed, once.
 */
export function withDerived(relation: Relation, sources: readonly Source[]): Relation {
  const columns = sources.flatMap(({ expression, derived }) =>
    derived === undefined ? [] : [`${derived.sql} AS ${expression}`],
  )
  if (columns.length === 0) return relation
  const params = sources.map(({ derived }) => derived?.params ?? {})
  return {
    from: `(SELECT *, ${columns.join(', ')} FROM ${relation.from} WHERE ${relation.where})`,
    where: 'true',
    params: Object.assign({}, relation.params, ...params) as Relation['params'],
  }
}
