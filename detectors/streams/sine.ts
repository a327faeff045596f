import { balanced } from './balanced.ts'
import { type RandomSource } from './random-source.ts'
import { type RowStream } from './row.ts'

export interface SineOptions {
  /** The concept: 1 and 3 are 0 and 2 reversed. */
  readonly concept: 0 | 1 | 2 | 3
  /** Whether labels alternate: rows of the other label are drawn again. */
  readonly balance?: boolean
  /** Whether two features that say nothing follow. */
  readonly irrelevant?: boolean
}

/** The label of a point. */
export function sineLabel(x: readonly number[], concept: SineOptions['concept']): number {
  const [a, b] = [x[0]!, x[1]!]
  const curve = concept < 2 ? Math.sin(b) : 0.5 + 0.3 * Math.sin(3 * Math.PI * b)
  const below = a < curve
  return below === (concept % 2 === 0) ? 1 : 0
}

/**
 * Sine: two features uniform in [0, 1); label 1 below the curve sin(x₁), or
 * ½ + 0.3·sin(3πx₁).
 *
 * Ref: J. Gama, P. Medas, G. Castillo, P. Rodrigues, Learning with drift
 * detection, SBIA (2004), 286–295.
 */
export function* sine(
  { concept, balance = false, irrelevant = false }: SineOptions,
  random: RandomSource,
): RowStream {
  const rows = balanced(balance, () => {
    const x = [random.next(), random.next()]
    return { x, y: sineLabel(x, concept) }
  })
  for (;;) {
    const { x, y } = rows.next().value
    yield { x: irrelevant ? [...x, random.next(), random.next()] : x, y }
  }
}
