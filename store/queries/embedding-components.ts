import { identifier } from '../query.ts'
import { featureColumn } from '../tables/events-table.ts'
import type { Source } from './source.ts'

/**
 * The components of an embedding as columns of their own: all of them, or as many as are asked for at
 * most, evenly spread. All are null where a row has no value.
 */
export function embeddingComponents(
  feature: string,
  dimensions: number,
  most: number,
): readonly Source[] {
  const column = identifier(featureColumn(feature))
  const count = Math.min(dimensions, most)
  return Array.from({ length: count }, (_, i) => ({
    name: feature,
    kind: 'numeric',
    expression: `if(length(${column}) = ${dimensions}, ${column}[${1 + Math.floor((i * dimensions) / count)}], NULL)`,
  }))
}
