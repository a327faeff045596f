import { balanced } from './balanced.ts'
import { type RandomSource } from './random-source.ts'
import { type RowStream } from './row.ts'

export interface StaggerOptions {
  /** The concept. */
  readonly concept: 0 | 1 | 2
  /** Whether labels alternate: rows of the other label are drawn again. */
  readonly balance?: boolean
}

/** The label of (size, colour, shape). */
export function staggerLabel(x: readonly number[], concept: StaggerOptions['concept']): number {
  const [size, color, shape] = x
  switch (concept) {
    case 0:
      return size === 0 && color === 0 ? 1 : 0
    case 1:
      return color === 2 || shape === 0 ? 1 : 0
    case 2:
      return size === 1 || size === 2 ? 1 : 0
  }
}

/**
 * STAGGER concepts: size, colour and shape of three values each; label 1 when
 * the thing is small and red, green or round, medium or large.
 *
 * Ref: J. C. Schlimmer, R. H. Granger, Incremental learning from noisy data,
 * Machine Learning 1 (1986), 317–354.
 */
export function stagger(
  { concept, balance = false }: StaggerOptions,
  random: RandomSource,
): RowStream {
  return balanced(balance, () => {
    const x = [random.below(3), random.below(3), random.below(3)]
    return { x, y: staggerLabel(x, concept) }
  })
}
