import { identifier, type Query } from '../query.ts'
import { featureColumn } from '../tables/events-table.ts'
import { hasEmbedding } from './embedding-sources.ts'
import { finalSettings, numberLiteral, type Relation } from './profile-source.ts'
import { blockSettings } from './source.ts'

export interface EmbeddingExtent {
  /** Rows with a value. */
  readonly n: number
  /** Greatest magnitude of a component. */
  readonly magnitude: number
}

interface EmbeddingColumn {
  readonly feature: string
  readonly dimensions: number
}

const blocks = ({ dimensions }: EmbeddingColumn): ReturnType<typeof blockSettings> =>
  blockSettings([{ cells: dimensions }])

/** How many embeddings rows hold, and how great their components are; no row where there is none. */
export function embeddingExtent(
  relation: Relation,
  column: EmbeddingColumn,
): Query<EmbeddingExtent> {
  const values = identifier(featureColumn(column.feature))
  return {
    name: 'embedding-extent',
    sql: `
SELECT count() AS n, toFloat64(max(arrayMax(x -> abs(x), ${values}))) AS magnitude
FROM ${relation.from}
WHERE ${relation.where} AND ${hasEmbedding(column)}
HAVING n > 0`,
    params: relation.params,
    settings: { ...finalSettings, ...blocks(column) },
    toRow: (raw) => ({ n: Number(raw['n']), magnitude: Number(raw['magnitude']) }),
  }
}

/**
 * The mean of the embeddings of rows. Sums are of whole multiples of 2^-s, which add up to the same
 * in any order; s is the greatest for which they stay within 64 bits.
 */
export function embeddingMean(
  relation: Relation,
  column: EmbeddingColumn,
  { n, magnitude }: EmbeddingExtent,
): Query<readonly number[]> {
  const values = identifier(featureColumn(column.feature))
  const scale = sumScale(n, magnitude)
  const whole = `x -> toInt64(round(toFloat64(x) * ${numberLiteral(2 ** scale)}))`
  return {
    name: 'embedding-mean',
    sql: `
SELECT arrayMap(s -> toFloat64(s) / count * ${numberLiteral(2 ** -scale)}, sums) AS means
FROM (
  SELECT count() AS count, sumForEach(arrayMap(${whole}, ${values})) AS sums
  FROM ${relation.from}
  WHERE ${relation.where} AND ${hasEmbedding(column)}
)`,
    params: relation.params,
    settings: { ...finalSettings, ...blocks(column) },
    toRow: (raw) => raw['means'] as number[],
  }
}

/** The exponent s for which n values of that magnitude, times 2^s, sum to less than 2^62. */
function sumScale(n: number, magnitude: number): number {
  if (!(magnitude > 0)) return 0
  const bits = 61 - Math.ceil(Math.log2(n + 1)) - Math.ceil(Math.log2(magnitude))
  return Math.min(900, Math.max(-900, bits))
}
